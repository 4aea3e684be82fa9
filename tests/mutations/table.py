"""The table: `rules.toml` beside this file, one entry a mutation."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).parent / "rules.toml"


@dataclass(frozen=True)
class Mutation:
    """One change that breaks a line of docs/compliance.md, and the test that must notice."""

    name: str
    line: int
    breaks: str
    file: str
    old: str
    new: str
    test: str

    def applied(self, source: str) -> str:
        """The source with the change. Raises `ValueError` unless `old` stands there just once."""
        if source.count(self.old) != 1:
            raise ValueError(f"{self.name}: the old text is {source.count(self.old)}× in the file")
        return source.replace(self.old, self.new)


def load(file: Path = FILE) -> tuple[Mutation, ...]:
    """Every recorded mutation, in the file's order."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(Mutation(name=name, **entry) for name, entry in entries.items())
