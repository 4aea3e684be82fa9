"""Bring a database to this version's tables, and say whether it is there. Alembic does the work."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy import table as sql_table

from .errors import StoreRefused
from .metadata import Base

_LOCK = 0x5348_554C
"""Advisory lock of who migrates: two verifiers that start at once do it one after the other."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the migrations inside this package."""
    here = Path(__file__).parent
    made = Config(here / "alembic.ini")
    made.set_main_option("script_location", str(here / "migrations").replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """All missing revisions, in one transaction. Raises `StoreRefused` for a newer database."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    present = revision(connection)
    scripts = ScriptDirectory.from_config(config())
    known = {script.revision for script in scripts.walk_revisions()}
    if present is not None and present not in known:
        raise StoreRefused(
            "database.not_migrated", f"the database is newer than this program ({present})"
        )
    if present != scripts.get_current_head():
        command.upgrade(config(connection), "head")


def step_back(connection: Connection, to: str) -> dict[str, int]:
    """Down to an older revision, in one transaction; the tables that went, with their rows.

    For the way back to an older program. What those tables held is gone when the transaction
    commits. Raises `StoreRefused` with `database.no_such_revision` unless `to` is an older one.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    scripts = ScriptDirectory.from_config(config())
    older = [script.revision for script in scripts.iterate_revisions(revision(connection), "base")]
    if to not in older[1:]:
        raise StoreRefused(
            "database.no_such_revision", f"{to} is none of: {', '.join(older[1:]) or 'nothing'}"
        )
    before = _rows(connection)
    command.downgrade(config(connection), to)
    after = set(inspect(connection).get_table_names())
    return {table: rows for table, rows in before.items() if table not in after}


def _rows(connection: Connection) -> dict[str, int]:
    return {
        table: int(connection.scalar(select(func.count()).select_from(sql_table(table))) or 0)
        for table in inspect(connection).get_table_names()
    }


def revision(connection: Connection) -> str | None:
    """The database's revision, or None where there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def differences(connection: Connection) -> list[Any]:
    """What Alembic would change so that the tables are as `schema.py` says; empty is well."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, Base.metadata))
