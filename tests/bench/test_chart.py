"""The pictures: well-formed, to scale, readable without the page around them."""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.bench import chart

SVG = "{http://www.w3.org/2000/svg}"
BARS = chart.bars("Fan-out", "a second", [("fast", [("we", 200.0), ("they & co", 50.0)])])
LINES = {"we": [(10.0, 1e3), (1000.0, 1e5)], "they": [(10.0, 1e3), (1000.0, 1e4)]}
CURVE = chart.curve("Curve", "members", "a second", LINES)


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - it was made a moment ago


def texts(picture: str) -> list[str]:
    return [one.text or "" for one in parsed(picture).iter(f"{SVG}text")]


def test_bars_are_to_scale() -> None:
    first, second = [
        float(one.attrib["width"])
        for one in parsed(BARS).iter(f"{SVG}rect")
        if one.attrib["height"] == str(chart.BAR)
    ]
    assert first == pytest.approx(4 * second, rel=0.01)


def test_bars_name_their_systems_figures_and_unit() -> None:
    assert {"Fan-out", "fast (a second)", "we", "they & co", "200", "50"} <= {*texts(BARS)}


def test_ten_times_as_much_is_as_far_everywhere_on_both_axes() -> None:
    drawn = [one.attrib["points"] for one in parsed(CURVE).iter(f"{SVG}polyline")]
    (left, foot), (right, top) = [tuple(map(float, p.split(","))) for p in drawn[0].split()]
    (left2, foot2), (right2, top2) = [tuple(map(float, p.split(","))) for p in drawn[2].split()]
    assert (left, foot, right) == (left2, foot2, right2)
    assert foot - top == pytest.approx(2 * (foot2 - top2), abs=0.2)


def test_the_curve_has_labels_and_a_legend() -> None:
    assert {"members", "a second", "10", "1,000", "we", "they", "100 k"} <= {*texts(CURVE)}


@pytest.mark.parametrize("picture", [BARS, CURVE])
def test_a_background_of_its_own_is_drawn_first(picture: str) -> None:
    first = next(one for one in parsed(picture) if one.tag in {f"{SVG}rect", f"{SVG}line"})
    assert first.attrib["fill"] == chart.BACKGROUND
    assert first.attrib["width"] == first.attrib["height"] == "100%"


@pytest.mark.parametrize("picture", [BARS, CURVE])
def test_nothing_leaves_the_picture(picture: str) -> None:
    width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', picture)[0])
    for one in parsed(picture).iter():
        for name, most in (("x", width), ("x2", width), ("y", height), ("y2", height)):
            assert 0 <= float(one.attrib.get(name, 0)) <= most


@pytest.mark.parametrize(
    ("value", "words"),
    [(9_620_000, "9.62 M"), (85_300, "85.3 k"), (999, "999"), (0.5, "0.5"), (1e9, "1 G")],
)
def test_short_figures(value: float, words: str) -> None:
    assert chart.short(value) == words


def test_nothing_measured_is_still_a_picture() -> None:
    for picture in (chart.bars("t", "u", []), chart.curve("t", "x", "y", {})):
        assert "t" in texts(picture)
