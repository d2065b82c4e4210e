"""What a marketer types finds what a marketer means, through real DuckDB."""

import pickle
import re
import unicodedata
from collections.abc import Sequence
from itertools import product

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from warehouse.brandquery import Group, Match, Near, Not, QueryError, Term, parse, predicate

COLUMNS = ("title", "text", "author", "url", "language", "source")
DB = duckdb.connect(config={"threads": 1})


def rows(query: str, mentions: Sequence[dict[str, str]]) -> list[bool | None]:
    """Return what the condition says of each mention; a column that a mention lacks is NULL."""
    condition, values = predicate(parse(query))
    table = f"(VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * len(mentions))}) AS m({', '.join(COLUMNS)})"
    given_values = [mention.get(column) for mention in mentions for column in COLUMNS]
    return [row[0] for row in DB.execute(f"SELECT {condition} FROM {table}", [*values, *given_values]).fetchall()]  # noqa: S608


def matches(query: str, text: str | None = None, **columns: str) -> bool | None:
    return rows(query, [columns if text is None else {"text": text, **columns}])[0]


EXAMPLES = [
    # whole words, any case, any script
    ("harbor", "The HARBOR, today", True),
    ("harbor", "harbors", False),
    ("harbor", "xharbor", False),
    ("harbor", "harbor_coffee", False),
    ("harbor", "harbor2", False),
    ("harbor", "Harbor's best", True),
    ("harbor", "harbor", True),
    ("café", "CAFÉ", True),
    ("café", "cafe\u0301", True),
    ("cafe\u0301", "café", True),
    ("cafe", "café", False),
    ("cafe", "cafe\u0301", False),
    ("straße", "STRASSE", True),
    ("Strasse", "straße", True),
    ("STRASSE", "STRAẞE", True),
    ("Кофе", "КОФЕ!", True),
    ("кофе", "кофейня", False),
    ("ὀδός", "ὈΔΌΣ", True),
    ("kiss", "KISS", True),
    ("नमस्ते", "नमस्तेजी", False),
    # adjacency, operators, precedence
    ("harbor coffee", "coffee at the harbor", True),
    ("harbor AND coffee", "coffee", False),
    ("a OR b c", "a", True),
    ("a OR b c", "b", False),
    ("(a OR b) c", "a", False),
    ("a NOT b OR c", "a b c", True),
    ("a NOT b OR c", "a b", False),
    ("a -b", "a b", False),
    ("a -b", "a c", True),
    ('a -"b c"', "a b-c", False),
    ("a -(b OR c)", "a c", False),
    ("a –b", "a b", False),
    ("a b NEAR/0 c", "a x b c", True),
    ("a AND NOT (NOT b)", "a b", True),
    ("x or y", "x y", False),
    ("x or y", "or y x", True),
    ('"OR"', "or else", True),
    # phrases
    ('"harbor coffee"', "Harbor-Coffee", True),
    ('"harbor coffee"', "harbor  coffee", True),
    ('"harbor coffee"', "harbor,\r\n coffee", True),
    ('"harbor coffee"', "harborcoffee", False),
    ('"harbor coffee"', "harbor my coffee", False),
    ('"harbor coffee"', "coffee harbor", False),
    ('"harbor-coffee"', "harbor coffee", True),
    ("“harbor coffee”", "harbor coffee", True),
    ("„harbor coffee“", "harbor coffee", True),
    ('"harbor coff*"', "harbor coffees", True),
    ('"C++ developer"', "C++ / developer", True),
    ('"C++ developer"', "C developer", False),
    ('"!!!"', "wow!!!", True),
    ('"!!!"', "wow", False),
    # prefixes
    ("harb*", "harbors", True),
    ("harb*", "harb", True),
    ("harb*", "myharbor", False),
    ("cafe*", "cafe\u0301", True),
    # hashtags, handles, apostrophes, signs
    ("#harborcoffee", "love #HarborCoffee!", True),
    ("#harborcoffee", "harborcoffee", False),
    ("#harborcoffee", "＃harborcoffee", True),
    ("#harbor", "#harborcoffee", False),
    ("#harbor*", "#harborcoffee", True),
    ("harborcoffee", "#harborcoffee", True),
    ("@harbor", "@harbor hi", True),
    ("@harbor", "me@harbor.com", False),
    ("harbor", "@harbor hi", True),
    ("mcdonald's", "McDonald’s", True),
    ("mcdonald’s", "mcdonald's", True),
    ("mcdonald", "McDonald’s", True),
    ("coca-cola", "Coca‑Cola", True),
    ("AT&T", "at&t", True),
    ("c++", "I like C++.", True),
    ("c++", "ccc", False),
    ("node.js", "nodexjs", False),
    ("a.*", "abc", False),
    ("f**k", "f**k!", True),
    ("[a-z]", "b", False),
    ("x|y", "y", False),
    ("\\d", "5", False),
    # scripts without spaces, emoji
    ("咖啡", "我喜欢咖啡店", True),
    ("コーヒー", "いいコーヒーです", True),
    ("กาแฟ", "ฉันชอบกาแฟมาก", True),
    ("starbucks", "我喜欢Starbucks咖啡", True),
    ("☕", "harbor☕yes", True),
    ("coffee", "☕️coffee", True),
    ("harbor", "harbor😀", True),
    ("스타벅스*", "스타벅스는", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), EXAMPLES)
def test_a_query_finds_what_its_example_says(query: str, text: str, expected: bool) -> None:
    assert rows(query, [{"text": text}, {"title": text}]) == [expected, expected]


NEAR_EXAMPLES = [
    ("harbor NEAR/2 coffee", "harbor a b coffee", True),
    ("harbor NEAR/2 coffee", "coffee, a b; HARBOR", True),
    ("harbor NEAR/2 coffee", "harbor a b c coffee", False),
    ("harbor NEAR/2 coffee", "harborx coffee", False),
    ("harbor NEAR/2 coffee", "harborcoffee", False),
    ("harbor NEAR/0 coffee", "harbor... coffee", True),
    ("harbor NEAR/20 coffee", "harbor " + "é " * 20 + "coffee", True),
    ("harbor NEAR/20 coffee", "harbor " + "é " * 21 + "coffee", False),
    ('"harbor coffee" NEAR/1 queue', "queue at harbor-coffee", True),
    ("harb* NEAR/0 coff*", "coffees harbors", True),
    ("(harbor OR pier) NEAR/1 (tea OR coff*)", "coffees by pier", True),
    ("(harbor OR pier) NEAR/1 (tea OR coff*)", "pier a b tea", False),
    ("a NEAR/0 a", "a", False),
    ("a NEAR/0 a", "a a", True),
    ("harbor NEAR/1 #coffee", "harbor coffee", False),
    ("harbor NEAR/1 #coffee", "harbor x #coffee", True),
    ("harbor NEAR/1 coffee", "harbor x #coffee", True),
    ("c++ NEAR/0 jobs", "jobs: C++", True),
    ("mcdonald's NEAR/0 fries", "McDonald’s fries", True),
    ("great NEAR/0 ☕", "great☕", True),
    ("great NEAR/0 ☕", "greatest☕", False),
    ("great NEAR/0 ☕️", "☕️ great", True),
    ("咖啡 NEAR/2 店", "咖啡很好店", True),
    ("咖啡 NEAR/1 店", "咖啡很好店", False),
    ("starbucks NEAR/0 咖啡", "喜欢Starbucks咖啡", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), NEAR_EXAMPLES)
def test_near_counts_the_words_between_in_either_order(query: str, text: str, expected: bool) -> None:
    assert matches(query, text) is expected


FIELD_EXAMPLES = [
    ("title:harbor", {"title": "Harbor", "text": "x"}, True),
    ("title:harbor", {"title": "x", "text": "harbor"}, False),
    ('title:"harbor coffee"', {"title": "Harbor-Coffee"}, True),
    ("title:(harb* OR tea)", {"title": "Tea"}, True),
    ("TITLE:harbor", {"title": "harbor"}, True),
    ("author:jane", {"author": "JANE"}, True),
    ("author:jane", {"author": "jane doe"}, False),
    ("author:jane*", {"author": "Jane Doe"}, True),
    ('author:"jane doe"', {"author": "Jane Doe"}, True),
    ("author:кофе", {"author": "КОФЕ"}, True),
    ("author:j.ne", {"author": "jane"}, False),
    ("lang:EN", {"language": "en"}, True),
    ("lang:en", {"language": "en-GB"}, False),
    ("lang:en*", {"language": "en-GB"}, True),
    ("lang:(en OR de)", {"language": "de"}, True),
    ("source:reddit", {"source": "reddit"}, True),
    ("site:example.com", {"url": "https://example.com"}, True),
    ("site:example.com", {"url": "HTTP://News.Example.COM:8080/a"}, True),
    ("site:example.com", {"url": "https://user@example.com/a"}, True),
    ("site:example.com", {"url": "https://badexample.com/"}, False),
    ("site:example.com", {"url": "https://example.com.evil.org/"}, False),
    ("site:example.com", {"url": "https://example.com@evil.org/"}, False),
    ("site:example.com", {"url": "https://evil.org/https://example.com/"}, False),
    ("site:example.com", {"url": "https://evil.org?x=.example.com"}, False),
    ("site:example.com", {"url": "https://examplescom/"}, False),
    ("tea -lang:de", {"text": "tea", "language": "de"}, False),
    ("tea -lang:de", {"text": "tea"}, True),
]


@pytest.mark.parametrize(("query", "columns", "expected"), FIELD_EXAMPLES)
def test_a_field_looks_only_at_its_column(query: str, columns: dict[str, str], expected: bool) -> None:
    assert matches(query, **columns) is expected


def test_words_may_stand_in_title_and_text_but_a_phrase_and_near_stay_in_one() -> None:
    mention = {"title": "at the harbor", "text": "coffee"}
    assert matches("harbor coffee", **mention) is True
    assert matches('"harbor coffee"', **mention) is False
    assert matches("harbor NEAR/5 coffee", **mention) is False
    assert matches("at NEAR/5 cup", title="at the harbor", text="a cup") is False


@pytest.mark.parametrize(
    "query", ["a", "a -b", "ab", "é", "title:a", "title:ab", "a NEAR/1 b", "x -lang:de", "site:a.b"]
)
def test_columns_that_are_null_do_not_match_and_never_give_null(query: str) -> None:
    assert matches(query) is False


def test_the_alias_is_the_callers() -> None:
    condition, values = predicate(parse('tea OR (a NEAR/2 "b c") -title:x'), alias="mentions")
    assert "m." not in condition.replace("mentions.", "")
    assert condition.count("?") == len(values)


def test_the_tree_says_how_a_query_was_read() -> None:
    def word(text: str) -> Match:
        return Match((Term(text),))

    assert parse("a b OR c") == Group("OR", (Group("AND", (word("a"), word("b"))), word("c")))
    assert parse("a -b c") == Group("AND", (word("a"), Not(word("b")), word("c")))
    assert parse("a OR (b OR c*)") == Match((Term("a"), Term("b"), Term("c", prefix=True)))
    assert parse('x "b c" NEAR/3 d') == Group("AND", (word("x"), Near((Term("b c", phrase=True),), (Term("d"),), 3)))
    assert parse("lang:(en OR de)") == Match((Term("en"), Term("de")), "lang")


ERRORS = [
    ('("harbor coffee" OR', 0, "unbalanced parenthesis"),
    ("a) b", 1, "unbalanced parenthesis"),
    ("", 0, "term is missing"),
    ("  \n", 3, "term is missing"),
    ("()", 1, "term is missing"),
    ("coffee OR", 9, "term is missing"),
    ("OR coffee", 0, "term is missing"),
    ("a AND OR b", 6, "term is missing"),
    ("a NOT", 5, "term is missing"),
    ("NOT coffee", 0, "only takes away"),
    ("-a -b", 0, "only takes away"),
    ("a OR -b", 5, "only takes away"),
    ("a NEAR b", 2, "NEAR/5"),
    ("a NEAR/x b", 2, "NEAR/5"),
    ("a NEAR/21 b", 2, "up to 20"),
    ("NOT a NEAR/5 b", 6, "NOT (a NEAR/5 b)"),
    ("a NEAR/5 b NEAR/5 c", 11, "a NEAR/5 b AND b NEAR/5 c"),
    ("a NEAR/5 (b c)", 2, "NEAR joins"),
    ("a NEAR/5 lang:de", 2, "NEAR joins"),
    ("tea subject:x", 4, "title:word author:word site:word lang:word source:word"),
    ("https://x.com/a", 0, "quote text with a colon"),
    ("title: x", 0, "title:word"),
    ("title:(a b)", 6, "title: takes a word"),
    ("title:-x", 6, "- takes a word away"),
    ("site:https://x.com/a", 5, "example.com, without https://"),
    ("site:example.*", 5, "example.com, without"),
    ('tea "harbor', 4, "unclosed quote"),
    ('tea ""', 4, "empty phrase"),
    ("*bor", 0, "at the end"),
    ("a - b", 2, "right before the word"),
    ("tea, coffee", 0, "comma"),
    ("(" * 51 + "a" + ")" * 51, 50, "50 deep"),
    ("a " * 1025, 2048, "2050 characters"),
    ("a " * 201, 402, "200 words"),
]


@pytest.mark.parametrize(("query", "position", "message"), ERRORS)
def test_an_error_says_where_and_how_to_mend_it(query: str, position: int, message: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert message in raised.value.message
    assert (raised.value.query, raised.value.position) == (query, position)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)  # noqa: S301


def test_the_caret_stands_under_the_place() -> None:
    assert str(QueryError("no", '("harbor coffee" OR', 0)) == 'no\n  ("harbor coffee" OR\n  ^'
    assert str(QueryError("no", "a\n\nNEAR b", 3)) == "no\n  a  NEAR b\n     ^"
    assert str(QueryError("no", "咖啡 NEAR x", 3)) == "no\n  咖啡 NEAR x\n  \u3000\u3000 ^"
    assert str(QueryError("no", "x" * 1000 + ")", 1000)).splitlines()[1:] == [f"  {'x' * 60})", f"  {' ' * 60}^"]


HOSTILE = [
    "'; DROP TABLE x; --",
    "x' OR '1'='1",
    "?",
    "$1",
    "\\",
    "\\0",
    "\\pL",
    "%",
    "_",
    "(?i)a",
    "{0,9}",
    "a\0b",
    "\ud800",
]


SQL_WORDS = {"CASE", "WHEN", "THEN", "ELSE", "END", "AND", "OR", "FALSE", "coalesce", "concat_ws", "chr"}
SQL_WORDS |= {
    "regexp_matches",
    "regexp_replace",
    "m.title",
    "m.text",
    "m.author",
    "65535",
    "'i'",
    "'g'",
    "' '",
    "' \\0 '",
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_term_is_a_value_and_only_a_value(hostile: str) -> None:
    query = f'"{hostile}" OR title:"{hostile}*" OR author:"{hostile}" OR x NEAR/3 "{hostile}"'
    assert set(re.findall(r"'[^']*'|[^\s(),?]+", predicate(parse(query))[0])) <= SQL_WORDS
    assert matches(query, "so harmless") is False
    assert matches(f'author:"{hostile}"', author=hostile.encode("utf-8", "replace").decode()) is True


@pytest.mark.parametrize(
    "query",
    [
        "a " * 200,
        '"' + "a-" * 200 + '"',
        "한" * 2048,
        "ᾂ" * 2048,
        '"' + "a " * 100 + '" NEAR/20 "' + "☕ " * 100 + '"',
        f"({' OR '.join(['ab'] * 100)}) NEAR/20 ({' OR '.join(['d咖'] * 100)})",
        "b " + " NOT (a " * 50 + ")" * 50,
        " OR ".join(["a", "lang:b"] * 90),
    ],
)
def test_the_largest_queries_run(query: str) -> None:
    assert matches(query, "no such thing") is False


PIECES = [
    *"abc",
    "é",
    "咖",
    "☕",
    "#a",
    "a*",
    "*",
    '"',
    "“",
    "(",
    ")",
    "-",
    "-a",
    ",",
    " ",
    "AND",
    "OR",
    "NOT",
    "NEAR/2",
]
PIECES += [
    "NEAR",
    "NEAR/99",
    "title:",
    "site:",
    "lang:",
    "a.b",
    '"a b"',
    "\n",
    "\\",
    "\ud800",
    "\0",
    "\ufe0f",
    "ß",
    "\uffff",
]
queries = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
pasted = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(queries, pasted))
@example("NOT " * 512)
@example("-" * 2048)
@example("(" * 2048)
@example("a NEAR/5 " * 220)
def test_parse_raises_a_query_error_or_nothing(query: str) -> None:
    try:
        parse(query)
    except QueryError as error:
        assert 0 <= error.position <= len(query)
        assert error.message in str(error)


@settings(max_examples=60, deadline=None)
@given(st.one_of(queries, pasted))
def test_whatever_parses_runs_and_is_never_null(query: str) -> None:
    try:
        parse(query)
    except QueryError:
        assume(False)
    assert None not in rows(query, [{}, {"text": "a b é"}, dict.fromkeys(COLUMNS, "a"), {"url": "https://a.b/"}])


VOCABULARY = ["a", "B", "ab", "café", "CAFE\u0301", "cafe", "weiß", "WEISS", "кот", "Кот", "x_1", "9"]
words = st.sampled_from(VOCABULARY)
texts = st.lists(st.tuples(words, st.sampled_from([" ", "-", "\n", ", ", "’", "", "_", " #", "…"])), max_size=8)
texts_of = texts.map(lambda pairs: "".join(word + gap for word, gap in pairs))
leaves = st.one_of(words, st.lists(words, min_size=1, max_size=3))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.tuples(st.sampled_from(["AND", "OR"]), inner, inner), st.tuples(st.just("NOT"), inner)),
    max_leaves=4,
)


def spell(tree: object) -> str:
    match tree:
        case str():
            return tree
        case list():
            return f'"{" ".join(tree)}"'
        case ("NOT", inner):
            return f"NOT ({spell(inner)})"
        case (operator, left, right):
            return f"(({spell(left)}) {operator} ({spell(right)}))"
    raise AssertionError(tree)


def folded(text: str) -> list[str]:
    """Return the words of `text`, read one character at a time and without any regular expression."""
    apart = (c if c == "_" or unicodedata.category(c)[0] in "LNM" else " " for c in unicodedata.normalize("NFC", text))
    return "".join(apart).casefold().split()


def holds(tree: object, text: list[str]) -> bool:
    match tree:
        case str() | list():
            wanted = folded(tree if isinstance(tree, str) else " ".join(tree))
            return any(text[i : i + len(wanted)] == wanted for i in range(len(text)))
        case ("NOT", inner):
            return not holds(inner, text)
        case ("AND", left, right):
            return holds(left, text) and holds(right, text)
        case (_, left, right):
            return holds(left, text) or holds(right, text)
    raise AssertionError(tree)


@settings(max_examples=50, deadline=None)
@given(trees, st.lists(texts_of, min_size=1, max_size=20))
def test_duckdb_agrees_with_a_naive_reading(tree: object, examples: list[str]) -> None:
    assume(not holds(tree, []))
    found = rows(spell(tree), [{"text": text} for text in examples])
    assert found == [holds(tree, folded(text)) for text in examples]


@settings(max_examples=30, deadline=None)
@given(words, words, st.integers(0, 3), st.lists(texts_of, min_size=1, max_size=20))
def test_near_agrees_with_a_naive_count(left: str, right: str, distance: int, examples: list[str]) -> None:
    def near(text: list[str]) -> bool:
        (first,), (second,) = folded(left), folded(right)
        places = product((i for i, w in enumerate(text) if w == first), (i for i, w in enumerate(text) if w == second))
        return any(0 < abs(i - j) <= distance + 1 for i, j in places)

    found = rows(f"{left} NEAR/{distance} {right}", [{"text": text} for text in examples])
    assert found == [near(folded(text)) for text in examples]


def test_the_quick_sample_loses_no_spelling_that_the_whole_pattern_finds() -> None:
    """Fails when SAMPLE takes s: it would look for "wasser" where the text has an ẞ."""
    for query, text in (("kelvin", "\u212aelvin"), ("desk", "de\u017f\u212a"), ("wasser", "WAẞER")):
        assert matches(query, text) is True
