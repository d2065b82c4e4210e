"""How fast and how right: one command for each table in the README."""
