"""What the commands of this package share: one sentence for a refusal, one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from verifier.settings import Settings, SettingsRefused, load
from verifier.store.database import open_database
from verifier.store.errors import StoreRefused
from verifier.trust.keys import KeysRefused

ALWAYS = (KeysRefused, SettingsRefused, StoreRefused)
"""What any command on the server may meet."""


def fail(sentence: str, code: str) -> NoReturn:
    """One sentence with its code on standard error, and exit code 1."""
    typer.echo(f"{sentence} [{code}]", err=True)
    raise typer.Exit(1)


@contextmanager
def told(*refused: type[Exception], files: str = "") -> Iterator[None]:
    """A typed error of these, or of `ALWAYS`, becomes one sentence and exit code 1.

    Args:
        refused: Types whose instances have a `code`.
        files: The code for a file that cannot be read or written; without it such errors go on.
    """
    caught: tuple[type[Exception], ...] = (*ALWAYS, *refused)
    try:
        yield
    except caught as error:
        fail(str(error), str(getattr(error, "code", "")))
    except ProgrammingError:
        fail(
            "the tables are not of this version: run shualian verifier migrate",
            "store.not_migrated",
        )
    except OSError as error:
        if not files:
            raise
        fail(f"{error.filename}: {error.strerror}", files)


@contextmanager
def transaction(*refused: type[Exception]) -> Iterator[tuple[Connection, Settings]]:
    """One transaction of the app's role, with errors as `told` says them."""
    with told(*refused):
        settings = load()
        with open_database(settings) as database, database.app.begin() as conn:
            yield conn, settings
