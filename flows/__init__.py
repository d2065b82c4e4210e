"""When things happen: the daily run, its configuration and the command line."""
