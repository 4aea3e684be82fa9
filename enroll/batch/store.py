"""Batches in the store: made, moved from state to state, read. Each change has its ledger entry."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from verifier.identity.retention import BATCH_PHOTOS
from verifier.ledger import append
from verifier.protocol.values import new_id
from verifier.store.batch_tables import EnrolBatch, EnrolBatchRow
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, new_key

from .states import FOLLOWS, HOLDS_PHOTOS, BatchRefused, State

MOST_AT_ONCE: Final = 5
"""Batches of one institution that hold photos."""

MOST_TABLE: Final = 16 * 1024 * 1024
MOST_PHOTOS: Final = 8 * 1024 * 1024 * 1024
RATE_OVER: Final = timedelta(seconds=20)


@dataclass(frozen=True)
class Batch:
    """A batch as it stands."""

    id: str
    institution: str
    created_by: str
    created_at: datetime
    state: State
    changed_at: datetime
    key_sealed: bytes | None
    table_bytes: int
    photo_bytes: int
    note: str | None

    @property
    def ends_at(self) -> datetime:
        """When its photos go, if it is not finished before."""
        return self.created_at + BATCH_PHOTOS


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Attributes:
        per_second: rows finished a second of late; 0 where none was.
    """

    counts: dict[str, int]
    per_second: float = 0.0

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        """Rows of which something became."""
        return self.rows - self.counts.get("pending", 0)

    @property
    def seconds_left(self) -> int | None:
        """How long the rest takes at this speed."""
        left = self.counts.get("pending", 0)
        return round(left / self.per_second) if self.per_second else None


@dataclass(frozen=True)
class Line:
    """One row and what became of it."""

    line: int
    outcome: str
    code: str | None
    quality: float | None
    photos: int
    at: datetime | None


def create(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    by: str,
    sizes: tuple[int, int],
    at: datetime,
) -> Batch:
    """A batch whose table and ZIP have these sizes in bytes, and a key of its own.

    Raises `BatchRefused`: `batch.too_large`, `batch.full`.
    """
    if not 0 < sizes[0] <= MOST_TABLE or not 0 < sizes[1] <= MOST_PHOTOS:
        raise BatchRefused("batch.too_large")
    held = select(func.count()).where(_mine(institution), EnrolBatch.state.in_(HOLDS_PHOTOS))
    if (conn.scalar(held) or 0) >= MOST_AT_ONCE:
        raise BatchRefused("batch.full")
    batch = new_id()
    conn.execute(
        insert(EnrolBatch).values(
            id=batch,
            institution=institution,
            created_by=by,
            created_at=at,
            state=State.UPLOADING,
            changed_at=at,
            key_sealed=keyring.store.wrap(new_key(), _place(batch)),
            table_bytes=sizes[0],
            photo_bytes=sizes[1],
        )
    )
    append(conn, institution, "batch.created", {"batch": batch, "by": by})
    return find(conn, institution, batch)


def key_of(keyring: KeyRing, batch: Batch) -> Secret:
    """What opens its folder. Raises `BatchRefused` (`batch.photos_gone`)."""
    if batch.key_sealed is None:
        raise BatchRefused("batch.photos_gone")
    return keyring.store.unwrap(batch.key_sealed, _place(batch.id))


def find(conn: Connection, institution: str, batch: str, *, lock: bool = False) -> Batch:
    """One batch of this institution. Raises `BatchRefused` (`batch.unknown`)."""
    asked = select(EnrolBatch.__table__).where(_mine(institution), EnrolBatch.id == batch)
    row = conn.execute(asked.with_for_update() if lock else asked).mappings().one_or_none()
    if row is None:
        raise BatchRefused("batch.unknown")
    return _batch(row)


def newest(conn: Connection, institution: str, most: int = 50) -> list[Batch]:
    """Batches, the newest first."""
    asked = select(EnrolBatch.__table__).where(_mine(institution))
    rows = conn.execute(asked.order_by(EnrolBatch.created_at.desc()).limit(most)).mappings()
    return [_batch(row) for row in rows]


def in_states(conn: Connection, institution: str, states: frozenset[State]) -> list[str]:
    """Ids of batches in any of these states."""
    asked = select(EnrolBatch.id).where(_mine(institution), EnrolBatch.state.in_(states))
    return list(conn.scalars(asked))


def move(
    conn: Connection, batch: Batch, to: State, by: str, at: datetime, note: str | None = None
) -> Batch:
    """From its state to the next, with a ledger entry; its key goes where the photos may go.

    The state may have changed since `batch` was read. Raises `BatchRefused` (`batch.state`).
    """
    found = find(conn, batch.institution, batch.id, lock=True)
    if to not in FOLLOWS[found.state]:
        raise BatchRefused("batch.state", f"{found.state} to {to}")
    said: dict[str, Any] = {"state": to, "changed_at": at, "note": note}
    if to not in HOLDS_PHOTOS:
        said["key_sealed"] = None
    conn.execute(update(EnrolBatch).where(EnrolBatch.id == batch.id).values(said))
    body: dict[str, Any] = {"batch": batch.id, "by": by}
    if to in (State.DONE, State.CANCELLED, State.UNDONE):
        body["counts"] = progress(conn, batch, at).counts
    append(conn, batch.institution, f"batch.{to}", body)
    return find(conn, batch.institution, batch.id)


def put_rows(conn: Connection, batch: Batch, lines: Sequence[int]) -> None:
    """Rows that are to be done, in place of any that stood there."""
    conn.execute(delete(EnrolBatchRow).where(EnrolBatchRow.batch == batch.id))
    rows = [{"batch": batch.id, "line": line, "institution": batch.institution} for line in lines]
    conn.execute(insert(EnrolBatchRow), rows)


def pending(conn: Connection, batch: str) -> set[int]:
    """Lines of which nothing became yet."""
    asked = select(EnrolBatchRow.line).where(
        EnrolBatchRow.batch == batch, EnrolBatchRow.outcome == "pending"
    )
    return set(conn.scalars(asked))


def finish(conn: Connection, batch: str, line: int, **said: object) -> None:
    """What became of a row, once. Raises `BatchRefused` (`batch.row_taken`) the second time."""
    done = conn.execute(
        update(EnrolBatchRow)
        .where(
            EnrolBatchRow.batch == batch,
            EnrolBatchRow.line == line,
            EnrolBatchRow.outcome == "pending",
        )
        .values(said)
    )
    if done.rowcount != 1:
        raise BatchRefused("batch.row_taken", str(line))


def progress(conn: Connection, batch: Batch, at: datetime) -> Progress:
    """How far it is, and how fast of late."""
    counted = conn.execute(
        select(EnrolBatchRow.outcome, func.count())
        .where(EnrolBatchRow.batch == batch.id)
        .group_by(EnrolBatchRow.outcome)
    )
    counts = Counter({row[0]: row[1] for row in counted})
    since = max(at - RATE_OVER, batch.changed_at)
    recent = conn.scalar(
        select(func.count()).where(EnrolBatchRow.batch == batch.id, EnrolBatchRow.at > since)
    )
    took = (at - since).total_seconds()
    return Progress(dict(counts), (recent or 0) / took if took > 1 else 0.0)


def lines(conn: Connection, batch: Batch, outcome: str = "", most: int | None = None) -> list[Line]:
    """Rows in their order, all or those of one outcome."""
    row = EnrolBatchRow
    asked = select(row.line, row.outcome, row.code, row.quality, row.photos, row.at).where(
        row.batch == batch.id
    )
    if outcome:
        asked = asked.where(row.outcome == outcome)
    return [Line(*found) for found in conn.execute(asked.order_by(row.line).limit(most))]


def _mine(institution: str) -> Any:
    return EnrolBatch.institution == institution


def _place(batch: str) -> str:
    return f"enrol_batches.key/{batch}"


def _batch(row: Any) -> Batch:
    return Batch(**{**row, "state": State(row["state"])})
