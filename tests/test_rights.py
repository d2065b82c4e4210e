"""What people may ask for: to be forgotten everywhere, and to know what is kept."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Source
from flows import forget as people
from flows import peopleverbs
from flows.audit import audit
from flows.collect import collect
from flows.config import Config, ConfigError, Feed, load_config
from flows.desk import open_desk, open_warehouse, publish_copy, write_rejects
from flows.forget import Wish
from flows.stories import group_stories
from nlp.privacy.pseudonym import pseudonym
from warehouse import forget, tables
from warehouse.corrections import Correction, correct
from warehouse.forget import Author, Person
from warehouse.mart import ask
from warehouse.tables import author_hash, rows_table
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
CONFIG = """
[[brands]]
name = "Harbor"
query = "coffee"
[[feeds]]
name = "talk"
source = "hackernews"
query = "coffee"
[[feeds]]
name = "stars"
source = "appstore"
app_id = "1"
"""
WORDS = (
    "Cold coffee in the harbour, and the lady at the counter laughed at me when I asked for a warm one, twice, today"
)
HN, STARS = {"source": "hackernews", "posted_at": NOW}, {"source": "appstore", "posted_at": NOW}
LINK = "https://hn.example/jane-101"
SAID = [
    Mention(**HN, native_id="jane-101", author="jane_d", title="The zanzibar", text=WORDS, url=LINK, likes=3),
    Mention(**STARS, native_id="jane-102", author="jane_d", text="zanzibar coffee stars"),
    Mention(**HN | {"posted_at": NOW + timedelta(hours=1)}, native_id="kim-103", author="kim", text=WORDS.upper()),
    Mention(**HN, native_id="lee-104", author="lee", text="What @jane_d said, coffee"),
    Mention(**HN, native_id="105", author="Jane_D", text="Somebody else's tea"),
    Mention(**HN, native_id="106", author="A Google user", text="Warm coffee"),
]
ONE, TWO = SAID[0].mention_id, SAID[1].mention_id
BROKEN = [
    ("item 1", "ValueError: no text", "{'author': 'jane_d', 'comment': 'zanzibar'}"),
    ("item 2", "ValueError: no text", "{'author': 'kim'}"),
]


def walk(feed: str, source: str = "hackernews") -> Walk:
    return Walk(feed, source, "forum", "x")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which jane_d is in every table and file that a person can be in."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "allears.toml").write_text(CONFIG)
    config = load_config(folder / "allears.toml")
    with open_warehouse(config) as warehouse:
        stars, kim = [SAID[1]], [SAID[2]]
        warehouse.land(Batch([SAID[0], *SAID[3:]], {}, BROKEN), walk("talk"), NOW)
        warehouse.land(Batch(kim, {}), walk("talk"), NOW + timedelta(hours=2))
        warehouse.land(Batch([SAID[0]], {}), walk("also"), NOW)
        warehouse.land(Batch(stars, {}), walk("stars", "appstore"), NOW)
        read_unread(warehouse)
        correct(warehouse, [Correction("-", str(ONE), "neutral", "zanzibar irony")], NOW)
        group_stories(warehouse)
        fill_the_rest(warehouse)
        warehouse.settle(config.brands)
        write_rejects(config, warehouse, "talk")
        for run in range(2):
            publish_copy(config, warehouse, f"r{run}")
    shutil.copy(config.warehouse, folder / "warehouse.duckdb.schema-5.bak")
    shutil.copy(config.warehouse, folder / "published" / "draft.duckdb")
    (folder / "old.csv").write_text("zanzibar")
    exports = [
        {"time": NOW.isoformat(), "file": str(folder / name), "what": "mentions"} for name in ("old.csv", "gone.csv")
    ]
    (folder / "exports.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in exports))
    return folder


def read_unread(warehouse: Warehouse) -> None:
    unread = warehouse.unread(100)
    ids = list(zip(unread.mention_ids, unread.text_hashes, strict=True))
    told = {"language": "en", "reading": "read", "sentiment": "negative", "score": -0.9, "confidence": 0.9}
    heard = {"aspect": "product", "term": "coffee", "sentiment": "negative", "score": -1.0, "confidence": 0.9}
    readings = rows_table([{"mention_id": i, "text_hash": h} | told for i, h in ids], tables.READINGS)
    quotes = {ONE: "zanzibar one", TWO: "zanzibar two"}
    aspects = [{"mention_id": i, "text_hash": h, "quote": quotes.get(i, "tea")} | heard for i, h in ids]
    unplaced = rows_table([{"mention_id": i, "embedding": [0.5] * 384} for i, _ in ids], tables.UNPLACED)
    warehouse.keep_readings(readings, unplaced, rows_table(aspects, tables.READ_ASPECTS))


def fill_the_rest(warehouse: Warehouse) -> None:
    quote = {"text": f"The zanzibar – {WORDS[:60]}…", "url": LINK, "source": "hackernews"}
    other = {"text": "Warm coffee", "url": None, "source": "hackernews"}
    alert = (
        "INSERT INTO alerts VALUES (?, 'own', 'low', 'Harbor', ?, '9 of 10', [], ?, now()::TIMESTAMP, NULL, 0, NULL)"
    )
    warehouse.write(alert, ["k1", "A spike", [quote, other]])
    warehouse.write(alert, ["k2", "Answer jane_d, who is angry", [quote]])
    warehouse.write(
        "INSERT INTO ops.rereadings (reader, mention_id, topic) SELECT 'r', mention_id, title FROM mentions"
    )
    warehouse.write(
        "INSERT INTO ops.reread_aspects (reader, mention_id, quote) SELECT 'r', mention_id, title FROM mentions"
    )
    warehouse.write(
        "INSERT INTO ops.runs VALUES ('r0', now()::TIMESTAMP, NULL, 'Failed', 'ValueError: jane_d zanzibar')"
    )


@pytest.fixture
def config(kept: Path, tmp_path: Path) -> Config:
    folder = tmp_path / "copy"
    shutil.copytree(kept, folder, symlinks=True)
    return load_config(folder / "allears.toml")


class Forgotten(NamedTuple):
    """The folder after jane_d was forgotten."""

    config: Config
    done: people.Done


@pytest.fixture(scope="module")
def forgotten(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    folder = tmp_path_factory.mktemp("forgotten") / "copy"
    shutil.copytree(kept, folder, symlinks=True)
    config = load_config(folder / "allears.toml")
    assert bytes_of(folder).count(b"zanzibar") > 20
    return Forgotten(config, people.forget(config, Wish("jane_d")))


def bytes_of(folder: Path) -> bytes:
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "old.csv"]
    return b"\n".join(file.read_bytes() for file in files)


def test_no_byte_of_an_author_is_left_in_any_file_and_others_are_whole(forgotten: Forgotten) -> None:
    config, done = forgotten
    left = bytes_of(config.folder)
    assert [mark for mark in (b"zanzibar", b"jane-10", b"Answer jane_d", b"irony") if mark in left] == []
    assert left.count(b"jane_d") > 0  # what lee wrote: reported, and stays
    assert (done.traces.others, done.traces.elsewhere[0][0]) == (1, SAID[3].mention_id)
    assert ask(config.mart, "SELECT author FROM mentions ORDER BY ALL").rows == [
        ("A Google user",),
        ("Jane_D",),
        ("kim",),
        ("lee",),
    ]


def test_what_goes_is_told_place_by_place_and_the_files_with_it(forgotten: Forgotten) -> None:
    config, done = forgotten
    assert [row[:4] for row in done.traces.said] == [
        ("appstore", "jane_d", "stars", 1),
        ("hackernews", "jane_d", "talk", 1),
    ]
    assert done.traces.rows == {
        "mentions": 2,
        "brand_mentions": 2,
        "aspects": 2,
        "corrections": 1,
        "quotes in alerts": 1,
        "alerts that name them": 1,
        "rejects": 1,
        "messages of runs": 1,
        "readings kept aside": 7,
        "places in stories": 2,
    }
    gone = {Path(file).relative_to(config.folder).as_posix() for file in done.removed}
    old = {"published/draft.duckdb", "published/mart-1/mart.duckdb", "published/mart-2/mart.duckdb"}
    assert gone == {"warehouse.duckdb.schema-5.bak", *old}
    assert [file.name for file in config.published.iterdir()] == ["mart-3"]
    assert [Path(file["file"]).name for file in done.yours] == ["old.csv"]  # gone.csv is no longer there


def test_alerts_lose_the_quotes_and_rejects_the_items_and_others_stay(forgotten: Forgotten) -> None:
    config = forgotten.config
    assert ask(config.mart, "SELECT key, quotes FROM alerts").rows == [
        ("k1", [{"text": "Warm coffee", "url": None, "source": "hackernews"}])
    ]
    rejects = (config.rejects / "talk.jsonl").read_text().splitlines()
    assert [json.loads(line)["place"] for line in rejects] == ["item 2"]


def test_a_story_that_began_with_them_is_led_by_the_next(kept: Path, forgotten: Forgotten) -> None:
    kim = "SELECT story_id, copy FROM mentions WHERE author = 'kim'"
    assert ask(kept / "mart.duckdb", kim).rows == [(ONE, True)]
    assert ask(forgotten.config.mart, kim).rows == [(SAID[2].mention_id, False)]


def test_they_are_not_collected_again(forgotten: Forgotten) -> None:
    config = forgotten.config
    with open_warehouse(config) as warehouse:
        again = [*SAID[:1], Mention(**HN, native_id="new", author="jane_d", text="coffee"), SAID[2]]
        landed = warehouse.land(Batch(again, {}, BROKEN), walk("talk"), NOW)
        assert (landed.new, landed.rejects, landed.forgotten) == (0, 0, 2)
        other = Mention(**{**HN, "source": "reddit"}, native_id="new", author="jane_d", text="coffee")
        assert warehouse.land(Batch([other], {}), walk("r", "reddit"), NOW).new == 1  # another person
        warehouse.land(Batch([], {}, deleted=[other.mention_id]), walk("r", "reddit"), NOW)
        kept = warehouse.rows("SELECT * EXCLUDE (forgotten_at, cleaned_at) FROM ops.forgotten")
    hashes = {author_hash(source, "jane_d") for source in ("hackernews", "appstore")}
    assert {author for _, author, _ in kept if author} == hashes
    assert {mention_id for mention_id, _, _ in kept if mention_id} == {ONE, TWO}


def test_a_dry_run_shows_it_all_and_changes_nothing(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    before = {file: file.read_bytes() for file in config.folder.rglob("*") if file.is_file()}
    peopleverbs.forget(author="jane_d", dry_run=True, config=config.file)
    told = capsys.readouterr().out
    wanted = ("jane_d", "stars", "rejects", "old.csv", "Several sources", "1 mentions of others name them")
    assert [word for word in wanted if word not in told] == []
    assert {file: file.read_bytes() for file in config.folder.rglob("*") if file.is_file()} == before


def test_a_person_is_asked_before_anything_goes(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="give --yes"):
        peopleverbs.forget(mention=[str(ONE)], config=config.file)
    assert "What goes" in capsys.readouterr().out
    assert ask(config.warehouse, "SELECT count(*) FROM ops.forgotten").rows == [(0,)]


def test_single_mentions_go_by_link_and_id_and_their_author_is_heard_on(config: Config) -> None:
    done = people.forget(config, Wish(mentions=(LINK, str(SAID[5].mention_id))))
    assert done.traces.rows["mentions"] == 2
    with open_warehouse(config) as warehouse:
        more = [SAID[0], Mention(**HN, native_id="new", author="jane_d", text="coffee")]
        landed = warehouse.land(Batch(more, {}), walk("talk"), NOW)
    assert (landed.new, landed.forgotten) == (1, 1)


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Wish("JANE_d"), r"no mention is by that name \(3 rejects.* name it\); there is '[jJ]ane_[dD]' \("),
        (Wish("nobody-here"), "with --source they are not collected"),
        (Wish("A Google user"), "a name under which many write"),
        (Wish("jane@example.com"), r"it is kept as '\[email\]', a name under which many write"),
        (Wish("jane_d", "steam"), "nothing is collected from there; known are appstore, hackernews"),
        (Wish(mentions=("https://hn.example/nothing",)), "no mention has the id or the link"),
    ],
)
def test_whoever_cannot_be_told_from_others_is_not_guessed(kept: Path, wish: Wish, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        people.look(load_config(kept / "allears.toml"), wish)


@pytest.mark.slow
def test_what_was_interrupted_is_finished_by_the_same_command(config: Config) -> None:
    with open_warehouse(config) as warehouse:
        person = Person([Author("hackernews", "jane_d"), Author("appstore", "jane_d")], names=["jane_d"])
        forget.forget(warehouse, person, NOW)  # and killed before anything else
        assert forget.is_unfinished(warehouse)
    assert (people.look(config, Wish("jane_d"))[0].total, b"zanzibar" in bytes_of(config.folder)) == (0, True)
    people.forget(config, Wish("jane_d"))
    with open_warehouse(config) as warehouse:
        assert not forget.is_unfinished(warehouse)
    left = bytes_of(config.folder)
    assert [mark for mark in (b"zanzibar", b"jane-10") if mark in left] == []


@pytest.mark.slow
def test_an_author_with_a_pseudonym_is_found_by_the_real_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLEARS_PSEUDONYM_KEY", KEY)
    file = tmp_path / "allears.toml"
    file.write_text('[privacy]\nauthors = "pseudonym"\n' + CONFIG)
    config = load_config(file)
    with open_desk(config) as desk:
        assert collect(desk, FEED).new == 2
    traces = people.look(config, Wish("jane_d"))[0]
    assert [row[1:4] for row in traces.said] == [(pseudonym("hackernews", "jane_d", KEY), "talk", 1)]
    people.forget(config, Wish("jane_d"))
    for authors in ("keep", "drop"):
        file.write_text(f'[privacy]\nauthors = "{authors}"\n' + CONFIG)
        with open_desk(load_config(file)) as desk:
            report = collect(desk, FEED)
            assert (report.new, report.forgotten, report.seen) == (0, 1, 2)
            assert desk.warehouse.rows("SELECT native_id FROM mentions") == [("kim-103",)]
            if authors == "drop":
                assert desk.warehouse.rows("SELECT forgotten FROM ops.feed_runs") == [(0,), (1,), (1,)]
    with pytest.raises(ConfigError, match='"drop" keeps no author'):
        people.look(load_config(file), Wish("kim"))


def _fetch(http: Http, cursor: Cursor) -> Iterator[Page]:
    yield Page([SAID[0], SAID[2]], {})


_fetch.__module__ = "connectors.source"  # where there is no recheck
FEED = Feed(
    "talk", Source("hackernews", _fetch, "HN", "forum", "https://example.com", "-", {}, ()), "forum", None, {}, "x"
)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(NAMES)
def test_any_name_is_found_where_it_stands_and_not_inside_another_word(name: str) -> None:
    pattern = forget.pattern_of([name])
    standing = [f"{{'author': {name!r}}}", json.dumps({"author": name}), f'"{name}"', f"x @{name}, y"]
    inside = [f"z{name}z", "", "zq zq zq"]
    sql = "SELECT list_transform(?, lambda text: regexp_matches(text, ?, 'i'))"
    ((found,),) = duckdb.execute(sql, [standing, pattern]).fetchall()
    assert found == [True] * len(standing)
    if name.isascii() and name.isalnum() and len(name) >= forget.SHORT:
        assert duckdb.execute(sql, [inside, pattern]).fetchall() == [([False] * len(inside),)]


def test_an_audit_says_what_is_kept_of_people_and_who_can_read_it_and_names_nobody(forgotten: Forgotten) -> None:
    config = forgotten.config
    config.warehouse.chmod(0o600)
    told = audit(config, NOW)
    assert "jane_d" not in json.dumps(told, default=str) and "kim" not in json.dumps(told, default=str)
    assert [(row["kind"], row["source"], row["mentions"], row["authors"]) for row in told["mentions"]] == [
        ("forum", "hackernews", 4, 4)
    ]
    assert told["forgotten"][0] | {"day": None} == {
        "day": None,
        "mentions": 2,
        "authors": 2,
        "rejects": 1,
        "unfinished": 0,
    }
    assert {file["what"]: file["read_by"] for file in told["files"]}["warehouse"] == "owner"
    assert [file["what"] for file in told["files"]] == ["warehouse", "published copy, the newest", "rejects"]
    assert told["exports"][0]["file"].endswith("old.csv")
    assert told["retention"]["social"] is None


def test_an_audit_warns_of_what_is_late_and_of_copies(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    config.file.write_text("[retention]\nforum = 1\n" + CONFIG)
    with open_warehouse(config) as warehouse:
        warehouse.write("UPDATE mentions SET day = day - 10, posted_at = posted_at - INTERVAL 10 DAYS")
    peopleverbs.audit(config.file)
    told = capsys.readouterr().out
    assert "Nobody was forgotten." in told and "forum 1 days, social for ever" in told
    assert "hackernews has what [retention] no longer allows; the next run removes it" in told
    assert "copies from before a migration" in told
