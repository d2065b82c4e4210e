"""Charts of answers: bars in the terminal, and SVG or PNG files where matplotlib is installed."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.bar import Bar
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.ask import with_interval
from flows.config import ConfigError
from flows.show import cell_text
from warehouse.mart import Answer
from warehouse.questions import Chart, Question

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".svg", ".png")
MOST = 40  # points of one series in a terminal: a screen; the newest of a line, the first of bars
SHADES = " ░▒▓█"
BAR_CELLS = 60  # of a bar in a wide terminal; in a narrow one it has what is left
INCHES = (9, 5)
LABEL_CHARS = 40


class Point(NamedTuple):
    """A value with the ends of its interval, where it has one."""

    x: str
    y: float
    low: float | None
    high: float | None


def terminal_chart(question: Question, answer: Answer) -> Iterator[RenderableType]:
    """Yield what a terminal shows: bars for each series, or a map of shades."""
    chart = question.chart
    if chart.kind == "heat":
        for name, cells in _heats(chart, answer).items():
            yield _shades(name, cells)
        return
    drawn = series(chart, answer)
    ends = [end for points in drawn.values() for p in points for end in (p.y, p.low or 0.0, p.high or 0.0)]
    low, high = min(0.0, *ends, 0.0), max(0.0, *ends, 0.0)
    for name, points in drawn.items():
        yield _bars(chart, name, points[-MOST:] if chart.kind == "line" else points[:MOST], low=low, high=high)


def chart_file(question: Question, answer: Answer, file: Path) -> None:
    """Draw the chart into an SVG or PNG file. Raises ConfigError for another ending, or without matplotlib."""
    if file.suffix.lower() not in ENDINGS:
        raise ConfigError(f"--chart-file {file}: it must end in {' or '.join(ENDINGS)}")
    if not answer.rows:
        raise ConfigError(f"--chart-file {file}: there is nothing to draw; ask for more days with --since 90d")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError("--chart-file needs matplotlib: uv sync --extra charts") from None
    # Names come from outside: a $ in them is no formula. The text of an SVG stays text, and its ids the same.
    settings: Any = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": question.name}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # of letters that the font of a PNG lacks
        figure = Figure(figsize=INCHES, layout="constrained")
        _draw(figure.subplots(), question, answer)
        figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix.lower() == ".svg" else {})


def series(chart: Chart, answer: Answer) -> dict[str, list[Point]]:
    """Return the points of each series, the first of each x; rows without a value are left out."""
    found: dict[str, dict[str, Point]] = {}
    for row in answer.records():
        if row[chart.y] is not None:
            name, x = str(row[chart.by]) if chart.by else "", _label(row[chart.x])
            ends = (row.get(f"{chart.y}_low"), row.get(f"{chart.y}_high"))
            found.setdefault(name, {}).setdefault(x, Point(x, float(row[chart.y]), *ends))
    return {name: list(points.values()) for name, points in found.items()}


def _label(value: Any) -> str:
    text = cell_text(value)
    return text if len(text) <= LABEL_CHARS else f"{text[: LABEL_CHARS - 1]}…"


def _bars(chart: Chart, name: str, points: Sequence[Point], *, low: float, high: float) -> Table:
    table = Table(title=Text(name, "bold"), title_justify="left", box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(min_width=20, max_width=BAR_CELLS)
    for point in points:
        begin, end = min(0.0, point.y) - low, max(0.0, point.y) - low
        bar = Bar((high - low) or 1, begin, end, color="red" if point.y < 0 else "cyan")
        table.add_row(Text(point.x), with_interval(chart.y, point.y, point.low, point.high), bar)
    return table


Cells = dict[str, dict[str, float]]


def _heats(chart: Chart, answer: Answer) -> dict[str, Cells]:
    """Return value by y and x, for each brand."""
    found: dict[str, Cells] = {}
    for row in answer.records():
        cells = found.setdefault(str(row["brand"]), {})
        cells.setdefault(str(row[chart.y]), {})[str(row[chart.x])] = float(row[str(chart.value)] or 0)
    return found


def _columns(cells: Cells) -> list[str]:
    return sorted({x for row in cells.values() for x in row}, key=lambda x: (len(x), x))


def _shades(name: str, cells: Cells) -> Table:
    most = max((value for row in cells.values() for value in row.values()), default=0) or 1
    columns = _columns(cells)
    table = Table(title=Text(name, "bold"), title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column()
    for column in columns:
        table.add_column(Text(column), justify="right")
    for y in sorted(cells):
        shades = (SHADES[round(cells[y].get(x, 0) / most * (len(SHADES) - 1))] * 2 for x in columns)
        table.add_row(Text(y), *shades)
    return table


def _draw(axes: "Axes", question: Question, answer: Answer) -> None:
    chart = question.chart
    axes.set_title(question.title)
    if chart.kind == "heat":
        _draw_heat(axes, chart, answer)
        return
    drawn = series(chart, answer)
    labels = list(dict.fromkeys(point.x for points in drawn.values() for point in points))
    places = {label: place for place, label in enumerate(labels)}
    for number, (name, points) in enumerate(drawn.items()):
        if chart.kind == "line":
            _draw_line(axes, name, points, places)
        else:
            _draw_bars(axes, name, points, places, shift=(number + 0.5) / len(drawn) - 0.5, width=0.8 / len(drawn))
    _name_axes(axes, chart, labels)
    if len(drawn) > 1:
        axes.legend()


def _draw_line(axes: "Axes", name: str, points: Sequence[Point], places: dict[str, int]) -> None:
    at, y = [places[p.x] for p in points], [p.y for p in points]
    (line,) = axes.plot(at, y, marker="o", label=name)
    lows, highs = ([p.y if end is None else end for p, end in zip(points, ends, strict=True)] for ends in _ends(points))
    axes.fill_between(at, lows, highs, alpha=0.15, color=line.get_color())


def _draw_bars(
    axes: "Axes", name: str, points: Sequence[Point], places: dict[str, int], *, shift: float, width: float
) -> None:
    at = [places[p.x] + 0.8 * shift for p in points]
    axes.barh(at, [p.y for p in points], height=width, label=name)
    lows, highs = _ends(points)
    for place, point, low, high in zip(at, points, lows, highs, strict=True):
        if low is not None and high is not None:
            axes.hlines(place, min(low, point.y), max(high, point.y), colors="black", linewidth=1)


def _ends(points: Sequence[Point]) -> tuple[list[float | None], list[float | None]]:
    return [p.low for p in points], [p.high for p in points]


def _name_axes(axes: "Axes", chart: Chart, labels: Sequence[str]) -> None:
    if chart.kind == "line":
        step = max(1, len(labels) // 12)
        axes.set_xticks(range(0, len(labels), step), labels[::step], rotation=30, ha="right")
        axes.set_ylabel(chart.y.replace("_", " "))
    else:
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_xlabel(chart.y.replace("_", " "))


def _draw_heat(axes: "Axes", chart: Chart, answer: Answer) -> None:
    name, cells = next(iter(_heats(chart, answer).items()))
    columns, rows = _columns(cells), sorted(cells)
    image = axes.imshow([[cells[y].get(x, 0) for x in columns] for y in rows], aspect="auto", cmap="Blues")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_title(f"{axes.get_title()}: {name}")
    axes.figure.colorbar(image, label=chart.value)
