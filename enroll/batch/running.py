"""The job itself: row by row, each committed with its enrolment, so that none is lost or doubled.

One process at a time works at a batch: it holds a lock of the store, which the store takes back
when that process dies, however it dies.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text, update

from verifier.identity import erasure, templates
from verifier.identity.galleries import Gallery
from verifier.policy.models import Policy
from verifier.protocol.values import now
from verifier.store.batch_tables import EnrolBatchRow
from verifier.store.schema import Template
from verifier.trust.keys import KeyRing

from ..application import CHINA, application_of
from ..errors import EnrollRefused, PersonRefused
from ..importing import Import, RowResult
from ..samples import Faces
from ..service import Enrolled, Enroller
from ..table import Row, Table
from . import sheet, spool, store
from .launching import WORKER
from .states import BatchRefused, State
from .store import Batch
from .zipped import ZippedPhotos

_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('shualian:batch:' || :batch, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('shualian:batch:' || :batch, 0))")


@dataclass(frozen=True)
class Work:
    """What a job needs besides its batch.

    Attributes:
        data: folder in which batches wait.
        enroller: None where nobody is to be enrolled, only taken back.
        workers: threads that judge photos.
        stop: set it to end after the row at hand; the batch goes on where it stood.
        told: after each row.
    """

    engine: Engine
    keyring: KeyRing
    gallery: Gallery
    policy: Policy
    data: Path
    enroller: Enroller
    faces: Faces
    workers: int
    stop: threading.Event
    clock: Callable[[], datetime] = now
    told: Callable[[], None] = lambda: None


def work(parts: Work, batch: str) -> State:
    """Do what the batch's state asks for; its state then.

    Somebody else's batch at work is left alone. Raises `BatchRefused`, `EnrollRefused`; what was
    done until then stays done.
    """
    with alone(parts.engine, batch) as mine:
        found = _found(parts, batch)
        if not mine:
            return found.state
        if found.state is State.RUNNING:
            _enrol(parts, found)
        elif found.state is State.UNDOING:
            _take_back(parts, found)
    return _found(parts, batch).state


@contextmanager
def alone(engine: Engine, batch: str) -> Iterator[bool]:
    """Whether nobody else is at work on this batch, and nobody will be."""
    with engine.connect() as conn:
        mine = bool(conn.scalar(_TRY_LOCK, {"batch": batch}))
        conn.commit()  # the lock is the session's, and no transaction stays open with it
        try:
            yield mine
        finally:
            if mine:
                conn.execute(_UNLOCK, {"batch": batch})
                conn.commit()


def read_table(parts_spool: spool.Spool, batch: Batch) -> Table:
    """The batch's table. Raises `BatchRefused`."""
    return sheet.read(parts_spool.open("table", batch.table_bytes).read())


def open_photos(parts_spool: spool.Spool, batch: Batch) -> ZippedPhotos:
    """The batch's ZIP. Raises `BatchRefused`."""
    return ZippedPhotos(parts_spool.open("photos", batch.photo_bytes))


def _found(parts: Work, batch: str) -> Batch:
    with parts.engine.connect() as conn:
        return store.find(conn, parts.gallery.institution, batch)


def _enrol(parts: Work, batch: Batch) -> None:
    """Every row that is pending. Ends early where the batch is paused or cancelled meanwhile."""
    kept = spool.Spool(parts.data, batch.id, store.key_of(parts.keyring, batch))
    rows = read_table(kept, batch).rows
    with parts.engine.connect() as conn:
        left = store.pending(conn, batch.id)
    run = Import(
        parts.enroller,
        parts.faces,
        open_photos(kept, batch),
        parts.policy,
        parts.workers,
        parts.stop,
        lambda conn, result, done: _journal(conn, batch, result, done, parts.clock()),
    )
    todo = [row for row in rows if row.line in left]
    finished = [row for row in rows if row.line not in left]
    for result in run.run(todo, _numbers(finished, parts.policy)):
        if result.outcome not in ("enrolled", "updated"):
            with parts.engine.begin() as conn:
                store.finish(conn, batch.id, result.line, **_said(result, parts.clock()))
        parts.told()
        if _found(parts, batch.id).state is not State.RUNNING:
            return
    if not parts.stop.is_set():
        _end(parts, batch, State.DONE)


def _journal(
    conn: Connection, batch: Batch, result: RowResult, done: Enrolled, at: datetime
) -> None:
    """In the transaction that enrols; a row that changes nothing is written down after it."""
    if done.outcome != "already_enrolled":
        template = conn.scalar(select(Template.id).where(Template.person == done.person))
        made = {"person": done.person, "template": template}
        store.finish(conn, batch.id, result.line, **_said(result, at), **made)


def _said(result: RowResult, at: datetime) -> dict[str, object]:
    return {
        "outcome": result.outcome,
        "code": result.code,
        "quality": result.quality,
        "photos": result.photos_used,
        "at": at,
    }


def _numbers(rows: list[Row], policy: Policy) -> Iterator[str]:
    """Numbers of rows that were done before, so that one that comes again is still told."""
    today = datetime.now(CHINA).date()
    for row in rows:
        try:
            yield application_of(row, policy, today).number.number
        except PersonRefused:
            continue


def _take_back(parts: Work, batch: Batch) -> None:
    """Withdraw everybody whose template is still the one that this batch made."""
    row = EnrolBatchRow
    asked = select(row.line).where(
        row.batch == batch.id, row.outcome == "enrolled", row.person.is_not(None)
    )
    with parts.engine.connect() as conn:
        found = conn.scalars(asked.order_by(row.line)).all()
    for line in found:
        if parts.stop.is_set():
            return
        with parts.engine.begin() as conn:
            _take_one_back(conn, parts, batch, line)
        parts.told()
    _end(parts, batch, State.UNDONE)


def _take_one_back(conn: Connection, parts: Work, batch: Batch, line: int) -> None:
    """Asked again under the gallery's lock: the person may have come to the desk meanwhile."""
    row = EnrolBatchRow
    templates.one_writer(conn, parts.gallery)
    this = (row.batch == batch.id, row.line == line)
    person = conn.scalar(
        select(row.person).join(Template, Template.id == row.template).where(*this)
    )
    if person is not None:
        erasure.withdraw(conn, parts.gallery, person, by=WORKER, reason="batch")
        conn.execute(update(row).where(*this).values(outcome="taken_back", at=parts.clock()))


def _end(parts: Work, batch: Batch, state: State) -> None:
    """Finished; the photos go at once."""
    try:
        with parts.engine.begin() as conn:
            store.move(conn, batch, state, WORKER, parts.clock())
    except BatchRefused:
        return  # it was paused or cancelled while the last row was done
    spool.remove(parts.data, batch.id)


def interrupted(error: Exception) -> str:
    """The code for the batch's note, where a job could not go on."""
    known = isinstance(error, BatchRefused | EnrollRefused)
    return str(getattr(error, "code", "batch.failed")) if known else "batch.failed"
