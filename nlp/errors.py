"""What goes wrong with models; a module of its own, so that the command line starts without loading one."""


class ModelError(Exception):
    """The model cannot be used; the message names the file and says how to mend it."""
