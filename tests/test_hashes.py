"""Hashes that a warehouse keeps: what they are of one text they are for ever, or all of history looks changed."""

from datetime import UTC, datetime, timedelta, timezone

from connectors.mention import Mention
from warehouse.tables import arrived_table, author_hash

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
SEEN = [
    Mention(
        source="forum",
        native_id="é-1",
        text="Waited half an hour – at STRASSE 9 – for one latte; nobody said sorry, and then the ﬁne app logged me "
        "out again!",
        posted_at=datetime(2026, 11, 20, 23, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=-5))),
        title="Cold café",
        author="Zoë",
        url="https://forum.example/1",
        rating=3,
        rating_max=5,
        likes=2,
        reply_text='we\'re "sorry"',
        replied_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    ),
    Mention(source="x", native_id="2", text="short", posted_at=NOW, posted_at_known=False),
    Mention(
        source="x",
        native_id="3",
        text="they put prices up again and nobody told the staff, who had to explain it to every customer of the day.",
        posted_at=NOW,
        author="",
    ),
]
HASHES = ["mention_id", "story_id", "text_hash", "item_hash", "author_hash"]

STORED = [
    ["0b3ba7aecc2aa868", "a9134b035c15a0f1", "e41ff2dc16a65299", "85c284f80fa23d83", "97f15a1a0cfdadd9"],
    ["288f005805760d03", "288f005805760d03", "ae853032f652ba4c", "9be1a9439e4d15bb", None],
    ["54e8942562667f0e", "ac944327db81ee1f", "de8d511be8908527", "6923cf6dbdaba944", None],
]


def test_hashes_are_what_they_were_when_they_were_stored() -> None:
    arrived = arrived_table([("forum-1", "forum", SEEN)], NOW)
    rows = [list(row.values()) for row in arrived.select(HASHES).to_pylist()]
    assert [[value and f"{value:016x}" for value in row] for row in rows] == STORED


def test_ids_are_those_that_are_told_one_by_one() -> None:
    arrived = arrived_table([("forum-1", "forum", SEEN[:2]), ("x-1", "social", SEEN[2:])], NOW)
    assert arrived["mention_id"].to_pylist() == [mention.mention_id for mention in SEEN]
    assert arrived["author_hash"].to_pylist() == [author_hash("forum", "Zoë"), None, None]
    assert arrived["feed"].to_pylist() == ["forum-1", "forum-1", "x-1"]


def test_copies_share_a_story_whatever_stands_between_their_letters() -> None:
    said = SEEN[2].text
    copies = [said, said.upper().replace(" ", "  "), f"«{said.replace(',', ' –')}»", said[:79]]
    posted = [Mention(source="news", native_id=str(n), text=text, posted_at=NOW) for n, text in enumerate(copies)]
    stories = arrived_table([("news", "news", posted)], NOW)["story_id"].to_pylist()
    assert stories[0] == stories[1] == stories[2]
    assert stories[3] == posted[3].mention_id


def test_times_arrive_in_utc_and_the_day_is_that_of_utc() -> None:
    row = arrived_table([("forum-1", "forum", SEEN)], NOW).to_pylist()[0]
    assert row["posted_at"] == datetime(2026, 11, 21, 4, 30, 0, 250_000, UTC).replace(tzinfo=None)
    assert row["day"] == row["posted_at"].date()
    assert row["first_seen_at"] == NOW.replace(tzinfo=None)
