"""Clear the disk of what was deleted: PostgreSQL leaves old rows in freed pages and in its log.

A deleted row stays in its page until the page is written over, and the write-ahead log names it
until the log goes. With the key ring such a row could be opened. So the tables that hold sealed
values are written anew, and the log is begun anew. What the disk itself remembers of files that
are gone is the disk's affair: an encrypted one, thrown away with its key (GB/T 22239 8.1.4.10).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from .database import Database
from .errors import StoreRefused

TABLES = ("people", "identifiers", "templates")
WAIT_S = 10


def scrub(database: Database) -> bool:
    """Write the tables anew; whether the log was begun anew as well (only where it is ours).

    Others wait meanwhile, about a second for 100,000 people. Raises `StoreRefused` with
    `database.in_use` where a table was not free for 10 seconds.
    """
    with _alone(database) as conn:
        try:
            for table in TABLES:
                conn.execute(text(f"VACUUM (FULL) {table}"))
        except OperationalError as error:
            raise StoreRefused(
                "database.in_use", "a table was in use: run shualian rights scrub when it is calm"
            ) from error
    return database.begin_log_anew()


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """Not within a transaction, and giving up on a table that others hold."""
    with database.owner.connect() as conn:
        conn.execution_options(isolation_level="AUTOCOMMIT")
        conn.execute(text(f"SET lock_timeout = '{WAIT_S}s'"))
        conn.execute(text("SET statement_timeout = 0"))
        yield conn
        conn.invalidate()
