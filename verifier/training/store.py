"""Where practice happens: a PostgreSQL of its own, started when somebody practises.

It shares nothing with the hospital's store: not the server, not a table, not a key. So nothing that
is practised can reach the hospital's figures, ledger, feeds, alarms, back-ups or retention,
whatever a statement forgets. Its key ring lives in memory alone, so what is left on a disk after
a crash is unreadable, and a receipt of practice verifies nowhere.
"""

import fcntl
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Self

from sqlalchemy import Connection, insert, select, text

from verifier.protocol.values import now
from verifier.store import account
from verifier.store.account_tables import Account
from verifier.store.database import Database, open_embedded
from verifier.store.embedded import EmbeddedServer
from verifier.store.errors import StoreRefused
from verifier.store.metadata import Base
from verifier.store.schema import Institution

DATABASE = "training"
PREFIX = "TRAINING-"
MOST_CODE = 32


def code_of(institution: str) -> str:
    """What the invented institution is called: no hospital's code begins so."""
    return f"{PREFIX}{institution}"[:MOST_CODE]


class TrainingStore:
    """An open one. Whoever closes it wipes it."""

    def __init__(self, folder: Path, institution: str) -> None:
        """Opens it, empty, whatever an earlier process left there. Raises `StoreRefused`."""
        self.folder, self.institution = folder, code_of(institution)
        wipe(folder)
        self.database = _opened(folder, self.institution)
        self.database.migrate()

    @property
    def data(self) -> Path:
        """Folder of the photos that batches of training hold."""
        return self.folder / "data"

    def empty(self) -> None:
        """As if nobody had ever practised: the tables' files go, not only rows, and the photos."""
        names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        with self.database.owner.begin() as conn:
            conn.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        account.remove_tree(self.data)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.database.close()
        account.remove_tree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def hold(folder: Path) -> IO[bytes] | None:
    """The right to practise in this folder, until it is closed or the process ends; None where
    another process has it, or where nothing can be written.
    """
    with suppress(OSError), ExitStack() as given_up:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = given_up.enter_context(folder.with_suffix(".lock").open("wb"))
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        given_up.pop_all()
        return held
    return None


def wipe(folder: Path) -> None:
    """Remove the folder of a store that nobody uses any more, and stop what a crash left running.

    Who takes hold of such a server last stops it; one that cannot be started has nothing to stop.
    """
    if (folder / "cluster" / "PG_VERSION").exists():
        left = EmbeddedServer(folder, durable=False)
        with suppress(StoreRefused):
            left.start()
            left.close()
    account.remove_tree(folder)


def admit(conn: Connection, institution: str, who: str, login: str) -> None:
    """Whoever practises has an account here too, without a password: nobody signs in here."""
    if conn.scalar(select(Account.id).where(Account.id == who)) is None:
        row = {"id": who, "institution": institution, "login": login, "state": "active"}
        conn.execute(insert(Account).values(row | {"failures": 0, "created_at": now()}))


def found(conn: Connection, institution: str, name: str) -> None:
    """The invented institution. It takes simulated readings, as a demo hospital does."""
    row = {"code": institution, "name": name, "demo": True, "created_at": now()}
    conn.execute(insert(Institution).values(row))


def _opened(folder: Path, institution: str) -> Database:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A crash may lose all of it: the next start wipes it anyway.
    return open_embedded(EmbeddedServer(folder, durable=False), DATABASE, institution)
