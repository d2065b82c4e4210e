"""Draws how far confidence can be believed, as an SVG that a model card shows."""

from collections.abc import Mapping, Sequence

from nlp.evaluate import Bin

SIDE, EDGE = 320, 40  # pixels of the square and of the room for its labels
COLOURS = ("#1b6ca8", "#c1440e", "#2e7d32", "#6a1b9a", "#8d6e00", "#37474f", "#ad1457")


def calibration_plot(sets: Mapping[str, Sequence[Bin]]) -> str:
    """Return an SVG with a line for each set: confidence to the right, share of right answers upwards.

    On the dashed diagonal a confidence of 0.8 is right in eight cases of ten.
    """
    frame = f'<rect x="{EDGE}" y="0" width="{SIDE}" height="{SIDE}" fill="white" stroke="#999"/>'
    diagonal = f'<path d="M{EDGE} {SIDE} L{EDGE + SIDE} 0" stroke="#999" stroke-dasharray="4"/>'
    lines = [
        _line(name, bins, colour, row)
        for row, ((name, bins), colour) in enumerate(zip(sets.items(), COLOURS, strict=False))
    ]
    ticks = [f'<text x="{_x(p) - 8:.0f}" y="{SIDE + 15}">{p}</text>' for p in (0.25, 0.5, 0.75, 1.0)]
    ticks += [f'<text x="4" y="{_y(p) + 4:.0f}">{p}</text>' for p in (0.25, 0.5, 0.75)]
    body = "\n".join([frame, diagonal, *lines, *ticks])
    size = f'width="{SIDE + 260}" height="{SIDE + EDGE}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">\n{body}\n</svg>\n'


def _line(name: str, bins: Sequence[Bin], colour: str, row: int) -> str:
    points = " ".join(f"{_x(b.confidence):.1f},{_y(b.right):.1f}" for b in bins)
    label = f'<text x="{SIDE + EDGE + 10}" y="{20 + 18 * row}" fill="{colour}">{name}</text>'
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>{label}'


def _x(share: float) -> float:
    return EDGE + SIDE * share


def _y(share: float) -> float:
    return SIDE * (1 - share)
