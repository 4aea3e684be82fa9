"""`python -m enroll.batch.worker BATCH`: one batch in a process of its own, at low priority.

Apart from the verifier, so that pictures that anybody may have made are decoded where nothing else
is at stake, and so that terminals are answered first. It ends after the row at hand when whoever
started it is gone (its standard input ends), on SIGTERM, and when the batch is paused.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from models.engine import load_engine
from verifier.identity.galleries import find_gallery
from verifier.policy.load import load_policy
from verifier.protocol.values import now
from verifier.settings import Settings, load
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from ..compose import calibration_of
from ..rules import EnrollSettings, EnrolRules
from ..service import Enroller
from . import launching, running
from .running import Work
from .states import AT_WORK, BatchRefused

NICE: Final = 10
LATER: Final = 75
"""Exit code (EX_TEMPFAIL): something outside the batch was not there; try again."""


def main(batch: str) -> int:
    """0: the batch needs no more work now; `LATER` otherwise."""
    os.nice(NICE)
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    threading.Thread(target=_until_alone, args=(stop,), daemon=True).start()
    settings = load()
    settings.check()
    with open_work(settings, stop) as (database, parts):
        try:
            state = running.work(parts, batch)
        except Exception as error:
            note = running.interrupted(error)
            sys.stderr.write(f"batch {batch}: {note} ({type(error).__name__})\n")
            if note == "enroll.database_lost":
                return LATER
            launching.pause(database.app, settings.institution, batch, now(), note)
            return 0
    return LATER if state in AT_WORK and stop.is_set() else 0


@contextmanager
def open_work(settings: Settings, stop: threading.Event) -> Iterator[tuple[Database, Work]]:
    """What a job needs, by the verifier's own settings. Raises as `compose.open_import` does."""
    policy = load_policy(settings.policy).policy
    workers = max(1, settings.threads)
    engine = load_engine(settings.pack, threads=1)
    rules = EnrolRules(calibration_of(engine), EnrollSettings())
    keyring = KeyRing.load(settings.keys)
    with open_database(settings) as database:
        with database.app.connect() as conn:
            gallery = find_gallery(conn, keyring, settings.institution)
        if gallery is None:
            raise BatchRefused("batch.unknown", "the institution has no gallery")
        enroller = Enroller(database.app, keyring, gallery, rules)
        yield (
            database,
            Work(
                engine=database.app,
                keyring=keyring,
                gallery=gallery,
                policy=policy,
                data=settings.data,
                enroller=enroller,
                faces=engine,
                workers=workers,
                stop=stop,
            ),
        )


def _until_alone(stop: threading.Event) -> None:
    """Whoever started this holds the other end of the pipe for as long as it lives."""
    # Not through the buffered reader: who waits in it holds a lock for which the interpreter waits
    # when the work is done, and aborts.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
