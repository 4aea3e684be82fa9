"""A batch whose processes are killed, as the power or the kernel kills them, on real processes."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from codes.id_number import check_digit
from enroll.batch import store
from enroll.batch.states import State
from enroll.batch.store import Batch
from models.engine import FaceEngine
from verifier.identity import institutions
from verifier.identity.galleries import open_gallery
from verifier.settings import Settings
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from .batches import hand_over, moved, packed
from .conftest import Invented, line_of, table_of

REPOSITORY = Path(__file__).parents[2]
INSTITUTION = "H99010100001"
ROWS = 24
PATIENCE_S = 300


def numbered(index: int) -> Invented:
    """Somebody born in 1970."""
    number = f"9901011970{1 + index // 28:02d}{1 + index % 28:02d}001"
    return Invented(number + check_digit(number), f"张{index}")


def lines() -> list[str]:
    """Rows over six faces: whoever comes later was told apart from whoever came before."""
    people = [numbered(index) for index in range(ROWS)]
    found = []
    for index, person in enumerate(people):
        before = ";".join(other.number for other in people[index % 6 : index : 6])
        found.append(f"{line_of(person, f'{index}.jpg')},{before}")
    return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A hospital's verifier in a folder of its own."""
    pia = tmp_path / "pia.md"
    pia.write_text("assessed")
    return Settings(
        data=tmp_path / "d",
        institution=INSTITUTION,
        port=0,
        mode="central",
        pia=pia,
        notice_version="2025-11",
    )


def environment(settings: Settings) -> dict[str, str]:
    """The same, as a process reads it."""
    said = {
        "DATA": str(settings.data),
        "INSTITUTION": settings.institution,
        "PORT": "0",
        "MODE": "central",
        "PIA": str(settings.pia),
        "NOTICE_VERSION": "2025-11",
    }
    return {**os.environ, **{f"SHUALIAN_{name}": value for name, value in said.items()}}


def served(settings: Settings) -> "subprocess.Popen[str]":
    """A verifier with the pages on it, which goes on with what was at work."""
    command = [sys.executable, "-m", "shualian", "verifier", "serve"]
    process = subprocess.Popen(
        command, env=environment(settings), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("verifier of"), "it does not start"
    return process


def worker_of(batch: Batch) -> int | None:
    """The process at work on a batch."""
    for folder in Path("/proc").iterdir():
        try:
            said = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if batch.id.encode() in said:
            return int(folder.name)
    return None


def until(found: Callable[[], bool]) -> None:
    """Ask until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finished(database: Database, batch: Batch) -> int:
    """Rows of which something became."""
    with database.app.connect() as conn:
        return store.progress(conn, batch, batch.created_at).finished


def state_of(database: Database, batch: Batch) -> State:
    with database.app.connect() as conn:
        return store.find(conn, INSTITUTION, batch.id).state


def test_a_worker_whose_work_is_done_ends_well_while_the_verifier_lives() -> None:
    waiting = "from enroll.batch import worker; threading.Thread(target=worker._until_alone, "
    program = (
        f"import threading; stop = threading.Event(); {waiting}args=(stop,), daemon=True).start(); "
        "print('waits', flush=True); stop.wait({wait})"
    )
    for wait, closed in ((0.5, False), (60, True)):
        process = subprocess.Popen(
            [sys.executable, "-c", program.replace("{wait}", str(wait))],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"waits\n"
        if closed:
            process.stdin.close()
        assert process.wait(30) == 0, "else it is started again for nothing"
        process.stdout.close()
        process.stdin.close()


def test_neither_a_killed_worker_nor_a_killed_verifier_loses_or_doubles_a_row(
    settings: Settings, engine: FaceEngine, photo_bytes: list[bytes]
) -> None:
    keyring = KeyRing.load_or_create(settings.keys)
    photos = packed([(f"{i}.jpg", photo_bytes[i % 6] + b"\0" * i) for i in range(ROWS)])
    table = table_of(*lines()).replace(b"consented_at", b"consented_at,look_alike", 1)
    with open_database(settings) as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
            open_gallery(conn, keyring, INSTITUTION, engine.pack)
        batch = hand_over(database, keyring, INSTITUTION, settings.data, table, photos)
        moved(database, batch, State.RUNNING)
        verifier = served(settings)
        try:
            until(lambda: finished(database, batch) >= 3)
            worker = worker_of(batch)
            assert worker is not None
            os.kill(worker, signal.SIGKILL)
            until(lambda: worker_of(batch) not in (None, worker))
            before = finished(database, batch)
            until(lambda: finished(database, batch) > before)
            verifier.kill()
            verifier.wait()
            until(lambda: worker_of(batch) is None)
            assert state_of(database, batch) is State.RUNNING
            verifier = served(settings)
            until(lambda: state_of(database, batch) is State.DONE)
        finally:
            verifier.terminate()
            verifier.wait(60)
        with database.app.connect() as conn:
            rows = store.lines(conn, batch)
            people = conn.scalars(text("SELECT person FROM templates")).all()
            numbers = conn.scalar(text("SELECT count(*) FROM identifiers"))
            consents = conn.scalar(text("SELECT count(*) FROM consents"))
    assert Counter(row.outcome for row in rows) == {"enrolled": ROWS}
    assert len(people) == len(set(people)) == numbers == consents == ROWS
    assert not list((settings.data / "batches").iterdir())
