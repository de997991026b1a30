"""docs/security.md names for each promise what shows it, and that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "security.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)


def test_every_row_has_something_that_shows_it_or_says_that_it_is_not_built():
    assert [int(number) for number, _promise, _shown in ROWS] == list(range(1, 66))
    assert all("`" in shown or shown.startswith("not built") for _number, _promise, shown in ROWS)


def test_what_is_named_is_there():
    named = set(re.findall(r"`((?:[\w.]+/)*[\w.-]+\.(?:py|sh|toml))`", TEXT))
    assert len(named) > 60
    beside = {Path(name).parent for name in named}  # "`volunteers/test_a.py`, `test_b.py`": the same folder
    missing = {
        name
        for name in named
        if not (ROOT / name).exists()
        and not any((ROOT / "tests" / folder / name).exists() for folder in {Path(), *beside})
    }
    assert missing == set()


def test_so_is_every_test_and_class_of_tests_that_is_named():
    named = set(re.findall(r"`(test_\w+|Test\w+)`", TEXT))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *(?:def|class) (\w+)", path.read_text(), re.MULTILINE)
    }
    assert named
    assert named - there == set()
