"""How well copies of a text are found, and at what cost, beside an exact hash and datasketch's MinHashLSH."""

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from datasketch import MinHash, MinHashLSH

from bench.machine import note, print_machine, print_table
from bench.planted import EDITS, Groups, Planted, match, planted, town_texts, written
from connectors.mention import Mention
from flows.stories import group_stories
from warehouse.warehouse import Batch, Walk, Warehouse

DISTINCT, SEED = 5_000, 4
DAYS = 10
SIZES = (10_000, 100_000)
START = datetime(2026, 11, 1, tzinfo=UTC)
ORDERS, THRESHOLD = 128, 0.7  # what datasketch's own examples take, and near to where ours draws the line


def main(argv: Sequence[str] | None = None) -> None:
    """Print precision, recall and F1 over pairs, the recall of each edit, and CPU seconds by number of mentions."""
    parser = argparse.ArgumentParser("python -m bench.duplicates", description=__doc__)
    parser.add_argument("--distinct", type=int, default=DISTINCT, help="different texts before copies are planted")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="mentions whose grouping is timed")
    options = parser.parse_args(argv)
    print_machine("duckdb", "numpy", "datasketch")
    for title, texts in _sets(options.distinct, options.seed):
        _compare(f"{title}: {len(texts):,} mentions with copies and look-alikes", texts)
    if options.sizes:
        print_table("Grouping, day after day", SPEED_COLUMNS, [_speed(size, options.seed) for size in options.sizes])


def _sets(distinct: int, seed: int) -> Iterator[tuple[str, list[Planted]]]:
    yield f"Copies of {distinct:,} texts that share phrases", planted(written(distinct, seed), seed)
    yield f"Copies of {distinct:,} texts made of the same stock sentences", planted(town_texts(distinct, seed), seed)


def _compare(title: str, texts: Sequence[Planted]) -> None:
    rows: list[list[object]] = []
    ours: Groups = []
    for name, grouping in GROUPINGS.items():
        begun = time.process_time()
        groups = grouping([text.text for text in texts])
        rows.append(match(texts, groups).row(name, time.process_time() - begun))
        ours = groups if name == OURS else ours
        note(f"{name}: done")
    print_table(title, ["grouped by", "precision", "recall", "F1", "pairs", "CPU s"], rows)
    print_table("Copies that ours puts with their original", ["edit", "copies", "share"], list(_by_edit(texts, ours)))


def _by_edit(texts: Sequence[Planted], groups: Groups) -> Iterator[list[object]]:
    group_of = {text.origin: group for text, group in zip(texts, groups, strict=True) if text.edit == "none"}
    for edit in EDITS:
        hits = [group_of[t.origin] == group for t, group in zip(texts, groups, strict=True) if t.edit == edit]
        yield [edit, len(hits), f"{sum(hits) / max(len(hits), 1):.3f}"]


def _ours(texts: Sequence[str]) -> Groups:
    with tempfile.TemporaryDirectory() as folder, Warehouse(Path(folder, "bench.duckdb"), START) as warehouse:
        ids = [_land_and_group(warehouse, texts[day::DAYS], day)[0] for day in range(DAYS)]
        stories = dict(warehouse.rows("SELECT mention_id, story_id FROM mentions"))
        return [stories[ids[i % DAYS][i // DAYS]] for i in range(len(texts))]


def _land_and_group(warehouse: Warehouse, texts: Sequence[str], day: int) -> tuple[list[int], float]:
    """Land the mentions of one day, put them into stories, and return their ids and the CPU seconds of the grouping."""
    at = START + timedelta(day)
    mentions = [
        Mention(source="forum", native_id=f"{day}-{i}", text=text, author=f"{day}-{i}", posted_at=at)
        for i, text in enumerate(texts)
    ]
    for start in range(0, len(mentions), 1_000):
        warehouse.land(Batch(mentions[start : start + 1_000], {}), Walk("forum-1", "forum", "forum", "bench"), at)
    begun = time.process_time()
    group_stories(warehouse)
    return [mention.mention_id for mention in mentions], time.process_time() - begun


def _exact(texts: Sequence[str]) -> Groups:
    return ["".join(filter(str.isalnum, text.casefold())) for text in texts]


def _plain_lsh(texts: Sequence[str]) -> Groups:
    """Group by datasketch as its documentation does: sets of words, and whoever the index returns."""
    index, heads = MinHashLSH(threshold=THRESHOLD, num_perm=ORDERS), list(range(len(texts)))
    words = [{word.encode() for word in re.findall(r"\w+", text.lower())} for text in texts]
    for number, sketch in enumerate(MinHash.generator(words, num_perm=ORDERS)):
        for other in index.query(sketch):
            heads[_head(heads, other)] = _head(heads, number)
        index.insert(number, sketch)
    return [_head(heads, number) for number in range(len(texts))]


def _head(heads: list[int], number: int) -> int:
    while heads[number] != number:
        heads[number] = heads[heads[number]]
        number = heads[number]
    return number


def _speed(size: int, seed: int) -> list[object]:
    """Return what grouping cost: in all, by second, the first and the last tenth of the mentions, and after those.

    After them come as many variants of one text as a tenth of all, and then a run that finds nothing new.
    """
    texts = [text.text for text in planted(written(size * 2 // 3, seed), seed)][:size]
    with tempfile.TemporaryDirectory() as folder, Warehouse(Path(folder, "bench.duckdb"), START) as warehouse:
        seconds = [_land_and_group(warehouse, texts[day::DAYS], day)[1] for day in range(DAYS)]
        alike = [f"{texts[0]} {i}" for i in range(size // DAYS)]
        _, template_s = _land_and_group(warehouse, alike, DAYS)
        ((stories,),) = warehouse.rows("SELECT count(DISTINCT story_id) FROM mentions")
        _, nothing_s = _land_and_group(warehouse, [], DAYS + 1)
    note(f"{size:,} mentions: {sum(seconds):.0f} s")
    return [
        f"{len(texts):,}",
        sum(seconds),
        len(texts) / sum(seconds),
        seconds[0],
        seconds[-1],
        template_s,
        nothing_s,
        stories,
    ]


OURS = "ours, in the warehouse"
GROUPINGS: dict[str, Callable[[Sequence[str]], Groups]] = {
    OURS: _ours,
    "exact hash of letters": _exact,
    f"datasketch MinHashLSH, words, {THRESHOLD}": _plain_lsh,
}
SPEED_COLUMNS = (
    "mentions",
    "CPU s",
    "mentions/CPU s",
    "first tenth",
    "last tenth",
    "a template",
    "nothing new",
    "stories",
)


if __name__ == "__main__":
    main()
