"""Copies of one text are one story: through the warehouse, on real DuckDB files."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.planted import match, planted, written
from connectors.mention import Mention
from flows.stories import group_stories
from nlp.duplicates import MIN_WORDS, sign
from warehouse.warehouse import Batch, Walk, Warehouse

MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
STORY = (
    "The council voted last night to keep the old harbour market open until the end of the coming year. Traders had "
    "asked for five years and will meet again on Friday; the mayor said that there was no money for the roof."
)
OTHER = (
    "Our ferry to the islands was four hours late on Saturday and nobody at the desk could tell us why, so we missed "
    "the concert that we had planned the whole trip around and slept in the car."
)
TYPOS = STORY.replace("council", "councl").replace("Traders", "Tradesr")


@pytest.fixture
def warehouse(tmp_path: Path, now: datetime) -> Iterator[Warehouse]:
    with Warehouse(tmp_path / "warehouse.duckdb", now) as opened:
        yield opened


def mention(native_id: str, text: str, *, day: int = 0, **fields: Any) -> Mention:
    own = {"source": "forum", "author": f"author {native_id}", "posted_at": MONDAY + timedelta(days=day)}
    return Mention(**own | {"native_id": native_id, "text": text} | fields)


def land(
    warehouse: Warehouse, *mentions: Mention, kind: str = "forum", deleted: Sequence[int] = (), on: int = 0
) -> None:
    walk = Walk("feed", "forum", kind, "x")
    warehouse.land(Batch(mentions, {}, deleted=deleted), walk, MONDAY + timedelta(days=on))
    group_stories(warehouse)


def groups(warehouse: Warehouse) -> set[frozenset[str]]:
    """Return the native ids that are in one story, of stories with copies."""
    rows = warehouse.rows("SELECT list(native_id) FROM mentions GROUP BY story_id HAVING count(*) > 1")
    return {frozenset(ids) for (ids,) in rows}


def flags(warehouse: Warehouse) -> dict[str, str | None]:
    return dict(warehouse.rows("SELECT native_id, flag FROM mentions"))


@pytest.mark.parametrize(
    "copy",
    [
        STORY,
        STORY.upper(),
        TYPOS,
        f"RT @somebody: {STORY} https://t.example/9",
        f"{STORY} 🔥🔥",
        STORY.replace(". ", "!!! "),
        STORY[: int(len(STORY) * 0.85)] + "…",
        f"Must read: {STORY}",
    ],
)
def test_a_copy_with_small_edits_joins_the_story_of_its_original(warehouse: Warehouse, copy: str) -> None:
    land(warehouse, mention("1", STORY))
    land(warehouse, mention("2", copy, day=3), mention("3", OTHER), on=3)
    assert groups(warehouse) == {frozenset({"1", "2"})}
    assert warehouse.rows("SELECT native_id FROM mentions WHERE copy") == [("2",)]


def test_an_article_cut_to_its_first_paragraph_is_a_copy(warehouse: Warehouse) -> None:
    article = f"{STORY} {OTHER} There was no word from the company, and the harbour office sent everybody home."
    land(warehouse, mention("1", article), mention("2", f"{STORY} [...]"))
    assert groups(warehouse) == {frozenset({"1", "2"})}


def test_one_sentence_in_common_makes_no_copy(warehouse: Warehouse) -> None:
    first = STORY.partition(". ")[0]
    land(warehouse, mention("1", STORY), mention("2", f"{first}. {OTHER}"))
    assert groups(warehouse) == set()


def test_few_words_are_a_copy_of_the_same_persons_only(warehouse: Warehouse) -> None:
    land(
        warehouse,
        mention("1", "Great app!", author="Ann"),
        mention("2", "great app", author="Bob"),
        mention("3", "GREAT APP", author="Ann"),
        mention("4", "Great app", author="A Google user"),
        mention("5", "Great app", author="A Google user"),
        mention("6", "Great app", author=None),
        mention("7", "Great app", author=None),
    )
    assert groups(warehouse) == {frozenset({"1", "3"})}


def test_ratings_without_words_and_emoji_are_alone(warehouse: Warehouse) -> None:
    land(
        warehouse,
        *(mention(str(i), text, author="Ann", rating=5, rating_max=5) for i, text in enumerate(["", "", "👍", "👍"])),
    )
    assert groups(warehouse) == set()


def test_a_story_keeps_its_id_and_an_older_copy_found_later_is_its_first(warehouse: Warehouse) -> None:
    land(warehouse, mention("1", STORY, day=5), on=5)
    ((story_id,),) = warehouse.rows("SELECT DISTINCT story_id FROM mentions")
    land(warehouse, mention("2", TYPOS, day=1), on=6)
    assert warehouse.rows("SELECT native_id, story_id, copy FROM mentions ORDER BY ALL") == [
        ("1", story_id, True),
        ("2", story_id, False),
    ]


def test_an_edited_mention_leaves_its_story_and_can_come_back(warehouse: Warehouse) -> None:
    land(warehouse, mention("1", STORY), mention("2", STORY), mention("3", STORY))
    land(warehouse, mention("1", OTHER), on=1)
    assert groups(warehouse) == {frozenset({"2", "3"})}
    assert warehouse.rows("SELECT count(*) FROM mentions WHERE NOT copy") == [(2,)]
    land(warehouse, mention("1", STORY), on=2)
    assert groups(warehouse) == {frozenset({"1", "2", "3"})}


def test_new_likes_change_nothing_in_a_story(warehouse: Warehouse) -> None:
    land(warehouse, mention("1", STORY), mention("2", TYPOS, day=1))
    before = warehouse.rows("SELECT native_id, story_id, copy, flag FROM mentions ORDER BY ALL")
    land(warehouse, mention("2", TYPOS, day=1, likes=7), on=2)
    assert warehouse.rows("SELECT native_id, story_id, copy, flag FROM mentions ORDER BY ALL") == before


def test_a_deleted_first_mention_leaves_the_story_to_the_next(warehouse: Warehouse) -> None:
    first = mention("1", STORY)
    land(warehouse, first, mention("2", STORY, day=1), mention("3", TYPOS, day=2))
    land(warehouse, deleted=[first.mention_id], on=3)
    assert warehouse.rows("SELECT native_id, copy FROM mentions ORDER BY ALL") == [("2", False), ("3", True)]
    assert groups(warehouse) == {frozenset({"2", "3"})}
    assert warehouse.rows("SELECT count(*) FROM ops.signed") == [(2,)]


def test_the_text_that_tied_two_others_together_parts_them_when_it_goes(warehouse: Warehouse) -> None:
    words = [f"word{i}" for i in range(60)]
    steps = [" ".join([f"new{i}" for i in range(shift)] + words[shift:]) for shift in (0, 5, 10)]
    mentions = [mention(str(i), text) for i, text in enumerate(steps)]
    land(warehouse, *mentions)
    tied = groups(warehouse)
    land(warehouse, deleted=[mentions[1].mention_id], on=1)
    assert tied == {frozenset({"0", "1", "2"})}
    assert groups(warehouse) == set()


def test_one_text_by_five_people_in_three_days_is_a_template_and_a_syndicated_article_is_not(
    warehouse: Warehouse,
) -> None:
    land(warehouse, *(mention(f"a{i}", STORY, day=i % 3) for i in range(5)))
    land(warehouse, *(mention(f"b{i}", OTHER) for i in range(5)), kind="news")
    assert flags(warehouse) == {f"a{i}": "template" for i in range(5)} | {f"b{i}": None for i in range(5)}


def test_one_text_by_five_people_over_a_month_or_passed_on_by_them_is_no_template(warehouse: Warehouse) -> None:
    land(warehouse, *(mention(f"a{i}", STORY, day=6 * i) for i in range(5)))
    land(warehouse, mention("b", OTHER), *(mention(f"b{i}", f"RT @author_b: {OTHER}") for i in range(5)))
    assert set(flags(warehouse).values()) == {None}


def test_who_posts_a_text_five_times_is_spam_and_the_person_copied_is_not(warehouse: Warehouse) -> None:
    land(warehouse, mention("0", STORY), *(mention(str(i), TYPOS, day=i, author="Shill") for i in range(1, 6)))
    assert flags(warehouse) == {"0": None} | {str(i): "spam" for i in range(1, 6)}


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("https://shop.example/x", "spam"),
        ("https://a.example https://b.example 👉", "spam"),
        ("Use my code COFFEE20 at https://shop.example for 20 % off your first order", "spam"),
        ("Earn $500 per day from home, WhatsApp +44 7700 900123", "spam"),
        ("Their promo code did not work and nobody in the shop could help", None),
        ("The bug is described at https://forum.example/t/12 and still there", None),
        ("", None),
    ],
)
def test_a_bare_link_or_an_advert_is_spam_and_a_link_in_a_complaint_is_not(
    warehouse: Warehouse, text: str, flag: str | None
) -> None:
    land(warehouse, mention("1", text, rating=1, rating_max=5))
    assert flags(warehouse) == {"1": flag}


def test_the_view_shows_who_was_first_and_how_far_it_went(warehouse: Warehouse) -> None:
    land(
        warehouse,
        mention("2", TYPOS, day=2, source="news", reach=50, author="B", title="Market saved"),
        mention("1", STORY, reach=100, author="A", title="Market stays open", url="https://a.example/1"),
        mention("3", STORY, day=1, author="A"),
        mention("4", OTHER),
    )
    sql = """
        SELECT title, url, source, author, first_at, last_at, mentions, copies, sources, authors, reach, flag
        FROM stories WHERE copies > 0
    """
    assert warehouse.rows(sql) == [
        ("Market stays open", "https://a.example/1", "forum", "A", datetime(2026, 11, 16, 12),  # noqa: DTZ001
         datetime(2026, 11, 18, 12), 3, 2, 2, 2, 150, None)  # noqa: DTZ001
    ]  # fmt: skip
    assert warehouse.rows("SELECT count(*), count(*) FILTER (NOT copy) FROM mentions") == [(4, 2)]
    assert warehouse.rows("SELECT count(*), sum(mentions) FROM stories") == [(2, 4)]


def test_variants_of_one_template_are_one_story_and_their_comparisons_grow_as_they_do(warehouse: Warehouse) -> None:
    texts = [f"{STORY} Ask for number {i}." for i in range(2_000)]
    land(warehouse, *(mention(str(i), text) for i, text in enumerate(texts)))
    assert warehouse.rows("SELECT count(DISTINCT story_id) FROM mentions") == [(1,)]
    ((compared,),) = warehouse.rows("SELECT count(*) FROM compared")
    assert compared < 40 * len(texts)


TEXTS = [text.text for text in planted(written(25, 2), 2)]


@settings(max_examples=2, deadline=None)
@given(
    order=st.permutations(range(len(TEXTS))),
    cuts=st.sets(st.integers(1, len(TEXTS) - 1), max_size=5),
    chunk=st.integers(3, 99),
)
def test_neither_the_order_of_arrival_nor_the_cut_into_days_changes_a_story(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: set[int], chunk: int
) -> None:
    def grouped(days: list[list[int]], chunk: int) -> set[frozenset[str]]:
        with Warehouse(tmp_path_factory.mktemp("days") / "warehouse.duckdb", MONDAY) as warehouse:
            for day, numbers in enumerate(days):
                mentions = [mention(str(i), TEXTS[i]) for i in numbers]
                warehouse.land(Batch(mentions, {}), Walk("f", "forum", "forum", "x"), MONDAY + timedelta(day))
                group_stories(warehouse, chunk)
            return groups(warehouse)

    edges = [0, *sorted(cuts), len(order)]
    days = [order[start:end] for start, end in pairwise(edges)]
    assert grouped(days, chunk) == grouped([list(range(len(order)))], 1_000)


@settings(deadline=None)
@given(texts=st.lists(st.text(st.characters(), max_size=200), max_size=8))
def test_whatever_is_written_can_be_signed_and_equal_texts_agree(texts: list[str]) -> None:
    signatures = sign([*texts, *texts], [""] * (2 * len(texts)))
    assert signatures.text_keys[: len(texts)] == signatures.text_keys[len(texts) :]
    assert len(signatures.long_keys) == len(signatures.low) == len(signatures.buckets)


@settings(deadline=None)
@given(st.lists(st.sampled_from("咖啡很好喝服务慢极了ไทย"), min_size=2 * MIN_WORDS, max_size=80))
def test_a_script_without_spaces_has_words_too(letters: list[str]) -> None:
    assert len(sign(["".join(letters)], [""]).long_keys) == 1


def test_planted_copies_are_found_with_an_f1_of_95_or_more(warehouse: Warehouse) -> None:
    texts = planted(written(600, 9), 9)
    land(warehouse, *(mention(str(i), text.text) for i, text in enumerate(texts)))
    stories = dict(warehouse.rows("SELECT native_id::BIGINT, story_id FROM mentions"))
    found = match(texts, [stories[i] for i in range(len(texts))])
    assert 2 * found.right / (found.found + found.pairs) >= 0.95
