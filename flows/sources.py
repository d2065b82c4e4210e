"""The list of sources, and feeds written into the configuration by command."""

import inspect
import json
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import tomli_w
from pydantic import TypeAdapter, ValidationError

from connectors.source import Refused, Source, all_sources
from flows import show
from flows.config import OWN_KEYS, ConfigError, load_config

INTRODUCTION = """\
# Sources

Where mentions come from, with what each needs and allows. `allears sources` prints the same; this page is made by
`allears sources --markdown`. An option with ? may be left out. A value `env:NAME` is read from that environment
variable: a secret never stands in the configuration. Every mention has source, native_id, text and posted_at.
"""
COLUMNS = ("source", "title", "kind", "key", "cost", "history", "rate")


def cards() -> list[dict[str, Any]]:
    """Return every source's card as plain values, with the options of its feeds; those with ? may be left out."""
    return [_card(source) for source in all_sources().values()]


def print_sources(*, markdown: bool) -> None:
    """Print all cards, for people or as the page docs/sources.md."""
    if markdown:
        sys.stdout.write(_markdown())
        return
    for card in cards():
        head = f"{card['source']}: {card['title']} ({card['kind']})"
        show.out.print(head, style="bold", markup=False, highlight=False)
        told = {name: card[name] for name in ("key", "cost", "rate", "history", "fills", "options", "terms")}
        show.out.print(show.lines(told) + "\n", markup=False, highlight=False, soft_wrap=True)
    show.out.print("An option with ? may be left out. `allears add SOURCE --option value` writes a feed.", markup=False)


def add_feed(config: Path, source: str, words: Sequence[str]) -> str:
    """Append a feed to the file `config`, from words such as --app-id 1 --countries us,gb; return what was written.

    The file is changed only if it is still a good configuration afterwards. Raises ConfigError.
    """
    known = all_sources()
    if source not in known:
        raise ConfigError(f"{source!r} is no source; known are {', '.join(known)}")
    return append_feed(config, {"source": source} | _options(known[source], words))


def append_feed(config: Path, feed: Mapping[str, Any]) -> str:
    """Append `feed` to the file `config` and return what was written; raises ConfigError if that makes it a bad one."""
    load_config(config, secrets=False)
    written = "\n[[feeds]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in feed.items())
    draft = config.with_name(f"{config.name}.draft")
    draft.write_text(config.read_text(encoding="utf-8").rstrip("\n") + "\n" + written, encoding="utf-8")
    try:
        load_config(draft, secrets=False)
    except ConfigError as error:
        draft.unlink()
        raise ConfigError(str(error).replace(draft.name, config.name)) from None
    draft.replace(config)
    return written.strip()


def _toml(value: Any) -> str:
    """Return `value` on one line; tomli_w would make a table of its own of a dictionary, and that ends the feed's."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(held)}" for name, held in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return tomli_w.dumps({"value": value}).partition(" = ")[2].strip()


def _key(name: str) -> str:
    return tomli_w.dumps({name: 0}).partition(" = ")[0]


def _markdown() -> str:
    known = cards()
    rows = [[f"[{card['source']}](#{card['source']})", *[card[name] for name in COLUMNS[1:]]] for card in known]
    lines = [INTRODUCTION, *show.markdown_lines(COLUMNS, rows)]
    for card in known:
        example = "\n".join(f"{name} = {_toml(value)}" for name, value in card["example"].items())
        lines += [
            f"\n## {card['source']}\n\n{card['title']}: {card['kind']}. [Terms]({card['terms']})\n",
            f'```toml\n[[feeds]]\nsource = "{card["source"]}"\n{example}\n```\n',
            f"{card['about']}\n",
            f"- options: {', '.join(card['options'])}",
            f"- fills: {', '.join(card['fills']) or 'only what every mention has'}",
        ]
        lines += ["- looks for edits and deletions of the last 14 days in every run"] if card["deletions"] else []
    return "\n".join(lines) + "\n"


def _card(source: Source) -> dict[str, Any]:
    return {
        "source": source.name,
        "title": source.title,
        "kind": source.kind,
        "key": source.key,
        "cost": source.cost,
        "history": source.history,
        "rate": source.rate,
        "options": [name if p.default is p.empty else f"{name}?" for name, p in source.options.items()],
        "secrets": list(source.secrets),
        "fills": list(source.fills),
        "example": dict(source.example),
        "about": inspect.getdoc(source.fetch) or "",
        "deletions": source.recheck is not None,
        "terms": source.terms,
    }


def _options(source: Source, words: Sequence[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    left = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]
    while left:
        flag = left.pop(0)
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or name not in (*source.options, *OWN_KEYS[1:]):
            options_of = ", ".join(f"--{option.replace('_', '-')}" for option in (*source.options, *OWN_KEYS[1:]))
            raise ConfigError(f"{flag!r} is no option of {source.name}; it takes {options_of}")
        if not left:
            raise ConfigError(f"{flag} needs a value, such as {flag} {source.example.get(name, '…')}")
        value = left.pop(0)
        options[name] = value if name in OWN_KEYS else _value(source, name, value)
    return options


def _value(source: Source, name: str, text: str) -> Any:
    """Return `text` as what the option takes: itself, a number, a list of a,b,c or a JSON object."""
    annotation = source.options[name].annotation
    takes_text = str in (get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,))
    readings = [text] if takes_text else [text, [part.strip() for part in text.split(",")], _json(text)]
    for reading in filter(None, readings):  # None is what JSON is not
        try:
            value = TypeAdapter(annotation).validate_python(reading)
        except ValidationError:
            continue
        return list(value) if isinstance(value, tuple) else value
    raise Refused(source.name, f"--{name.replace('_', '-')} {text!r}", f"for example {source.example.get(name)!r}")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
