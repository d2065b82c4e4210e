"""How right the readings are, as shipped: on public test sets and on our own, beside what others reach there."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.answers import Measured, measure_set
from bench.gold import GOLD, GoldQuality, load_examples, measure_gold, raise_floors
from bench.machine import note, print_machine, print_table
from bench.plot import calibration_plot
from bench.rivals import Frozen, gold_regression, vader
from bench.sets import SETS, Part, PublicSet
from flows import show
from nlp.encoder import Encoder
from nlp.evaluate import calibration, calibration_error, evaluate
from nlp.reader import Models
from nlp.slices import LENGTHS, LONGEST, length_of

OURS, REGRESSION = "ours", "logistic regression on frozen MiniLM"
CALIBRATION_AIM = 4.0  # points, at most
GOLD_NAME = "Our own mentions"
GOLD_AIMS = {"signals_macro_f1": 85.0}
PLOT_BINS = 10


class Row(NamedTuple):
    """One figure in points; a published one has no more than that."""

    test_set: str
    reader: str
    metric: str
    figure: float
    texts: int | None = None
    read: float | None = None  # texts that got an answer
    accuracy: float | None = None
    macro_f1: float | None = None
    aim: str | None = None
    met: str | None = None


def main(argv: Sequence[str] | None = None) -> None:
    """Print every figure in points with its aim; a text that got no label counts as wrong."""
    args = _arguments(argv)
    models = Models(Encoder())
    if args.raise_floors:
        show.out.print(show.lines(raise_floors(measure_gold(models, load_examples(GOLD)).figures)))
        return
    if args.markdown:
        print_machine("onnxruntime", "scikit-learn", "vaderSentiment")
    frozen = None if args.ours else Frozen(models.encoder)
    rows: list[Row] = []
    measured: list[Measured] = []
    for public in SETS:
        if args.only.lower() in public.name.lower():
            note(public.name)
            test, train = public.load(args.data)
            measured.append(measure_set(models, public, test))
            rows += _rows(measured[-1])
            rows += _rival_rows(public, test, train, frozen) if frozen else []
    if args.only.lower() in GOLD_NAME.lower():
        note(GOLD_NAME)
        rows += _gold_rows(measure_gold(models, load_examples(GOLD)), frozen)
    _print(args.markdown, models.encoder.name, rows, measured)
    if args.plot:
        surest = {each.of.name: calibration(*each.sure, PLOT_BINS) for each in measured if each.sure[0]}
        args.plot.write_text(calibration_plot(surest), encoding="utf-8")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.quality", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder that holds the sets")
    parser.add_argument("--only", default="", metavar="NAME", help="the sets whose name contains NAME")
    parser.add_argument("--ours", action="store_true", help="leave VADER and the regression out, which take minutes")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the model card")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the calibration of what was measured")
    parser.add_argument("--raise-floors", action="store_true", help="raise tests/gold/floors.toml to what is reached")
    return parser.parse_args(argv)


def _rows(measured: Measured) -> Iterator[Row]:
    """Yield our figures and those that others published."""
    public = measured.of
    ours = _row(public, measured.test, OURS, measured.answers.labels)
    yield ours._replace(aim=_at_least(public.aim), met=_met(public.aim, ours.figure))
    error = calibration_error(*measured.sure)
    if error is not None:
        is_sentiment = public.reading == "sentiment"
        aim, met = f"≤ {CALIBRATION_AIM:g}", "met" if error <= CALIBRATION_AIM else "missed"
        row = Row(public.name, OURS, "calibration error", error, len(measured.test.texts))
        yield row._replace(aim=aim, met=met) if is_sentiment else row
    for reader, figure in public.published.items():
        yield Row(public.name, f"{reader}, published", public.metric, figure)


def _rival_rows(public: PublicSet, test: Part, train: Part, frozen: Frozen) -> Iterator[Row]:
    if public.reading != "emotion":
        yield _row(public, test, "VADER", vader(test.texts))
    yield _row(public, test, REGRESSION, frozen.regression(train, test))


def _row(public: PublicSet, test: Part, reader: str, labels: Sequence[str | None]) -> Row:
    quality = evaluate(test.labels, labels, public.classes)
    figures = {"macro recall": quality.macro_recall, "macro F1": quality.macro_f1, "accuracy": quality.accuracy}
    points = [100 * share for share in (figures[public.metric], quality.accuracy, quality.macro_f1)]
    read = 100 * quality.read / quality.texts
    return Row(public.name, reader, public.metric, points[0], quality.texts, read, points[1], points[2])


def _gold_rows(gold: GoldQuality, frozen: Frozen | None) -> Iterator[Row]:
    for name, figure in gold.figures.items():
        aim = GOLD_AIMS.get(name)
        row = Row(GOLD_NAME, OURS, _title(name), 100 * figure, gold.texts)
        yield row._replace(aim=_at_least(aim), met=_met(aim, 100 * figure))
    for signal in gold.signals:
        yield Row(GOLD_NAME, OURS, f"F1 of {signal.signal}, which {signal.texts} have", 100 * signal.f1, gold.texts)
    if gold.calibration_error is not None:
        yield Row(GOLD_NAME, OURS, "calibration error", gold.calibration_error, gold.texts)
    if frozen:
        for name, figure in gold_regression(frozen).items():
            yield Row(GOLD_NAME, f"{REGRESSION}, our examples", _title(name), 100 * figure, gold.texts)


def _title(name: str) -> str:
    return name.replace("_", " ").replace(" f1", " F1")


def _at_least(aim: float | None) -> str | None:
    return None if aim is None else f"≥ {aim:g}"


def _met(aim: float | None, figure: float) -> str | None:
    return None if aim is None else "met" if figure >= aim else f"missed by {aim - figure:.1f}"


def _print(markdown: bool, model: str, rows: Sequence[Row], measured: Sequence[Measured]) -> None:
    printed = print_table if markdown else _show_table
    columns = [_title(name) for name in Row._fields]
    printed(f"Quality of {model}, in points", columns, [[_point(cell) for cell in row] for row in rows])
    if measured:
        title = "Errors by domain and length: percent of the texts that are read wrong"
        printed(title, ["test set", "all", *LENGTHS, LONGEST], list(_errors(measured)))
    surest = [each for each in measured if each.sure[0]]
    if surest:
        title = "Calibration: confidence and percent right, from the tenth of the texts that it is least sure of"
        printed(title, ["test set", *map(str, range(1, PLOT_BINS + 1))], [_calibration(each) for each in surest])


def _show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    show.print_table(columns, rows, title)


def _errors(measured: Sequence[Measured]) -> Iterator[list[object]]:
    for each in measured:
        lengths = [length_of(text) for text in each.test.texts]
        parts = [
            [hit for hit, length in zip(each.right, lengths, strict=True) if length == name]
            for name in (*LENGTHS, LONGEST)
        ]
        yield [
            each.of.name,
            *(f"{100 - 100 * sum(hits) / len(hits):.1f}" if hits else None for hits in [each.right, *parts]),
        ]


def _calibration(measured: Measured) -> list[object]:
    bins = calibration(*measured.sure, PLOT_BINS)
    return [measured.of.name, *(f"{100 * each.confidence:.0f} → {100 * each.right:.0f}" for each in bins)]


def _point(cell: object) -> object:
    return f"{cell:.1f}" if isinstance(cell, float) else cell


if __name__ == "__main__":
    main()
