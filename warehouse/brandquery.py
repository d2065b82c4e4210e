"""The query language of brands: what a marketer types, as a tree and as a DuckDB condition.

`harbor coffee` needs both words, `"harbor coffee"` the phrase, `harbor*` any ending, `#harbor` the hashtag,
`a NEAR/5 b` at most five words between. AND OR NOT (or `-word`) are capitals; in lower case they are words. NOT binds
tightest, then NEAR, then AND and adjacency, then OR. Fields: title: author: site: lang: source:. A word stands apart
from letters, digits, marks and _. Scripts without spaces match inside a run too; NEAR counts each of their characters
as a word. é finds its NFC and NFD forms, e does not find é; ß and ss find each other; İ and ı only themselves.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Literal
from unicodedata import category, east_asian_width, normalize

MAX_CHARACTERS, MAX_DEPTH, MAX_WORDS = 2048, 50, 200
COLUMNS = {"title": "title", "author": "author", "site": "url", "lang": "language", "source": "source"}
BINDING = {"OR": 1, "AND": 2, "NEAR": 3}
QUOTES, CHAR = '"“”„', r'[^\s()"“”„]'
LEXEME = re.compile(  # a NEAR/50 of two frequent prefixes takes 35 s per 100,000 mentions, a NEAR/20 4 s
    rf"""(?P<open>\() | (?P<close>\)) | (?P<end>\Z) | (?P<empty>[{QUOTES}][\s*]*[{QUOTES}])
    | (?P<phrase>[{QUOTES}][^{QUOTES}]*[{QUOTES}]) | (?P<unclosed>[{QUOTES}])
    | (?: (?P<AND>AND) | (?P<OR>OR) | (?P<NEAR>NEAR/(?:1?[0-9]|20)) | (?P<far>NEAR(?:/{CHAR}*|[0-9]*)) ) (?!{CHAR})
    | (?P<NOT>NOT(?!{CHAR})|(?<![^\s(])[-–−](?=[^\s)])) | (?P<dash>[-–−]) | (?P<star>\*)
    | (?P<comma>{CHAR}*[,;](?!{CHAR})) | (?P<field>(?<!:)(?i:{"|".join(COLUMNS)}):(?=[^\s)]))
    | (?P<colon>(?<!:)[A-Za-z]+:) | (?P<word>{CHAR}+)""",
    re.VERBOSE,
)
MISTAKES = {
    "empty": "empty phrase: write a word between the quotes",
    "unclosed": 'unclosed quote: add a " at the end of the phrase',
    "far": 'NEAR needs a number of words up to 20: NEAR/5; to find the word, quote it: "NEAR"',
    "NEAR": "NEAR joins two words, phrases or (a OR b): NOT (a NEAR/5 b), a NEAR/5 b AND b NEAR/5 c",
    "dash": "- takes a word away: put it after a space and right before the word, or quote it",
    "star": "* stands at the end of a word: coff*",
    "comma": "a comma joins nothing: write OR or AND between terms, or quote it",
    "colon": f"no such field: write {' '.join(f'{name}:word' for name in COLUMNS)}, or quote text with a colon",
}

SPACELESS = (  # Thai, Lao, Myanmar, Khmer, Han, kana: one list for Python and for RE2
    "[\u0e01-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3041-\u309f\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31ff\uff66-\uff9f]"
)
HOST = (r"^https?://(?:[^/?#\\]*@)?(?:[^/?#@:\\]+\.)?", r"\.?(?::[0-9]*)?(?:[/?#\\]|$)")  # what may stand round it
BARRIER = "\uffff"  # stands between title and text: the edge of a word that no phrase and no NEAR goes across
EMOJI_MARKS = "\ufe0e\ufe0f\u20e3"  # marks to Unicode, but what they stand on is no part of a word
# RE2's \b and \w know ASCII only. This is [^\p{L}\p{N}\p{M}_], and emoji yet to come, in 7 ms of compiling, not 15.
GAP = rf"[\p{{Pd}}\p{{Ps}}\p{{Pe}}\p{{Pi}}\p{{Pf}}\p{{Po}}\p{{S}}\p{{Z}}\p{{C}}{EMOJI_MARKS}\x{{1F000}}-\x{{1FFFF}}]"
LEFT, RIGHT = (f"(?:{end}|{GAP}|{SPACELESS}|{BARRIER})" for end in "^$")  # RE2 cannot look around
SAME = {c: same for same in ("'’", "-‐‑", "#＃", "@＠") for c in same}
# RE2 looks for ASCII 4 times faster than for an edge, but not for k and s, which fold to the Kelvin sign and long s.
SAMPLE = re.compile("[a-jl-rt-z0-9]{2,}", re.IGNORECASE | re.ASCII)


class QueryError(ValueError):
    """A query that cannot be read; its text shows the message, the query and a caret under the place."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message, query, position)
        self.message, self.query, self.position = message, query, position

    def __str__(self) -> str:
        start = max(0, self.position - 60)  # a caret 2,000 columns to the right helps nobody
        shown = "".join(c if c.isprintable() else " " for c in self.query[start : start + 100])
        indent = "".join("\u3000" if east_asian_width(c) in "WF" else " " for c in shown[: self.position - start])
        return f"{self.message}\n  {shown}\n  {indent}^"


@dataclass(frozen=True)
class Term:
    """A word, or a phrase as it stood between its quotes; `prefix` where a * ended it."""

    text: str
    phrase: bool = False
    prefix: bool = False


@dataclass(frozen=True)
class Match:
    """Any of `terms`, in `field` or, where that is "", in the title or the text."""

    terms: tuple[Term, ...]
    field: str = ""


@dataclass(frozen=True)
class Near:
    """Any of `left` and any of `right`, in either order, with at most `distance` words between."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]
    distance: int


@dataclass(frozen=True)
class Not:
    node: "Node"


@dataclass(frozen=True)
class Group:
    operator: Literal["AND", "OR"]
    nodes: "tuple[Node, ...]"


Node = Match | Near | Not | Group
Token = re.Match[str]


def parse(query: str) -> Node:
    """Return the tree of `query`. Raises QueryError, and nothing else, where it cannot be read."""
    if len(query) > MAX_CHARACTERS:
        raise QueryError(f"{len(query)} characters, and at most {MAX_CHARACTERS}: split it", query, MAX_CHARACTERS)
    query = query.encode("utf-8", "replace").decode()  # a lone surrogate reads ?, as it does in a stored mention
    tokens = list(LEXEME.finditer(query))
    if sum(len(_words(Term(t[0], phrase=True))) for t in tokens if t.lastgroup in ("word", "phrase")) > MAX_WORDS:
        raise _error(tokens[-1], f"more than {MAX_WORDS} words: split it")
    _check_parentheses(tokens)
    node = _expression(deque(tokens), 0)
    if _finds_the_rest(node):
        raise _error(next(t for t in tokens if t.lastgroup == "NOT"), "NOT only takes away: add a word to look for")
    return node


def predicate(node: Node, alias: str = "m") -> tuple[str, list[str]]:
    """Return an SQL condition on the mentions called `alias`, and the values of its `?` in order.

    It is TRUE or FALSE, never NULL: a column that is NULL does not match. It reads the columns title, text,
    author, url, language and source.
    """
    both = f"concat_ws(chr({ord(BARRIER)}), {alias}.title, {alias}.text)"
    match node:
        case Not(inner):
            sql, values = predicate(inner, alias)
            return f"(NOT {sql})", values
        case Group(operator, nodes):
            sqls, values_of = zip(*(predicate(n, alias) for n in nodes), strict=True)
            return f"({f' {operator} '.join(sqls)})", [value for values in values_of for value in values]
        case Near():
            return _near_sql(both, node)
        case Match(terms, "" | "title" as field):
            return _found_sql(f"{alias}.title" if field else both, terms)
        case Match(terms, field):
            return f"coalesce(regexp_matches({alias}.{COLUMNS[field]}, ?, 'i'), FALSE)", [_whole(field, terms)]


def _check_parentheses(tokens: Iterable[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.lastgroup == "open":
            opened.append(token)
        elif token.lastgroup == "close" and not (opened and opened.pop()):
            raise _error(token, "unbalanced parenthesis: add a ( before it or take it away")
        if len(opened) > MAX_DEPTH:
            raise _error(token, f"parentheses more than {MAX_DEPTH} deep: take some away")
    if opened:
        raise _error(opened[-1], "unbalanced parenthesis: add the ) that closes it")


def _expression(tokens: deque[Token], binding: int) -> Node:
    """Read operands joined by operators that bind tighter than `binding`; none between two is an AND."""
    left = _operand(tokens)
    while (token := tokens[0]).lastgroup not in ("close", "end"):
        kind = token.lastgroup if token.lastgroup in BINDING else "AND"
        if BINDING[kind] <= binding:
            break
        if token.lastgroup == kind:
            tokens.popleft()
        right = _expression(tokens, BINDING[kind])
        if kind == "NEAR":
            left = Near(_terms(left, token), _terms(right, token), distance=int(token[0].removeprefix("NEAR/")))
        else:
            left = _group("AND" if kind == "AND" else "OR", left, right)
    return left


def _group(operator: Literal["AND", "OR"], *sides: Node) -> Node:
    nodes: list[Node] = []
    for side in sides:
        nodes += side.nodes if isinstance(side, Group) and side.operator == operator else (side,)
    last, new = nodes[-2:]
    if operator == "OR" and isinstance(last, Match) and isinstance(new, Match) and last.field == new.field:
        nodes[-2:] = [Match(last.terms + new.terms, last.field)]  # one pattern of 100 terms is as fast as of one
    return nodes[0] if len(nodes) == 1 else Group(operator, tuple(nodes))


def _operand(tokens: deque[Token]) -> Node:
    token = tokens.popleft()
    match token.lastgroup:
        case "open":
            node = _expression(tokens, 0)
            tokens.popleft()
            return node
        case "NOT" if tokens[0].lastgroup != "NOT":
            return Not(_operand(tokens))
        case "field":
            return _field(token, tokens)
        case "word" | "phrase" as kind:
            text = normalize("NFC", token[0].strip(QUOTES).strip())
            return Match((Term(text.removesuffix("*"), phrase=kind == "phrase", prefix=text.endswith("*")),))
    missing = 'a term is missing here; to find the word AND, OR, NOT or NEAR, quote it: "OR"'
    raise _error(token, MISTAKES.get(str(token.lastgroup), missing))


def _field(token: Token, tokens: deque[Token]) -> Match:
    name, value = token[0][:-1].lower(), tokens[0]
    terms = _terms(_operand(tokens), value, f"{token[0]} takes a word, a phrase or (a OR b) right behind it")
    if name == "site" and not all(re.fullmatch(r"[\w-]+(\.[\w-]+)*", t.text) and not t.prefix for t in terms):
        raise _error(value, "site: takes a host such as example.com, without https://, path or *")
    return Match(terms, name)


def _terms(node: Node, token: Token, hint: str = MISTAKES["NEAR"]) -> tuple[Term, ...]:
    if isinstance(node, Match) and not node.field:
        return node.terms
    raise _error(token, hint)


def _finds_the_rest(node: Node) -> bool:
    if isinstance(node, Group):
        return (all if node.operator == "AND" else any)(map(_finds_the_rest, node.nodes))
    return isinstance(node, Not) and not _finds_the_rest(node.node)


def _error(token: Token, message: str) -> QueryError:
    return QueryError(message, token.string, token.start())


def _found_sql(column: str, terms: Sequence[Term]) -> tuple[str, list[str]]:
    bodies = _by_edges(terms, GAP + "+", LEFT, RIGHT)
    pattern = "|".join(f"{left}(?:{body}){right}" for (left, right), body in bodies.items())
    test = f"regexp_matches({column}, ?, 'i')"
    samples = [max(SAMPLE.findall(term.text), key=len, default="") for term in terms]
    if len(terms) > 2 or not all(samples):  # three samples take as long as the whole pattern
        return f"coalesce({test}, FALSE)", [pattern]
    return f"CASE WHEN {' OR '.join([test] * len(terms))} THEN {test} ELSE FALSE END", [*samples, pattern]


def _near_sql(column: str, node: Near) -> tuple[str, list[str]]:
    """Where both sides are found, rewrite the text with a space between words: RE2 is too slow at counting \\p{L}+."""
    (left, values), (right, others) = (_found_sql(column, terms) for terms in (node.left, node.right))
    signs = {c for term in (*node.left, *node.right) for word in _words(term) for c in word if not _in_word(c)}
    kept = re.escape("".join(sorted({same for c in signs for same in SAME.get(c, c)})))
    alone = SPACELESS[:-1] + "".join(sorted(c for c in signs if ord(c) > 127 and c not in {*SAME, *EMOJI_MARKS})) + "]"
    words = f"regexp_replace(regexp_replace({column}, ?, ' \\0 ', 'g'), ?, ' ', 'g')"
    gap = rf"[^\p{{L}}\p{{N}}\p{{M}}_{BARRIER}{kept}]+"
    values += [*others, alone, gap, _near_pattern(node, alone, f" {kept}{EMOJI_MARKS}")]
    return f"CASE WHEN {left} AND {right} THEN regexp_matches({words}, ?, 'i') ELSE FALSE END", values


def _near_pattern(node: Near, alone: str, signs: str) -> str:
    part, gap = f"[^{signs}{BARRIER}]", f"[{signs}]+"
    between = f"{gap}(?:{part}+{gap}){{0,{node.distance}}}"
    edges = [f"(?:{end}|[{signs}{BARRIER}])" for end in "^$"]
    sides = [_by_edges(terms, gap, *edges).items() for terms in (node.left, node.right)]
    ways = []
    for ((left, end), first), ((_, right), second) in chain(product(*sides), product(*sides[::-1])):
        bodies = (re.sub(alone, r" *\g<0> *", f"(?:{body})") for body in (first, second))
        ending = f"{part}*" if left and not end else ""  # of a prefix
        ways.append(left + f"{ending}{between}".join(bodies) + right)
    return "|".join(ways)


def _by_edges(terms: Iterable[Term], gap: str, left: str, right: str) -> dict[tuple[str, str], str]:
    bodies: dict[tuple[str, str], list[str]] = {}
    for term in terms:
        anywhere = re.search(SPACELESS, term.text) or not any(map(_in_word, term.text))
        edges = ("", "") if anywhere else (left, "" if term.prefix else right)
        bodies.setdefault(edges, []).append(gap.join(map(_literal, _words(term))))
    return {edges: "|".join(some) for edges, some in bodies.items()}


def _words(term: Term) -> list[str]:
    """Return the parts of a phrase that may have any space and punctuation between them; a word is one part."""
    parted = "".join(c if category(c)[0] in "LNMS" or c in "_#@＃＠" else " " for c in term.text)
    return (parted.split() if term.phrase else []) or [term.text]


def _in_word(c: str) -> bool:
    return (category(c)[0] in "LNM" and c not in EMOJI_MARKS) or c == "_"


def _literal(text: str) -> str:
    return "".join(map(_spelled, re.findall("(?is)ss|.", text)))


def _spelled(letter: str) -> str:
    if letter.casefold() == "ss":
        return "(?:ss|ß)"
    if letter in SAME:
        return f"[{re.escape(SAME[letter])}]"
    forms = [re.escape(form) for form in (letter, normalize("NFD", letter))]
    return f"(?:{'|'.join(forms)})" if forms[0] != forms[1] else forms[0] + "?" * (letter in EMOJI_MARKS)


def _whole(field: str, terms: Iterable[Term]) -> str:
    start, end = HOST if field == "site" else ("^", "$")
    return "|".join(f"{start}{_literal(term.text)}{'' if term.prefix else end}" for term in terms)
