"""Every promise and every fault has its test, and the page says which (``make check``)."""

import pytest

from tests import trust
from tests.trust import CODES, PENDING, BadTableError, faults, promises, read

REAL = "  test_trust nothing_is_without_its_test"


def whole(**instead: str) -> str:
    """A table in which every code has a test, but for some lines."""
    entries = [instead.get(code, f"{code} it holds\n{REAL}") for code in CODES]
    return "\n".join(entry for entry in entries if entry)


def test_nothing_is_without_its_test() -> None:
    assert faults(promises(), PENDING) == []


def test_a_good_table_is_good() -> None:
    assert faults(read(whole()), ()) == []
    assert faults(read(whole(C7=f"C7 x\n{REAL}\n  ! that part")), ("C7",)) == []


@pytest.mark.parametrize(
    ("instead", "pending", "told"),
    [
        ({"P3": ""}, (), "P3 is not in the table"),
        ({"P3": "P3 it holds"}, (), "P3 has no test"),
        ({"P3": "P3 x\n  test_trust nobody_wrote_it"}, (), "no test_trust::test_nobody_wrote_it"),
        ({"P3": "P3 x\n  reactor/test_nowhere a"}, (), "no reactor/test_nowhere::test_a"),
        ({"P3": "P3 x\n  ! TLS"}, (), "P3 is pending, and not in PENDING: TLS"),
        ({}, ("P3",), "P3 is in PENDING, and nothing of it is pending"),
        ({"C50": f"C50 x\n{REAL}\nC51 more\n{REAL}"}, (), "C51 is no promise and no case"),
    ],
)
def test_a_bad_table_is_noticed(
    instead: dict[str, str], pending: tuple[str, ...], told: str
) -> None:
    (fault,) = faults(read(whole(**instead)), pending)
    assert told in fault


@pytest.mark.parametrize(
    "text", [REAL, "P1 x\nP1 x", "something", "P1 x\n  test_trust", "P1 x\n  !", "P1 x\n  Wrong a"]
)
def test_what_is_no_table(text: str) -> None:
    with pytest.raises(BadTableError):
        read(text)


def test_tests_are_found_in_the_text_of_a_module() -> None:
    assert "test_a_good_table_is_good" in trust.tests_of("test_trust")
    assert "test_the_selector_hears_the_last_word_alone" in trust.tests_of(
        "reactor/test_loop_interest"
    )
    assert trust.tests_of("nowhere/test_x") == frozenset()
