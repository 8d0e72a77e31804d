"""Documents and code agree."""

import re
import subprocess

import pytest

from tests import documents
from tests.support.server import ROOT


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_tables_are_those_of_the_code(name: str) -> None:
    text = (ROOT / name).read_text()
    assert documents.renewed(text) == text, "run: python3 -m tests.documents --write"


def test_a_table_that_differs_is_noticed() -> None:
    text = "<!-- errors -->\nold\n<!-- end -->"
    assert documents.renewed(text) != text


def test_every_table_stands_somewhere() -> None:
    texts = "".join((ROOT / name).read_text() for name in documents.DOCUMENTS)
    assert set(re.findall(r"<!-- ([a-z-]+) -->", texts)) - {"end"} == set(documents.MADE)


def test_make_explains_every_target_that_the_readme_names() -> None:
    explained = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    named = set(re.findall(r"`make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert named
    assert named <= set(re.findall(r"make ([a-z]+)", explained))


def test_the_version_is_the_newest_of_the_changelog() -> None:
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text()
