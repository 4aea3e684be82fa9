"""`python -m verifier.store.check`: do the migrations make the tables that `schema.py` describes?

Starts an embedded server in a temporary folder, migrates down and up again, and compares. Exit 1 if
they differ.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command

from . import migrate
from .database import Database, open_embedded
from .embedded import EmbeddedServer


def main() -> int:
    """Print one line a difference; 0 if there is none."""
    with tempfile.TemporaryDirectory(prefix="shualian-check-") as folder:
        server = EmbeddedServer(Path(folder) / "postgres", durable=False)
        with open_embedded(server) as database:
            found = differences(database)
    for difference in found:
        print(f"models and migrations differ: {difference}", file=sys.stderr)  # noqa: T201
    if not found:
        print("models and migrations agree")  # noqa: T201
    return 1 if found else 0


def differences(database: Database) -> list[str]:
    """Migrate up, down and up again; what Alembic would still change."""
    for step in ("head", "base", "head"):
        with database.owner.begin() as connection:
            act = command.downgrade if step == "base" else command.upgrade
            act(migrate.config(connection), step)
    with database.owner.connect() as connection:
        return [_told(difference) for difference in migrate.differences(connection)]


def _told(difference: Any) -> str:
    """One line of Alembic's answer: its verb, and what it names."""
    if isinstance(difference, list):
        return "; ".join(_told(part) for part in difference)
    verb, *rest = difference
    names = (
        getattr(part, "name", None) or (part if isinstance(part, str) else None) for part in rest
    )
    return " ".join([str(verb), *(str(part) for part in names if part)])


if __name__ == "__main__":
    raise SystemExit(main())
