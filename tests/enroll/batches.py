"""A batch handed over without pages: its parts sealed in their folder, its rows in the store."""

import io
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from enroll.batch import launching, running, store
from enroll.batch.running import Work
from enroll.batch.spool import PART_BYTES, Spool
from enroll.batch.states import State
from enroll.batch.store import Batch
from enroll.service import Enroller
from models.engine import FaceEngine
from verifier.identity.galleries import Gallery
from verifier.policy.models import Policy
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

CLERK = "c" * 22


def packed(photos: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP of photos."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in photos:
            archive.writestr(name, data)
    return made.getvalue()


def hand_over(
    database: Database, keyring: KeyRing, institution: str, data: Path, table: bytes, photos: bytes
) -> Batch:
    """A batch that is ready to start."""
    with database.app.begin() as conn:
        sizes = (len(table), len(photos))
        batch = store.create(conn, keyring, institution, CLERK, sizes, now())
    kept = Spool(data, batch.id, store.key_of(keyring, batch))
    kept.write("table", 0, table)
    for index in range(0, len(photos), PART_BYTES):
        kept.write("photos", index // PART_BYTES, photos[index : index + PART_BYTES])
    lines = [row.line for row in running.read_table(kept, batch).rows]
    with database.app.begin() as conn:
        ready = store.move(conn, batch, State.READY, CLERK, now())
        store.put_rows(conn, ready, lines)
    return ready


def moved(database: Database, batch: Batch, to: State) -> Batch:
    """The batch in its next state."""
    with database.app.begin() as conn:
        return store.move(conn, batch, to, CLERK, now())


@dataclass
class Desk:
    """Batches of one institution, worked at in this process."""

    database: Database
    keyring: KeyRing
    gallery: Gallery
    policy: Policy
    enroller: Enroller
    faces: FaceEngine
    data: Path

    def batch(self, table: bytes, photos: Sequence[tuple[str, bytes]]) -> Batch:
        """One that is ready."""
        return hand_over(
            self.database, self.keyring, self.gallery.institution, self.data, table, packed(photos)
        )

    def work(self, batch: Batch, stop_after: int | None = None) -> State:
        """What a process does, up to so many rows."""
        stop, told = threading.Event(), []

        def one_more() -> None:
            told.append(1)
            if len(told) == stop_after:
                stop.set()

        parts = Work(
            engine=self.database.app,
            keyring=self.keyring,
            gallery=self.gallery,
            policy=self.policy,
            data=self.data,
            enroller=self.enroller,
            faces=self.faces,
            workers=1,
            stop=stop,
            told=one_more,
        )
        return running.work(parts, batch.id)

    def run(self, batch: Batch, stop_after: int | None = None) -> State:
        """Started, and worked at."""
        moved(self.database, batch, State.RUNNING)
        return self.work(batch, stop_after)

    def outcomes(self, batch: Batch) -> list[str]:
        """What became of each row, in short."""
        with self.database.app.connect() as conn:
            return [line.code or line.outcome for line in store.lines(conn, batch)]

    def count(self, table: str) -> int:
        """Rows of a table."""
        with self.database.app.connect() as conn:
            return int(conn.scalar(text(f"SELECT count(*) FROM {table}")) or 0)

    def entries(self) -> list[str]:
        """Kinds of the ledger's entries about batches."""
        with self.database.app.connect() as conn:
            asked = "SELECT kind FROM ledger WHERE kind LIKE 'batch.%' ORDER BY seq"
            return list(conn.scalars(text(asked)))

    def tidy(self) -> int:
        """Folders that were left over."""
        return launching.tidy(self.database.app, self.gallery.institution, self.data)
