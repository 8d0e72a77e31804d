"""The limits an operator may set: the table itself, and what Settings takes and refuses."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.limits import LIMITS, BadSettingError, Settings

MEASURED = [name for name, limit in LIMITS.items() if not limit.choices]
CHOSEN = [name for name in LIMITS if name not in MEASURED]


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_is_sane_and_explained(name: str) -> None:
    limit = LIMITS[name]
    assert limit.name == name
    assert name == name.lower()
    assert name.replace("-", "").isalpha()
    assert 0 <= limit.low < limit.high < math.inf
    assert limit.low <= limit.default <= limit.high
    assert limit.unit in {
        "s",
        "%",
        "bytes",
        "bytes/s",
        "lines",
        "lines/s",
        "lines/min",
        "connections",
        "files",
        "uploads",
        "days",
        "rooms",
        "answers/s",
        "addresses",
        "packets/s",
        "checks/s",
        "tries/min",
        "|".join(limit.choices),
    }
    assert len(limit.reason.split()) >= 3


def test_the_figures_that_the_wire_gives() -> None:
    given = {
        "login-timeout": 30, "ping-after": 60, "drop-after": 120, "name-hold": 600, "linger": 5,
        "session-connections": 8,
    }  # fmt: skip
    assert {name: LIMITS[name].default for name in given} == given


def test_limits_that_belong_together() -> None:
    default = Settings()
    assert default["ping-after"] < default["drop-after"]
    assert default["send-soft"] < default["send-hard"]
    assert default["linger"] < default["drop-after"]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_choice_is_one_of_its_words(name: str) -> None:
    limit = LIMITS[name]
    assert (limit.low, limit.high) == (0, len(limit.choices) - 1)
    assert limit.unit.split("|") == list(limit.choices)
    values = Settings()
    for number, word in enumerate(limit.choices):
        values.set(name, word)
        assert (values[name], values.text(name)) == (number, word)
    for wrong in ("", "0", 0, 1.0, True, limit.choices[0].upper(), limit.unit):
        with pytest.raises(BadSettingError, match=name):
            values.set(name, wrong)
        assert values.text(name) == limit.choices[-1]


@pytest.mark.parametrize("name", MEASURED)
def test_a_setting_stays_in_its_bounds(name: str) -> None:
    limit = LIMITS[name]
    values = Settings()
    assert values[name] == limit.default
    for good in (limit.low, limit.high, limit.default):
        values.set(name, good)
        assert values[name] == good
        values.set(name, f"{good:f}")
        assert values[name] == pytest.approx(good)
    kept = values[name]
    for wrong in (
        True,
        limit.low - 0.01,
        limit.high * 1.01 + 1,
        -1.0,
        math.nan,
        math.inf,
        -math.inf,
    ):
        with pytest.raises(BadSettingError, match=name):
            values.set(name, wrong)
        with pytest.raises(BadSettingError, match=name):
            values.set(name, str(wrong))
    assert values[name] == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "1,5",
        "0x10",
        "1s",
        "10%",
        "--",
        "1e999",
        "nan",
        "ten",
        "inf",
        "1_000",
        "+5",
        " 5",
        "5 ",
        "5.",
        ".",
        "1.2.3",
        "\u0665",
    ],
)
def test_what_is_not_a_number_is_refused_in_words(wrong: str) -> None:
    values = Settings()
    with pytest.raises(BadSettingError) as refusal:
        values.set("ping-after", wrong)
    assert "ping-after" in str(refusal.value)
    assert values["ping-after"] == LIMITS["ping-after"].default


@pytest.mark.parametrize("name", ["", "Ping-after", "ping_after", "no-such-limit", "ping-after "])
def test_an_unknown_name_is_refused_and_the_known_ones_are_told(name: str) -> None:
    with pytest.raises(BadSettingError) as refusal:
        Settings().set(name, 1)
    assert all(known in str(refusal.value) for known in LIMITS)


def test_pairs_are_set_in_their_order() -> None:
    values = Settings([("ping-after", "30"), ("drop-after", 90), ("ping-after", 20.5)])
    assert (values["ping-after"], values["drop-after"]) == (20.5, 90)
    with pytest.raises(BadSettingError):
        Settings([("ping-after", 30), ("ping-after", 0)])


def test_two_settings_do_not_share_their_values() -> None:
    one, other = Settings(), Settings()
    one.set("rate", 7)
    assert other["rate"] == LIMITS["rate"].default
    assert LIMITS["rate"].default == 2


def test_the_text_of_a_value_can_be_set_again() -> None:
    values = Settings([("ping-after", "20.25"), ("file-size", 1024**4), ("file-days", "0.0001")])
    assert [values.text(name) for name in ("ping-after", "file-size", "file-days")] == [
        *("20.25", str(1024**4), "0.0001"),
    ]
    again = Settings([(name, values.text(name)) for name in LIMITS])
    assert again.take(values) == []


def test_taking_other_settings_over_is_one_step() -> None:
    """Whoever holds the settings sees the new values, and hears of it once, if anything changed."""
    values, told = Settings([("rate", 1), ("rooms", 9)]), list[tuple[float, ...]]()
    former = values.copy()
    values.watchers.append(lambda: told.append((values["rate"], values["uploads"])))
    assert values.take(Settings([("rate", 7), ("uploads", 3), ("rooms", 9)])) == ["rate", "uploads"]
    assert told == [(7, 3)]
    values.set("rate", 7)
    assert values.take(values.copy()) == []
    assert told == [(7, 3)]
    assert values.take(former) == ["rate", "uploads"]
    assert told == [(7, 3), (1, LIMITS["uploads"].default)]


def test_a_count_is_a_whole_number() -> None:
    values = Settings([("turn-lines", "20.9")])
    assert values.count("turn-lines") == 20
    assert isinstance(values.count("turn-read"), int)


def test_an_unknown_limit_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        _ = Settings()["no-such-limit"]


@given(st.sampled_from(list(LIMITS)), st.one_of(st.floats(), st.integers(), st.text(max_size=8)))
@settings(max_examples=200, deadline=None)
def test_whatever_is_set_the_value_is_in_bounds(name: str, value: str | float) -> None:
    values = Settings()
    try:
        values.set(name, value)
    except BadSettingError:
        assert values[name] == LIMITS[name].default
    assert LIMITS[name].low <= values[name] <= LIMITS[name].high
