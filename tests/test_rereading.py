"""History read again: beside the old readings, resumable, and then shown at once."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectors.mention import Mention
from flows.config import Config, load_config
from flows.desk import open_desk
from flows.read import Reader, Topics, read_chunk
from flows.reread import Reread, plan_rereading, reread
from nlp.encoder import Encoder, Floats
from nlp.reader import Models
from tests.test_cli import ROOT, allears
from warehouse import corrections, readings, tables
from warehouse.corrections import Correction
from warehouse.mart import ask
from warehouse.readings import Change
from warehouse.tables import rows_table
from warehouse.topics import keep_topics
from warehouse.warehouse import Batch, Unread, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
WALK = Walk("a", "forum", "forum", "x")
SAID = ["The coffee was great.", "The app crashes all the time.", "They open at nine.", "Love it!", "Never again."]


class Decided:
    """A model that says one sentiment of every text, as a model of the user's own may."""

    languages = None

    def __init__(self, sentiment: str, name: str | None = None) -> None:
        self.name = name or f"decided-{sentiment}"
        self.read: list[str] = []
        self._answer = [float(sentiment == label) for label in ("negative", "neutral", "positive")]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return the same for all."""
        self.read += texts
        return np.array([self._answer] * len(texts), np.float32)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "allears.toml").write_text('[[feeds]]\nsource = "file"\nname = "a"\npath = "x.csv"\nbrand = "A"\n')
    return load_config(tmp_path / "allears.toml")


def mention(number: int, text: str) -> Mention:
    posted_at = NOW - timedelta(days=number)
    return Mention(source="forum", native_id=str(number), text=text, posted_at=posted_at, language="en")


def land(warehouse: Warehouse, texts: Sequence[str] = SAID) -> None:
    warehouse.land(Batch([mention(number, text) for number, text in enumerate(texts)], {}), WALK, NOW)


def read_with(warehouse: Warehouse, reader: Reader) -> None:
    while read_chunk(warehouse, reader, Topics(warehouse)).mentions:
        pass


def by(encoder: Encoder, sentiment: str, **named: str) -> Reader:
    return Reader(Models(encoder, Decided(sentiment, **named)))


def again(config: Config, reader: Reader, **options: Any) -> Reread:
    with open_desk(config) as desk:
        return reread(desk, reader, **options)


@pytest.fixture
def history(config: Config, encoder: Encoder) -> Config:
    """Return the configuration of a warehouse whose mentions a model has read as positive."""
    with open_desk(config) as desk:
        land(desk.warehouse)
        read_with(desk.warehouse, by(encoder, "positive"))
        desk.warehouse.settle(config.brands)
    return config


def shown(config: Config) -> list[tuple[Any, ...]]:
    return ask(config.warehouse, "SELECT sentiment, model FROM mentions ORDER BY posted_at DESC").rows


def test_history_is_read_again_counted_rolled_up_and_published(history: Config, encoder: Encoder) -> None:
    done = again(history, by(encoder, "negative"))
    assert (done.read, done.staged, done.changes) == (5, 0, [Change("positive", "negative", 5)])
    assert shown(history) == [("negative", "decided-negative")] * 5
    assert ask(history.mart, "SELECT sum(negative), sum(positive), sum(score_sum) FROM daily_brand").rows == [
        (5, 0, -5)
    ]
    assert ask(history.warehouse, "FROM ops.rereadings").rows == []


def test_what_the_same_model_has_read_is_read_again_only_when_all_is_asked_for(
    history: Config, encoder: Encoder
) -> None:
    assert again(history, by(encoder, "positive")).read == 0
    done = again(history, by(encoder, "positive"), everything=True)
    assert (done.read, done.changed) == (5, [])


def test_since_leaves_the_days_before_alone(history: Config, encoder: Encoder) -> None:
    done = again(history, by(encoder, "negative"), since=date(2026, 11, 20))
    assert done.read == 3
    assert [sentiment for sentiment, _ in shown(history)] == ["negative"] * 3 + ["positive"] * 2


def test_what_is_unread_is_read_first_and_once(history: Config, encoder: Encoder) -> None:
    with open_desk(history) as desk:
        land(desk.warehouse, [*SAID, "A new one."])
    reader = by(encoder, "negative")
    assert again(history, reader).read == 5
    assert len(shown(history)) == 6
    assert {sentiment for sentiment, _ in shown(history)} == {"negative"}


def test_a_correction_stays_and_undone_shows_what_the_new_model_says(history: Config, encoder: Encoder) -> None:
    mention_id = str(mention(0, SAID[0]).mention_id)
    with open_desk(history) as desk:
        corrections.correct(desk.warehouse, [Correction("here", mention_id, "neutral")], NOW)
        desk.warehouse.settle(history.brands)
    assert again(history, by(encoder, "negative")).changes == [Change("positive", "negative", 4)]
    assert shown(history)[0] == ("neutral", "decided-negative")
    with open_desk(history) as desk:
        corrections.undo(desk.warehouse, mention_id)
    assert shown(history)[0] == ("negative", "decided-negative")


class Stopped(Decided):
    """A model that works for some texts and is then stopped, as by Ctrl-C."""

    def __init__(self, sentiment: str, texts: int) -> None:
        super().__init__(sentiment)
        self._left = texts

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return the same for all, until it is stopped."""
        self._left -= len(texts)
        if self._left < 0:
            raise KeyboardInterrupt
        return super().probabilities(texts)


@pytest.fixture
def stopped(history: Config, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return the configuration of a warehouse whose rereading was stopped after two of five mentions."""
    monkeypatch.setattr("flows.reread.CHUNK", 2)
    with pytest.raises(KeyboardInterrupt):
        again(history, Reader(Models(encoder, Stopped("negative", 3))))
    return history


def test_a_rereading_that_was_stopped_changed_nothing_and_goes_on(stopped: Config, encoder: Encoder) -> None:
    assert shown(stopped) == [("positive", "decided-positive")] * 5
    reader = by(encoder, "negative")
    done = again(stopped, reader)
    assert (done.read, done.staged, done.changes) == (3, 2, [Change("positive", "negative", 5)])


def test_another_model_starts_anew(stopped: Config, encoder: Encoder) -> None:
    done = again(stopped, by(encoder, "neutral"))
    assert (done.read, done.staged, done.changes) == (5, 0, [Change("positive", "neutral", 5)])


def test_what_one_model_had_begun_is_not_shown_by_the_switch_to_another(stopped: Config, encoder: Encoder) -> None:
    assert again(stopped, by(encoder, "positive")).changes == []
    assert shown(stopped) == [("positive", "decided-positive")] * 5


def test_a_text_that_changed_since_is_read_as_it_is_now(stopped: Config, encoder: Encoder) -> None:
    with open_desk(stopped) as desk:
        land(desk.warehouse, ["Another text.", *SAID[1:]])
        read_with(desk.warehouse, by(encoder, "positive"))
    done = again(stopped, by(encoder, "negative"))
    assert (done.read, done.staged) == (4, 1)
    assert shown(stopped) == [("negative", "decided-negative")] * 5


def test_a_topic_that_was_found_since_stays_and_the_others_are_chosen_again(stopped: Config, encoder: Encoder) -> None:
    with open_desk(stopped) as desk:
        centroid = encoder.encode([SAID[1]]).embedding[0]
        found = {"topic_id": 7, "topic": "crashes", "words": ["app"], "centroid": centroid, "found_at": NOW}
        placed = {"topic_id": 7, "mention_id": mention(1, SAID[1]).mention_id}
        keep_topics(desk.warehouse, rows_table([found], tables.FOUND_TOPICS), rows_table([placed], tables.PLACED))
    again(stopped, by(encoder, "negative"))
    topics = "SELECT topic_id, topic FROM mentions WHERE native_id = '1'"
    assert ask(stopped.warehouse, topics).rows == [(7, "crashes")]
    again(stopped, by(encoder, "neutral"))
    assert ask(stopped.warehouse, topics).rows == [(7, "crashes")]


def test_embeddings_of_what_is_near_no_topic_outlive_the_switch(history: Config, encoder: Encoder) -> None:
    unplaced = "SELECT mention_id, embedding FROM ops.unplaced ORDER BY ALL"
    before = ask(history.warehouse, unplaced).rows
    again(history, by(encoder, "negative"))
    assert ask(history.warehouse, unplaced).rows == before
    assert len(before) == 5


KILLED = """
import os, signal, sys
from pathlib import Path
import flows.reread
from flows.config import load_config
from tests.test_rereading import Decided, again, Reader, Models, Encoder

class Killed(Decided):
    def probabilities(self, texts):
        if len(self.read) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().probabilities(texts)

flows.reread.CHUNK = 2
again(load_config(Path(sys.argv[1])), Reader(Models(Encoder(), Killed("negative"))))
"""


def test_a_kill_costs_one_chunk(history: Config, encoder: Encoder) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(history.file)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert shown(history) == [("positive", "decided-positive")] * 5
    resumed = again(history, by(encoder, "negative"))
    assert (resumed.read, resumed.staged, len(resumed.changed)) == (1, 4, 1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse(tmp_path / "warehouse.duckdb", NOW) as opened:
        yield opened


def told(unread: Unread, model: str, sentiment: str, aspect: str) -> dict[str, Any]:
    """Return the arguments with which a reading of `unread` is kept."""
    ids = [{"mention_id": i, "text_hash": h} for i, h in zip(unread.mention_ids, unread.text_hashes, strict=True)]
    said = {"sentiment": sentiment, "score": 0.0, "confidence": 1.0}
    read = [one | said | {"reading": "read", "model": model, "signals": [model]} for one in ids]
    heard = [one | said | {"aspect": aspect, "term": aspect, "quote": "q"} for one in ids]
    return {"readings": rows_table(read, tables.READINGS), "aspects": rows_table(heard, tables.READ_ASPECTS)}


def test_aspects_and_signals_switch_with_the_readings(warehouse: Warehouse) -> None:
    land(warehouse)
    unread = warehouse.unread(10)
    warehouse.keep_readings(**told(unread, "old", "positive", "price"), unplaced=rows_table([], tables.UNPLACED))
    readers = rows_table([{"language": "en", "model": "new"}], tables.READERS)
    assert readings.plan(warehouse, "new", readers)[:2] == (5, 0)
    readings.stage(warehouse, "new", 0, **told(readings.chunk(warehouse, 0, 9), "new", "negative", "staff"))
    both = "SELECT DISTINCT m.signals, a.aspect FROM mentions AS m JOIN aspects AS a USING (mention_id)"
    assert warehouse.rows(both) == [(["old"], "price")]
    assert readings.plan(warehouse, "new", readers)[:2] == (5, 5)
    assert readings.switch(warehouse, "new") == [Change("positive", "negative", 5)]
    assert warehouse.rows(both) == [(["new"], "staff")]
    assert readings.plan(warehouse, "new", readers)[:2] == (0, 0)


def test_what_had_no_words_is_due_only_where_a_model_took_it_for_that(warehouse: Warehouse) -> None:
    land(warehouse, ["😡", "!"])
    unread = warehouse.unread(10)
    ids = zip(unread.mention_ids, unread.text_hashes, ["old", None], strict=True)
    rows = [{"mention_id": i, "text_hash": h, "reading": "empty", "model": model} for i, h, model in ids]
    warehouse.keep_readings(rows_table(rows, tables.READINGS), rows_table([], tables.UNPLACED))
    readings.plan(warehouse, "new", rows_table([{"language": "en", "model": "new"}], tables.READERS))
    assert readings.chunk(warehouse, 0, 9).texts == ["😡"]


def test_a_language_that_a_new_model_knows_is_due_and_one_that_none_knows_is_not(
    history: Config, encoder: Encoder
) -> None:
    with open_desk(history) as desk:
        spoken = Mention(source="forum", native_id="es", text="El café está muy bueno y barato.", posted_at=NOW)
        desk.warehouse.land(Batch([spoken], {}), WALK, NOW)
        read_with(desk.warehouse, Reader(Models(encoder)))
        alone = plan_rereading(desk.warehouse, Reader(Models(encoder)), None, everything=False)
        known = plan_rereading(desk.warehouse, by(encoder, "positive"), None, everything=False)
    assert alone.models == [("decided-positive", 5)]
    assert known.models == [(None, 1)]


def test_the_command_line_tells_what_is_due_and_then_what_changed(history: Config, encoder: Encoder) -> None:
    done = allears("reread", "--dry-run", "--since", "2026-11-20", "--json", cwd=history.folder)
    assert json.loads(done.stdout) == {"due": 3, "staged": 0, "models": [["decided-positive", 3]]}, done.stderr
    assert {model for _, model in shown(history)} == {"decided-positive"}
    answer = json.loads(allears("reread", "--json", cwd=history.folder).stdout)
    assert sum(change["mentions"] for change in answer["changes"]) == answer["read"] == 5
    assert {model for _, model in shown(history)} == {encoder.name}
    assert Path(answer["mart"]).exists()
