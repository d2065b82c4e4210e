"""How fast texts are read, beside what others would read them with, and how near that is to what the machine can do."""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tokenizers import Tokenizer

from bench.machine import measure, note, print_machine, print_table
from bench.read_peers import MAX_TOKENS, READERS, TOKENIZER
from demo.town import Town
from nlp.encoder import WINDOWS, cores

ROOT = Path(__file__).parents[1]
OURS, ALONE = "ours, every answer", "ours, encoder alone"
NEEDS = {  # of those that another environment may have to run
    "pipeline": ("torch", "transformers"),
    "torch": ("torch", "safetensors"),
    "onnxruntime": ("torch", "safetensors", "onnx"),  # which make its graph
    "OpenVINO": ("torch", "safetensors", "onnx", "openvino"),
}
INSTALL = "pip install torch==2.13.0 transformers safetensors onnx openvino"
WORDS = 30  # of a review, at least: below it lie stars with a word or two
LAYERS, WIDTH, INNER = 9, 384, 1536  # of our network, both its ends counted; nlp/training/net.py
SEED, TODAY = 7, date(2026, 11, 1)
COLUMNS = ("reader", "texts a second", "texts a CPU second", "ours is faster by", "load s", "peak MB")


class Speed(NamedTuple):
    """What reading some texts took; the median of the rounds."""

    texts: int
    seconds: float
    cpu_s: float
    load_s: float
    peak_mb: float


class Plan(NamedTuple):
    """What is measured: the readers and the Python of those that need another, in how many rounds and threads."""

    readers: list[str]
    peer: str
    rounds: int
    threads: int
    folder: Path


def main(argv: Sequence[str] | None = None) -> None:
    """Print a table for tweets, one for reviews, one for the limit, and with --big one for many tweets."""
    told = _arguments(argv)
    print_machine("onnxruntime", "tokenizers", "numpy")
    texts = _texts(told.data, told.texts)
    with tempfile.TemporaryDirectory() as folder:
        missing = _missing(told.peer_python)
        readers = [name for name in READERS if told.only in name and not missing.intersection(_needs(name))]
        plan = Plan(readers, told.peer_python, told.rounds, told.threads or cores(), Path(folder))
        _say_missing(missing, told.only)
        if not missing.intersection(NEEDS["onnxruntime"]):
            _step(plan.peer, "export", plan.folder / "graph.onnx")
        speeds = {kind: _measured(plan, kind, some) for kind, some in texts.items()}
        for kind, some in texts.items():
            _print_speeds(kind, some, speeds[kind], plan.threads)
        if OURS in readers:
            _print_limit(texts, speeds, plan.peer if "torch" not in missing else None)
        if told.big:
            _print_big(plan, texts["tweets"], told.big)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.read", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with tweeteval/ and reviews_amazon_audio/; else the town's")
    parser.add_argument("--texts", type=int, default=512, help="tweets; of reviews it is half as many")
    parser.add_argument("--threads", type=int, default=0, help="for every reader; 0: each core that it may use")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts; readers take turns")
    parser.add_argument("--only", default="", metavar="NAME", help="the readers whose name contains NAME")
    parser.add_argument("--big", type=int, nargs="?", const=100_000, default=0, help="so many tweets by ours, too")
    parser.add_argument("--peer-python", default=sys.executable, metavar="FILE", help=f"one with: {INSTALL}")
    return parser.parse_args(argv)


def _texts(data: Path | None, count: int) -> dict[str, list[str]]:
    tweets, reviews = _written() if data is None else _published(data)
    reviews = [text for text in reviews if len(text.split()) >= WORDS]
    return {"tweets": _spread(tweets, count), "reviews": _spread(reviews, count // 2)}


def _written() -> tuple[list[str], list[str]]:
    items = list(Town(20_000, SEED, TODAY).mentions())
    english = [item for item in items if item.language == "en"]
    tweets = [item.text for item in english if item.place.kind == "social"]
    return tweets, [item.text for item in english if item.place.kind in ("appstore", "forum", "blog")]


def _published(data: Path) -> tuple[list[str], list[str]]:
    tweets = (data / "tweeteval/sentiment/test_text.txt").read_text(encoding="utf-8").splitlines()
    with (data / "reviews_amazon_audio/AllProductReviews.csv").open(encoding="utf-8", newline="") as lines:
        return tweets, [row["ReviewBody"] for row in csv.DictReader(lines)]


def _spread(texts: Sequence[str], count: int) -> list[str]:
    """Return `count` of `texts`, from the first to the last at even steps."""
    return [texts[len(texts) * i // count] for i in range(count)]


def _needs(name: str) -> set[str]:
    return {module for word, modules in NEEDS.items() if word in name for module in modules}


def _missing(peer: str) -> set[str]:
    """Return the modules that a reader needs and the Python that would run it has not."""
    modules = sorted({module for some in NEEDS.values() for module in some})
    code = "import sys, importlib.util as i; print(*(m for m in sys.argv[1:] if i.find_spec(m) is None))"
    done = subprocess.run([peer, "-c", code, *modules], check=True, text=True, stdout=subprocess.PIPE)
    return set(done.stdout.split())


def _say_missing(missing: set[str], only: str) -> None:
    left_out = [name for name in READERS if only in name and missing.intersection(_needs(name))]
    if left_out:
        print(f"Left out, for want of {', '.join(sorted(missing))}: {'; '.join(left_out)}.")
        print(f"To have them: {INSTALL}, and --peer-python with the Python of that environment.\n", flush=True)


def _measured(plan: Plan, kind: str, texts: Sequence[str]) -> dict[str, Speed]:
    file = plan.folder / f"{kind}.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    rounds: dict[str, list[Speed]] = {name: [] for name in plan.readers}
    for number in range(plan.rounds):
        for name, speeds in rounds.items():
            note(f"{kind}, round {number + 1}: {name}")
            speeds.append(_read(plan, name, file, len(texts)))
    return {name: Speed(*map(median, zip(*speeds, strict=True))) for name, speeds in rounds.items()}


def _read(plan: Plan, name: str, file: Path, count: int) -> Speed:
    """Have `name` read `count` texts in a process of its own."""
    python = plan.peer if _needs(name) else sys.executable
    arguments = [name, str(plan.threads), str(plan.folder / "graph.onnx"), str(file), str(count)]
    cost = measure([python, "-m", "bench.read_peers", "read", *arguments], cwd=ROOT)
    told = json.loads(cost.output.splitlines()[-1])
    return Speed(count, told["seconds"], told["cpu_s"], told["load_s"], cost.peak_mb)


def _step(python: str, *arguments: str | Path) -> dict[str, float]:
    cost = measure([python, "-m", "bench.read_peers", *arguments], cwd=ROOT)
    answer: dict[str, float] = json.loads(cost.output.splitlines()[-1])
    return answer


def _print_speeds(kind: str, texts: Sequence[str], speeds: dict[str, Speed], threads: int) -> None:
    lengths = sorted(sum(windows) for windows in _windows(texts))
    mean, long = sum(lengths) / len(lengths), lengths[len(lengths) * 95 // 100]
    title = f"{len(texts)} {kind}: {mean:.0f} tokens, the longest twentieth above {long}; {threads} threads"
    rows = [
        (
            *(name, speed.texts / speed.seconds, speed.texts / speed.cpu_s),
            *(_factor(speeds.get(OURS), speed), speed.load_s, speed.peak_mb),
        )
        for name, speed in speeds.items()
    ]
    print_table(title, COLUMNS, rows)


def _factor(ours: Speed | None, other: Speed) -> float | None:
    return None if ours is None else other.seconds / ours.seconds


def _print_limit(texts: dict[str, list[str]], speeds: dict[str, dict[str, Speed]], peer: str | None) -> None:
    """Print how many texts one core could read if it did nothing but multiply matrices, and the share we reach."""
    rates = {"int8, onnxruntime": _step(sys.executable, "int8")["rate"]}
    if peer:
        rates["bf16, torch"] = _step(peer, "bf16")["rate"]
    rows = []
    for kind, some in texts.items():
        operations = sum(map(_operations, _windows(some))) / len(some)
        for name, rate in rates.items():
            reached = [_share(speeds[kind].get(ours), rate / operations) for ours in (ALONE, OURS)]
            rows.append((f"{kind}, {name}", rate / 1e9, operations / 1e9, rate / operations, *reached))
    columns = ("", "10⁹ operations a CPU second", "10⁹ a text", "texts a CPU second, at most")
    print_table("The limit", (*columns, "encoder reaches %", "every answer reaches %"), rows)


def _share(speed: Speed | None, limit: float) -> float | None:
    return None if speed is None else 100 * speed.texts / speed.cpu_s / limit


def _windows(texts: Sequence[str]) -> list[list[int]]:
    """Return of each text the tokens of each window that our encoder reads it in."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    encodings = tokenizer.encode_batch(list(texts))
    return [[len(part.ids) for part in [first, *first.overflowing[: WINDOWS - 1]]] for first in encodings]


def _operations(windows: Sequence[int]) -> int:
    """Return the multiplications and additions of matrices in all layers: of weights, and of tokens with tokens."""
    weights = 4 * WIDTH**2 + 2 * WIDTH * INNER
    return sum(2 * LAYERS * (tokens * weights + 2 * tokens**2 * WIDTH) for tokens in windows)


def _print_big(plan: Plan, tweets: Sequence[str], count: int) -> None:
    """Print what many texts take and, because memory must not grow with them, a tenth of them."""
    file = plan.folder / "big.json"
    file.write_text(json.dumps(tweets), encoding="utf-8")
    rows = []
    for some in (count // 10, count):
        note(f"{some:,} tweets")
        speed = _read(plan, OURS, file, some)
        rows.append((f"{some:,}", speed.seconds, speed.cpu_s, speed.texts / speed.seconds, speed.peak_mb))
    columns = ("tweets", "s", "CPU s", "texts a second", "peak MB")
    print_table(f"Many tweets, every answer, {plan.threads} threads", columns, rows)


if __name__ == "__main__":
    main()
