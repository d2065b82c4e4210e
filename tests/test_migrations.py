"""Every warehouse that a release has written is brought to this version with all that it holds."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from connectors.mention import Mention, mention_id
from warehouse import tables
from warehouse.brands import Brand
from warehouse.mart import ask
from warehouse.migrate import SCHEMA, WarehouseError, backups, migrate
from warehouse.publish import publish
from warehouse.tables import rows_table
from warehouse.warehouse import Batch, Landed, Walk, Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
BRANDS = [Brand("Harbor", query="coffee")]
ONE, TWO = mention_id("forum", "1"), mention_id("forum", "2")
RELEASED = {
    "001_first": "35b004ef9410794b",
    "002_sources": "4c6ae395e9444034",
    "003_readings": "54e3fba5b31fb0bd",
    "004_stories": "037be192f54e84e6",
}
# What each release added to what it kept, in the columns it had.
KEPT = {
    1: """
        INSERT INTO mentions (
            mention_id, source, feed, kind, native_id, text, author, posted_at, posted_at_known, day, reading,
            sentiment, score, confidence, emotion, model, topic_id, topic, story_id, first_seen_at, text_hash, item_hash
        ) VALUES
            (getvariable('one'), 'forum', 'a', 'forum', '1', 'Cold coffee', 'jane', '2026-11-20 12:00:00', TRUE,
                '2026-11-20', 'read', 'negative', -0.9, 0.95, 'anger', 'm-1', 1, 'cold, cup, late', 7,
                '2026-11-21 06:00:00', 11, 12),
            (getvariable('two'), 'forum', 'a', 'forum', '2', 'Tea', NULL, '2026-11-20 13:00:00', TRUE,
                '2026-11-20', 'unread', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 8, '2026-11-21 06:00:00', 13, 14);
        INSERT INTO brands VALUES ('Harbor', FALSE, 'coffee');
        INSERT INTO ops.applied_brands VALUES ('Harbor', '["coffee", []]');
        INSERT INTO brand_mentions VALUES (getvariable('one'), 'Harbor', '2026-11-20');
        INSERT INTO topics VALUES (1, 'cold, cup, late', ['cold', 'cup', 'late'], '2026-11-21 06:00:00');
        INSERT INTO ops.centroids SELECT 1, list_resize([0.5], 384, 0)::FLOAT[384];
        INSERT INTO daily_brand VALUES
            ('2026-11-20', 'Harbor', 'forum', NULL, NULL, 1, 1, 1, 0, 0, -0.9, 0, 0, 0, 0, 0),
            ('2026-11-20', NULL, 'forum', NULL, NULL, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        INSERT INTO daily_topic VALUES ('2026-11-20', 'Harbor', 1, 'cold, cup, late', 1, 1, 0, 0, -0.9);
        INSERT INTO alerts VALUES
            ('k', 'negative_spike', 'high', 'Harbor', 'A spike', '9 of 10', ['cold'],
                [{text: 'Cold coffee', url: NULL, source: 'forum'}], '2026-11-21 06:00:00', NULL, 0, NULL);
        INSERT INTO ops.feeds (feed, source, options_hash, cursor, updated_at)
        VALUES ('a', 'forum', 'x', '{"page": 7}', '2026-11-21 06:00:00');
        INSERT INTO ops.rejects VALUES ('a', 'line 3', 'no text', 'a,b', '2026-11-21 06:00:00');
        INSERT INTO ops.runs VALUES ('r1', '2026-11-21 06:00:00', '2026-11-21 06:01:00', 'Completed', NULL);
        INSERT INTO ops.unplaced
        SELECT getvariable('two'), '2026-11-20 13:00:00', list_resize([0.5], 384, 0)::FLOAT[384];
    """,
    2: """
        INSERT INTO ops.quotas VALUES ('youtube/day', 400);
        UPDATE ops.feeds SET span = '', done = FALSE;
    """,
    3: """
        UPDATE mentions SET signals = ['complaint'], mixed = FALSE, sentiment = 'neutral', score = 0, confidence = 1,
            corrected = TRUE WHERE mention_id = getvariable('one');
        INSERT INTO ops.overruled VALUES (getvariable('one'), 'negative', -0.9, 0.95);
        INSERT INTO corrections VALUES
            (getvariable('one'), 'forum', '1', 'neutral', '2026-11-21 08:00:00', 'irony', 11);
        INSERT INTO aspects VALUES
            (getvariable('one'), '2026-11-20', 'product', 'coffee', 'Cold coffee', 'negative', -0.9, 0.9);
        UPDATE daily_brand SET negative = 0, neutral = 1, score_sum = 0 WHERE brand = 'Harbor';
        UPDATE daily_topic SET negative = 0, neutral = 1, score_sum = 0;
    """,
    4: """
        UPDATE mentions SET story_id = mention_id, copy = FALSE;
        INSERT INTO ops.signed VALUES (getvariable('one'), 101, 101), (getvariable('two'), 102, 102);
    """,
}


class Migrated(NamedTuple):
    """A warehouse that a release had left, and what it held before and after it was migrated: rows by table."""

    file: Path
    schema: int
    before: dict[str, list[tuple[Any, ...]]]
    after: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module", params=[1, *(pytest.param(schema, marks=pytest.mark.slow) for schema in (2, 3)), 4])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    file = tmp_path_factory.mktemp("released") / "w.duckdb"
    steps = sorted(SCHEMA.glob("*.sql"))[: request.param]
    with duckdb.connect(file) as db:
        db.execute(f"CREATE SCHEMA ops; SET VARIABLE one = {ONE}; SET VARIABLE two = {TWO}")
        db.execute(
            "CREATE TABLE ops.migrations (version INTEGER, name VARCHAR, checksum VARCHAR, applied_at TIMESTAMP)"
        )
        for number, step in enumerate(steps, 1):
            db.execute(step.read_text())
            db.execute(KEPT[number])
            db.execute("INSERT INTO ops.migrations VALUES (?, ?, ?, now())", [number, step.stem, checksum(step)])
        before = rows_of(db)
    migrate(file, NOW)
    with duckdb.connect(file) as db:
        return Migrated(file, request.param, before, rows_of(db))


def checksum(step: Path) -> str:
    return hashlib.blake2b(step.read_bytes(), digest_size=8).hexdigest()


def rows_of(db: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    tables = db.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    sql = "SELECT COLUMNS(*)::VARCHAR FROM {} ORDER BY ALL"  # 008 gives some columns another type for the same values
    return {name: db.execute(sql.format(name)).fetchall() for (name,) in tables}


def test_what_was_released_is_never_edited() -> None:
    assert {step.stem: checksum(step) for step in sorted(SCHEMA.glob("*.sql"))[: len(RELEASED)]} == RELEASED


def test_what_a_release_kept_is_all_there_and_a_copy_of_the_old_file(migrated: Migrated) -> None:
    for table, rows in migrated.before.items():
        width = len(rows[0]) if rows else 0  # columns are added at the end
        kept = [row[:width] for row in migrated.after[table]]
        assert [row for row in rows if row not in kept] == [], table
    assert len(migrated.after["main.mentions"]) == 2
    (copy,) = backups(migrated.file)
    with duckdb.connect(copy, read_only=True) as db:
        assert copy.name == f"w.duckdb.schema-{migrated.schema}.bak"
        assert db.execute("SELECT max(version) FROM ops.migrations").fetchall() == [(migrated.schema,)]
        assert db.execute("SELECT text FROM mentions ORDER BY 1").fetchall() == [("Cold coffee",), ("Tea",)]


def test_a_migrated_file_is_collected_into_read_and_published_like_a_new_one(
    migrated: Migrated, tmp_path: Path
) -> None:
    walk = Walk("a", "forum", "forum", "x")
    with Warehouse(migrated.file, NOW) as warehouse:
        assert warehouse.cursor(walk) == {"page": 7}
        said = [a_mention("2", text="Green tea"), a_mention("3", text="Warm coffee", likes=3)]
        assert warehouse.land(Batch(said, {}, [("line 3", "no text", "a,b")]), walk, NOW) == Landed(1, 1, 0)
        read_unread(warehouse)
        warehouse.settle(BRANDS)
        publish(warehouse, tmp_path / "published", tmp_path / "mart.duckdb", {})
        warehouse.freshen([("a", "forum")], NOW)
    mart = tmp_path / "mart.duckdb"
    sentiments = "SELECT native_id, sentiment FROM mentions ORDER BY 1"
    was_first = "neutral" if migrated.schema >= 3 else "negative"  # from 003 on there is a correction
    assert ask(mart, sentiments).rows == [("1", was_first), ("2", "positive"), ("3", "positive")]
    assert ask(mart, "SELECT sum(mentions) FROM daily_brand WHERE brand = 'Harbor'").rows == [(2,)]
    for (view,) in ask(mart, "SELECT view_name FROM duckdb_views() WHERE NOT internal").rows:
        ask(mart, f"FROM {view}")


def a_mention(native_id: str, **fields: Any) -> Mention:
    return Mention(source="forum", native_id=native_id, posted_at=datetime(2026, 11, 20, 13, tzinfo=UTC), **fields)


def read_unread(warehouse: Warehouse) -> None:
    unread = warehouse.unread(10)
    told = {"reading": "read", "sentiment": "positive", "score": 0.8, "confidence": 0.9, "model": "m-2"}
    ids = zip(unread.mention_ids, unread.text_hashes, strict=True)
    readings = rows_table([{"mention_id": i, "text_hash": h} | told for i, h in ids], tables.READINGS)
    warehouse.keep_readings(readings, rows_table([], tables.UNPLACED))


def test_of_the_copies_the_last_two_stay_as_private_as_the_file(tmp_path: Path) -> None:
    file, schema = tmp_path / "w [1].duckdb", tmp_path / "schema"
    shutil.copytree(SCHEMA, schema)
    newest = len(list(schema.glob("*.sql")))
    migrate(file, NOW, schema=schema)
    file.chmod(0o600)
    for number in range(newest + 1, newest + 4):
        (schema / f"{number:03}_more.sql").write_text(f"CREATE TABLE ops.more{number} (a INTEGER);")
        migrate(file, NOW, schema=schema)
    names = [f"w [1].duckdb.schema-{schema_number}.bak" for schema_number in (newest + 1, newest + 2)]
    assert [copy.name for copy in backups(file)] == names
    assert [copy.stat().st_mode & 0o777 for copy in backups(file)] == [0o600, 0o600]
    assert {each.name for each in tmp_path.glob("*.bak")} == set(names)


def test_a_newer_file_names_the_version_to_install_and_the_copy_to_go_back_to(tmp_path: Path) -> None:
    file, schema = tmp_path / "w.duckdb", tmp_path / "schema"
    shutil.copytree(SCHEMA, schema)
    migrate(file, NOW, schema=schema)
    (schema / "999_more.sql").write_text("CREATE TABLE ops.more (a INTEGER);")
    migrate(file, NOW, schema=schema)
    with pytest.raises(WarehouseError, match=r"knows \d+; update Allears to the version that wrote it"):
        migrate(file, NOW)
    with duckdb.connect(file) as db:
        db.execute("UPDATE ops.migrations SET program = '7.2.0' WHERE version = 999")
    with pytest.raises(WarehouseError, match=r"install allears >= 7\.2\.0; .*schema-\d+\.bak is a copy from before"):
        migrate(file, NOW)
