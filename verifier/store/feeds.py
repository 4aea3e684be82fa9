"""Feeds in an order without gaps, for who keeps a copy.

A row's number is taken before its transaction commits, so numbers become visible out of order. Each
row of a feed names its transaction; only rows of transactions before every one that still runs are
given, so nothing can appear later before a cursor that was given out. A table that is fed from has
the columns `transaction` (default `pg_current_xact_id()`) and `seq` (an identity).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TRANSACTION_NOW = "pg_current_xact_id()::text::bigint"
"""Default of the column `transaction`."""


class CursorRefused(Exception):
    """This is no cursor of a feed."""


@dataclass(frozen=True)
class Cursor:
    """Behind which row to go on. `str()` is what a caller gets and gives back."""

    transaction: int = 0
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.transaction}.{self.seq}"

    def bound(self) -> dict[str, int]:
        """The values that `behind` asks for."""
        return {"transaction": self.transaction, "seq": self.seq}


def parsed(cursor: str | None) -> Cursor:
    """The cursor of a text; None is the beginning. Raises `CursorRefused`."""
    if cursor is None:
        return Cursor()
    first, dot, second = cursor.partition(".")
    digits = first.isascii() and second.isascii() and first.isdecimal() and second.isdecimal()
    if not (dot and digits and len(cursor) <= 40):
        raise CursorRefused("ask from the beginning, or with a cursor that this feed gave")
    found = Cursor(int(first), int(second))
    if max(found.transaction, found.seq) >= 2**63:
        raise CursorRefused("ask from the beginning, or with a cursor that this feed gave")
    return found


def behind(table: str) -> str:
    """SQL: rows behind the bound cursor, before which nothing can appear any more."""
    return (
        f"({table}.transaction, {table}.seq) > (:transaction, :seq) "
        f"AND {table}.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    )


def order(table: str) -> str:
    """SQL: the feed's order."""
    return f"{table}.transaction, {table}.seq"


def last(rows: Sequence[Any], start: Cursor) -> Cursor:
    """From where to go on after these rows, which have `transaction` and `seq`."""
    return Cursor(rows[-1].transaction, rows[-1].seq) if rows else start
