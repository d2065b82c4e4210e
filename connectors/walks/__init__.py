"""How listings are walked so that no item is missed."""
