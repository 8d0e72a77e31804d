"""Two kinds of picture, written as SVG by hand: bars side by side, and lines over a log scale.

Each has its own light background, so that it is readable on a dark page as well, and nothing in
it changes but with the figures: no date, no random ids.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

WIDTH: Final = 760
MARGIN: Final = 24
BACKGROUND: Final = "#fbfaf7"
INK: Final = "#222222"
FAINT: Final = "#d5d2ca"
COLOURS: Final = ("#d1440c", "#0072b2", "#56b4e9", "#007a5a", "#b5651d", "#8a3c7d", "#6b6b6b")
"""Of the systems in order: the colour-blind can tell them apart, and the first is the loudest."""
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "1 4")
TITLE_SIZE: Final = 17
TEXT_SIZE: Final = 13

BAR: Final = 20
BAR_STEP: Final = 28
NAME_WIDTH: Final = 130
VALUE_WIDTH: Final = 90
PANEL_HEAD: Final = 34
TITLE_HEIGHT: Final = 46

PLOT_LEFT: Final = 88
PLOT_HEIGHT: Final = 330
LEGEND_WIDTH: Final = 165
LEGEND_STEP: Final = 24
AXIS_HEIGHT: Final = 62
DOT: Final = 3.5

Panel = tuple[str, Sequence[tuple[str, float]]]
"""What stands over some bars, and each one's name and length."""
Lines = Mapping[str, Sequence[tuple[float, float]]]
"""The points of each line by its name, x rising."""


def bars(title: str, unit: str, panels: Sequence[Panel]) -> str:
    """Bars from the left, longest possible in each panel; beside each its name and figure."""
    parts: list[str] = []
    top = TITLE_HEIGHT
    room = WIDTH - 2 * MARGIN - NAME_WIDTH - VALUE_WIDTH
    left = MARGIN + NAME_WIDTH
    for head, values in panels:
        parts.append(_text(MARGIN, top + TEXT_SIZE, f"{head} ({unit})", weight="600"))
        top += PANEL_HEAD
        longest = max((value for _, value in values), default=0) or 1
        foot = top + BAR_STEP * len(values) - BAR_STEP + BAR + 4
        parts.append(_line(left, top - 4, left, foot, INK))
        for number, (name, value) in enumerate(values):
            middle = top + BAR / 2 + TEXT_SIZE / 3
            length = max(1.0, room * value / longest)
            weight = "600" if number == 0 else "400"
            parts.append(_text(left - 8, middle, name, anchor="end", weight=weight))
            parts.append(
                f'<rect x="{left}" y="{top}" width="{length:.1f}" height="{BAR}"'
                f' fill="{_colour(number)}"/>'
            )
            parts.append(_text(left + length + 6, middle, short(value), weight=weight))
            top += BAR_STEP
        top += MARGIN
    return _picture(title, top, parts)


def curve(title: str, x_label: str, y_label: str, lines: Lines) -> str:
    """Lines over two logarithmic axes, their names in a legend to the right."""
    points = [point for line in lines.values() for point in line if point[1] > 0]
    xs = sorted({x for x, _ in points}) or [1.0]
    low = math.floor(math.log10(min((y for _, y in points), default=1)))
    high = max(low + 1, math.ceil(math.log10(max((y for _, y in points), default=10))))
    right = WIDTH - MARGIN - LEGEND_WIDTH
    bottom = TITLE_HEIGHT + PLOT_HEIGHT
    spread = math.log10(xs[-1] / xs[0]) or 1

    def across(x: float) -> float:
        inner = right - PLOT_LEFT - 2 * MARGIN
        return PLOT_LEFT + MARGIN + inner * math.log10(x / xs[0]) / spread

    def up(y: float) -> float:
        return bottom - PLOT_HEIGHT * (math.log10(y) - low) / (high - low)

    parts = []
    for power in range(low, high + 1):
        y = up(10**power)
        parts.append(_line(PLOT_LEFT, y, right, y, FAINT))
        parts.append(_text(PLOT_LEFT - 8, y + 4, short(10**power), anchor="end"))
    for x in xs:
        parts.append(_line(across(x), bottom, across(x), bottom + 5, INK))
        parts.append(_text(across(x), bottom + 20, f"{x:,.0f}", anchor="middle"))
    parts += [_line(PLOT_LEFT, bottom, right, bottom, INK),
              _line(PLOT_LEFT, TITLE_HEIGHT, PLOT_LEFT, bottom, INK)]  # fmt: skip
    middle = (PLOT_LEFT + right) / 2
    parts.append(_text(middle, bottom + 42, x_label, anchor="middle"))
    turned = f' transform="rotate(-90 {MARGIN} {bottom - PLOT_HEIGHT / 2:.0f})"'
    parts.append(_text(MARGIN, bottom - PLOT_HEIGHT / 2, y_label, anchor="middle", more=turned))
    for number, (name, line) in enumerate(lines.items()):
        parts += _drawn(number, [(across(x), up(y)) for x, y in line if y > 0])
        beside = TITLE_HEIGHT + 12 + LEGEND_STEP * number
        parts += _drawn(number, [(right + 16, beside), (right + 44, beside)])
        parts.append(_text(right + 52, beside + 4, name, weight="400" if number else "600"))
    return _picture(title, bottom + AXIS_HEIGHT, parts)


def short(value: float) -> str:
    """A figure of about three digits: ``9.62 M``, ``85 k``."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _drawn(number: int, points: Sequence[tuple[float, float]]) -> list[str]:
    colour = _colour(number)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = DASHES[number % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    width = 2 if number else 3
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT}" fill="{colour}"/>' for x, y in points),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: str = "400", more: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"{more}>'
        f"{escape(words)}</text>"
    )


def _picture(title: str, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}"'
        f' width="{WIDTH}" height="{height:.0f}" font-family="system-ui, sans-serif"'
        f' font-size="{TEXT_SIZE}" fill="{INK}" role="img">'
    )
    return "\n".join(
        [
            head,
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" fill="{BACKGROUND}" rx="6"/>',
            f'<text x="{MARGIN}" y="30" font-size="{TITLE_SIZE}" font-weight="600">'
            f"{escape(title)}</text>",
            *parts,
            "</svg>",
            "",
        ]
    )
