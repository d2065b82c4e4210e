"""How the model in nlp/model was made: sets, net, train, export; README.md is the recipe."""
