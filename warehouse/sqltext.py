"""Names and texts as SQL writes them, for the statements that take no parameters."""


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string; no text of DuckDB's can hold a NUL."""
    return "'" + text.replace("\0", "").replace("'", "''") + "'"
