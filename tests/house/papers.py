"""Reads the papers of trust (docs/compliance.md, threat-model.md, mlps.md) for their tests.

A paper names its evidence in backticks: a test as `tests/…/test_x.py::test_name`, code as a path
from the repository's root, a command as `shualian …`. What is named must be there.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATES = ("held", "in part", "duty", "not built", "not applicable")
"""held: code and test. in part: both, and `open` says what lacks. duty: the hospital's."""

PAPERS = (
    "docs/compliance.md",
    "docs/threat-model.md",
    "docs/mlps.md",
    "docs/incident.zh-CN.md",
    "docs/downtime.zh-CN.md",
    "docs/templates/pia.zh-CN.md",
    "docs/templates/processing-record.zh-CN.md",
)

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)`")
_COMMAND = re.compile(r"`(shualian [^`]+)`|^(?:\$ )?(shualian .+)$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One line of a table: its cells by their headings."""

    cells: dict[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.cells[heading]


def text_of(paper: str) -> str:
    """A paper, by its path from the repository's root."""
    return (ROOT / paper).read_text(encoding="utf-8")


def rows(text: str, first_heading: str) -> Iterator[Row]:
    """The lines of every table whose first heading is this one."""
    headings: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            headings = []
        elif not headings:
            headings = cells
        elif headings[0] == first_heading and set(cells[0]) - set("-: "):
            yield Row(dict(zip(headings, cells, strict=True)))


def tests_named(text: str) -> list[tuple[str, str]]:
    """File and function of each test that the text names."""
    return [(match[1], match[2]) for match in _TEST.finditer(text)]


def paths_named(text: str) -> list[str]:
    """Each file that the text names by its path."""
    return [match[1] for match in _PATH.finditer(text)]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Names of the test functions in a file, those in classes included; none without the file."""
    if not path.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(n.name for n in nodes if isinstance(n, kinds) and n.name.startswith("test_"))


def missing(text: str, root: Path = ROOT) -> list[str]:
    """Every test and every file that the text names and that is not there."""
    tests = tests_named(text)
    gone = [f"{file}::{name}" for file, name in tests if name not in functions_of(root / file)]
    return gone + [path for path in paths_named(text) if not (root / path).exists()]


def commands_named(text: str) -> list[str]:
    """Each `shualian …` command line that the text quotes, in backticks or on a line of its own."""
    found = (match[1] or match[2] for match in _COMMAND.finditer(text))
    return [command.split("  #")[0].strip() for command in found]
