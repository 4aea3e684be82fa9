"""The hot path's way to PostgreSQL: the driver's own statements on a pooled connection.

A claim makes few exchanges, each one statement written for it. They go to psycopg directly:
SQLAlchemy's expression layer costs several times what such a statement does, and gives it nothing.
"""

import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import ConnStatus
from sqlalchemy import Connection, Engine

Driver = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]
Row = tuple[Any, ...]
_CURSOR = "shualian.cursor"
_TRIES = 32


def driver_of(conn: Connection) -> Driver:
    """The driver's connection, in the same session and transaction."""
    driver: Driver = conn.connection.driver_connection  # type: ignore[assignment]
    return driver


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection that the server has not closed while it lay in the pool.

    Costs one look at the socket instead of a question to the server.
    """
    with engine.connect() as conn:
        for _ in range(_TRIES):
            if not _is_gone(driver_of(conn)):
                break
            conn.invalidate()
        yield conn


def cursor_of(conn: Connection) -> Cursor:
    """One cursor as long as the driver's connection lives: making one costs like a statement."""
    kept: Cursor | None = conn.info.get(_CURSOR)
    if kept is None:
        kept = conn.info[_CURSOR] = driver_of(conn).cursor()
    return kept


def alone(conn: Connection, statement: str, values: Mapping[str, Any]) -> Row | None:
    """One statement that is its own committed transaction; its first row."""
    driver = driver_of(conn)
    driver.autocommit = True
    try:
        return cursor_of(conn).execute(statement, values).fetchone()
    finally:
        if not driver.closed:
            driver.autocommit = False


def all_alone(conn: Connection, statement: str, values: Mapping[str, Any]) -> list[Row]:
    """As `alone`, with every row."""
    driver = driver_of(conn)
    driver.autocommit = True
    try:
        return cursor_of(conn).execute(statement, values).fetchall()
    finally:
        if not driver.closed:
            driver.autocommit = False


def within(conn: Connection, statement: str, values: Mapping[str, Any]) -> Row | None:
    """One statement in the caller's transaction; its first row."""
    return cursor_of(conn).execute(statement, values).fetchone()


def _is_gone(driver: Driver) -> bool:
    """Something to read on an idle connection is the server's farewell, or a mere notice."""
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.pgconn.socket, select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        driver.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return driver.pgconn.status != ConnStatus.OK or bool(poll.poll(0))
