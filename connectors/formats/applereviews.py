"""Apple's customer-reviews documents: XML and JSON read into the same flat fields."""

import re
from typing import Any
from xml.etree import ElementTree

ATOM = re.compile(r"\s*(<\?xml[^<>]*\?>\s*)?<feed[\s>]")  # no DOCTYPE before the root, so no entity bombs


def from_xml(body: bytes) -> list[dict[str, str]]:
    """Return the entries of an Atom document, each as local tag name → text; raises ValueError for anything else."""
    text = body.decode("utf-8-sig")
    if not ATOM.match(text):
        raise ValueError("it is no Atom feed")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  ATOM leaves no room for entity declarations
    except ElementTree.ParseError as error:
        raise ValueError(f"its XML is broken: {error}") from None
    return [_fields(entry) for entry in root.iterfind("{*}entry")]


def from_json(document: Any) -> list[dict[str, str]]:
    """Return the entries of a JSON document like `from_xml`; a single entry comes without its list."""
    entries = document["feed"].get("entry", [])
    return [_labels(entry) for entry in ([entries] if isinstance(entries, dict) else entries)]


def _fields(entry: ElementTree.Element) -> dict[str, str]:
    readable = [child for child in entry if child.get("type", "text") == "text"]  # content comes as HTML as well
    fields = {child.tag.rpartition("}")[2]: _lines(child.text or "") for child in readable}
    return {**fields, "author": _lines(entry.findtext("{*}author/{*}name", ""))}


def _labels(entry: dict[str, Any]) -> dict[str, str]:
    author = entry.get("author", {}).get("name", {})
    scalars = {name.removeprefix("im:"): value for name, value in {**entry, "author": author}.items()}
    return {name: _lines(value["label"]) for name, value in scalars.items() if _is_text(value)}


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("label"), str)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()  # XML does this by itself, JSON does not
