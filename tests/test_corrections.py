"""What people correct: shown at once, kept for ever, overwritten by nothing."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mention import Mention
from flows import readingverbs
from flows.config import ConfigError, load_config
from flows.correct import corrections_in
from flows.desk import open_desk
from tests.test_cli import allears
from warehouse import corrections, tables
from warehouse.brands import Brand
from warehouse.corrections import Correction, corrected
from warehouse.mart import ask
from warehouse.tables import rows_table
from warehouse.warehouse import Batch, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
BRANDS = [Brand("A", feeds=("a",))]
WALK = Walk("a", "forum", "forum", "x")
LABELS = ("negative", "neutral", "positive")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse(tmp_path / "warehouse.duckdb", NOW) as opened:
        yield opened


def mention(native_id: str = "1", **fields: Any) -> Mention:
    posted_at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    given = {"source": "forum", "native_id": native_id, "text": f"Text {native_id}", "posted_at": posted_at}
    return Mention(**given | fields)


def land(warehouse: Warehouse, *mentions: Mention, gone: tuple[int, ...] = ()) -> None:
    warehouse.land(Batch(mentions, {}, deleted=gone), WALK, NOW)


def read_unread(warehouse: Warehouse, sentiment: str = "positive", aspects: tuple[str, ...] = ()) -> None:
    unread = warehouse.unread(1_000)
    ids = list(zip(unread.mention_ids, unread.text_hashes, strict=True))
    told = {"reading": "read", "sentiment": sentiment, "score": 0.5, "confidence": 0.7, "model": "m"}
    rows = [{"mention_id": i, "text_hash": h} | told for i, h in ids]
    heard = {"term": "t", "quote": "q", "sentiment": "neutral", "score": 0.0, "confidence": 0.5}
    found = [{"mention_id": i, "text_hash": h, "aspect": aspect} | heard for i, h in ids for aspect in aspects]
    readings = rows_table(rows, tables.READINGS)
    warehouse.keep_readings(readings, rows_table([], tables.UNPLACED), rows_table(found, tables.READ_ASPECTS))


def correct(warehouse: Warehouse, mention: Mention, sentiment: str) -> None:
    given = [Correction("here", str(mention.mention_id), sentiment)]
    assert list(corrections.faults(warehouse, given)) == []
    corrections.correct(warehouse, given, NOW)


def shown(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    warehouse.settle(BRANDS)
    warehouse.check()
    return warehouse.rows("SELECT sentiment, score, confidence, corrected FROM mentions ORDER BY native_id")


def test_a_correction_is_shown_with_certainty_and_counts_in_the_roll_ups(warehouse: Warehouse) -> None:
    land(warehouse, mention())
    read_unread(warehouse)
    assert shown(warehouse) == [("positive", 0.5, 0.7, False)]
    correct(warehouse, mention(), "negative")
    assert shown(warehouse) == [("negative", -1.0, 1.0, True)]
    assert warehouse.rows("SELECT negative, positive, score_sum FROM daily_brand") == [(1, 0, -1.0)]


def test_a_correction_taken_back_shows_what_the_model_says(warehouse: Warehouse) -> None:
    land(warehouse, mention())
    read_unread(warehouse)
    for sentiment in ("negative", "neutral"):
        correct(warehouse, mention(), sentiment)
        shown(warehouse)
    assert corrections.undo(warehouse, str(mention().mention_id)) == 1
    assert shown(warehouse) == [("positive", 0.5, 0.7, False)]
    assert warehouse.rows("SELECT negative, neutral, positive FROM daily_brand") == [(0, 0, 1)]
    assert corrections.undo(warehouse, str(mention().mention_id)) == 0


def test_a_mention_may_be_corrected_before_a_model_reads_it(warehouse: Warehouse) -> None:
    land(warehouse, mention())
    correct(warehouse, mention(), "neutral")
    assert shown(warehouse) == [("neutral", 0.0, 1.0, True)]
    read_unread(warehouse)
    assert shown(warehouse) == [("neutral", 0.0, 1.0, True)]
    corrections.undo(warehouse, str(mention().mention_id))
    assert shown(warehouse) == [("positive", 0.5, 0.7, False)]


def test_a_correction_is_of_the_text_that_the_person_read(warehouse: Warehouse) -> None:
    land(warehouse, mention(text="Well, thanks a lot."))
    read_unread(warehouse)
    correct(warehouse, mention(), "negative")
    land(warehouse, mention(text="It works now."))
    read_unread(warehouse)
    assert shown(warehouse) == [("positive", 0.5, 0.7, False)]
    assert warehouse.rows("SELECT sentiment FROM corrections") == [("negative",)]
    land(warehouse, mention(text="Well, thanks a lot."))
    assert shown(warehouse) == [("negative", -1.0, 1.0, True)]


def test_a_correction_outlives_new_likes_and_the_deletion_of_its_mention(warehouse: Warehouse) -> None:
    land(warehouse, mention())
    read_unread(warehouse)
    correct(warehouse, mention(), "negative")
    shown(warehouse)
    land(warehouse, mention(likes=9))
    assert shown(warehouse) == [("negative", -1.0, 1.0, True)]
    corrections.undo(warehouse, str(mention().mention_id))
    assert shown(warehouse) == [("positive", 0.5, 0.7, False)]
    correct(warehouse, mention(), "negative")
    land(warehouse, gone=(mention().mention_id,))
    assert shown(warehouse) == []
    land(warehouse, mention())
    assert shown(warehouse) == [("negative", -1.0, 1.0, True)]


def test_what_was_corrected_is_there_to_measure_with(warehouse: Warehouse) -> None:
    land(warehouse, mention("1", title="Thanks"), mention("2"), mention("3"))
    read_unread(warehouse)
    correct(warehouse, mention("1"), "negative")
    warehouse.settle(BRANDS)
    assert corrected(warehouse).to_pylist() == [{"text": "Thanks. Text 1", "sentiment": "negative"}]


def test_aspects_follow_their_mention_to_another_day_and_go_with_its_words(warehouse: Warehouse) -> None:
    land(warehouse, mention("1"), mention("2"))
    read_unread(warehouse, aspects=("price", "staff"))
    shown(warehouse)
    land(warehouse, mention("1", posted_at=NOW), mention("2", text="Other words"))
    shown(warehouse)
    assert warehouse.rows("SELECT aspect, day::VARCHAR FROM aspects ORDER BY 1") == [
        ("price", "2026-11-22"),
        ("staff", "2026-11-22"),
    ]
    land(warehouse, gone=(mention("1").mention_id,))
    shown(warehouse)
    assert warehouse.rows("FROM aspects") == []


@dataclass
class Known:
    """What a plain program would know: the texts, what was read in them, and what was corrected of which text."""

    texts: dict[str, str] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    corrected: dict[str, tuple[str, str]] = field(default_factory=dict)

    def land(self, native_id: str, text: str) -> None:
        if self.texts.get(native_id) != text:
            self.read.pop(native_id, None)
        self.texts[native_id] = text

    def shown(self, native_id: str) -> tuple[str | None, bool]:
        text, sentiment = self.corrected.get(native_id, ("", ""))
        is_corrected = text == self.texts[native_id]
        return (sentiment if is_corrected else self.read.get(native_id)), is_corrected


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["land", "read", "correct", "undo", "settle", "gone"]),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["good", "bad"]),
        st.sampled_from(LABELS),
    ),
    max_size=14,
)


@settings(max_examples=5, deadline=None)
@given(EVENTS)
def test_in_whatever_order_things_happen_a_correction_is_shown_while_its_text_is_there(events: Any) -> None:
    known, path = Known(), Path(os.environ["PREFECT_HOME"]) / f"{os.getpid()}-{time.monotonic_ns()}.duckdb"
    with Warehouse(path, NOW) as warehouse:
        for what, native_id, text, sentiment in events:
            happen(warehouse, known, what, mention(native_id, text=text), sentiment)
        shown(warehouse)
        rows = warehouse.rows("SELECT native_id, sentiment, corrected FROM mentions")
        aspects = {
            native_id
            for (native_id,) in warehouse.rows("SELECT native_id FROM mentions JOIN aspects USING (mention_id)")
        }
        assert warehouse.rows("SELECT count(*) FROM corrections") == [(len(known.corrected),)]
    assert {native_id: tuple(told) for native_id, *told in rows} == {i: known.shown(i) for i in known.texts}
    assert aspects == set(known.read)
    path.unlink()


def happen(warehouse: Warehouse, known: Known, what: str, subject: Mention, sentiment: str) -> None:
    native_id, text = subject.native_id, subject.text
    if what == "land":
        land(warehouse, subject)
        known.land(native_id, text)
    elif what == "read":
        read_unread(warehouse, sentiment, aspects=("price",))
        known.read = {i: known.read.get(i, sentiment) for i in known.texts}
    elif what == "correct" and native_id in known.texts:
        correct(warehouse, subject, sentiment)
        known.corrected[native_id] = known.texts[native_id], sentiment
    elif what == "undo":
        assert corrections.undo(warehouse, str(subject.mention_id)) == (native_id in known.corrected)
        known.corrected.pop(native_id, None)
    elif what == "gone":
        land(warehouse, gone=(subject.mention_id,))
        known.texts.pop(native_id, None)
        known.read.pop(native_id, None)
    else:
        warehouse.settle(BRANDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a configuration whose warehouse holds three mentions, two of them of one page."""
    (tmp_path / "allears.toml").write_text('[[feeds]]\nsource = "file"\nname = "a"\npath = "x.csv"\nbrand = "A"\n')
    page = "https://a.example/page"
    with open_desk(load_config(tmp_path / "allears.toml")) as desk:
        land(desk.warehouse, mention("1", url="https://a.example/1"), mention("2", url=page), mention("3", url=page))
        read_unread(desk.warehouse)
    return tmp_path


def test_correct_keeps_shows_and_publishes_and_undo_takes_it_back(folder: Path) -> None:
    done = allears("correct", "https://a.example/1", "--sentiment", "negative", "--note", "irony", "--json", cwd=folder)
    assert json.loads(done.stdout)["corrections"] == 1, done.stderr
    told = "SELECT sentiment, corrected FROM mentions WHERE native_id = '1'"
    assert ask(folder / "mart.duckdb", told).rows == [("negative", True)]
    assert ask(folder / "mart.duckdb", "SELECT negative, positive FROM daily_brand").rows == [(1, 2)]
    (listed,) = json.loads(allears("correct", "--list", "--json", cwd=folder).stdout)
    assert (listed["sentiment"], listed["note"], listed["shown"]) == ("negative", "irony", True)
    assert allears("correct", "--undo", "https://a.example/1", cwd=folder).returncode == 0
    assert ask(folder / "mart.duckdb", told).rows == [("positive", False)]
    assert json.loads(allears("correct", "--list", "--json", cwd=folder).stdout) == []


def test_a_file_with_wrong_rows_writes_nothing_and_tells_every_one(folder: Path) -> None:
    one = mention("1").mention_id
    rows = [f"{one},negative", f"{one},positive", "https://a.example/page,neutral", "7,neutral", f"{one - 1},angry"]
    (folder / "said.csv").write_text("mention,sentiment\n" + "\n".join(rows) + "\n")
    done = allears("correct", "--file", "said.csv", cwd=folder)
    assert done.returncode == 2
    head, *lines = done.stderr.strip().splitlines()
    assert head == "allears: nothing was written:"
    assert [line.split(":")[0].strip() for line in lines] == ["line 3", "line 4", "line 5", "line 6", "line 6"]
    assert "line 2 again" in lines[0] and "2 mentions have the link" in lines[1]
    assert "no mention has the id" in lines[2] and "'angry' is none of" in lines[3] + lines[4]
    assert ask(folder / "warehouse.duckdb", "FROM corrections").rows == []


def test_a_file_from_a_spreadsheet_program_is_kept_as_a_whole(folder: Path) -> None:
    rows = [f"{mention(i).mention_id};Negative;seen {i};what ever" for i in ("1", "2", "3")]
    (folder / "said.csv").write_bytes("\r\n".join(["mention;sentiment;note;text", *rows]).encode("utf-8-sig"))
    assert corrections_in(folder / "said.csv")[0][2:] == ("negative", "seen 1")
    assert allears("correct", "--file", "said.csv", cwd=folder).returncode == 0
    assert ask(folder / "mart.duckdb", "SELECT negative FROM daily_brand").rows == [(3,)]


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"mention": "1"},
        {"sentiment": "neutral"},
        {"mention": "1", "sentiment": "neutral", "listed": True},
        {"undo": "1", "listed": True},
    ],
)
def test_words_that_make_no_sense_together_are_told(words: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"MENTION with --sentiment, or --file"):
        readingverbs.correct(**words)
