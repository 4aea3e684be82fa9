"""A real PostgreSQL for tests: one embedded server and one database a worker.

Import what you need into a `conftest.py`.
"""

import atexit
import functools
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import pytest
from argon2 import PasswordHasher
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from models.types import PackInfo
from verifier.identity import consents, galleries, institutions, people
from verifier.identity.galleries import Gallery
from verifier.protocol.values import Consent, now
from verifier.store.database import Database, open_embedded
from verifier.store.embedded import EmbeddedServer
from verifier.store.metadata import Base
from verifier.trust.accounts import passwords
from verifier.trust.keys import KeyRing

INSTITUTION = "H99010100001"
PACK = PackInfo(name="test-pack", digest="A" * 43, dim=128, commercial_use=True)
_SHARED = "tests"


@functools.cache
def embedded_server() -> EmbeddedServer:
    """This worker's server. fsync is off: durability has its own test, with a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="shualian-test-"))
    server = EmbeddedServer(folder / "postgres", durable=False)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.close)
    with open_embedded(joined(server), _SHARED) as database:
        database.migrate()
    return server


def joined(server: EmbeddedServer) -> EmbeddedServer:
    """One more hold on the server."""
    return EmbeddedServer(server.folder, durable=False)


SLOW_HASHER = passwords._HASHER
"""The product's own."""


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Argon2id in a hundredth of the time: thousands of tests sign in.

    What is said of passwords themselves is tested with the product's own settings, and so is every
    verifier that is a process of its own.
    """
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", quick)
        patch.setattr(passwords, "_NOBODYS", quick.hash(secrets.token_hex()))
        yield


@pytest.fixture
def database() -> Iterator[Database]:
    """A migrated database without a row; it is used again, so leave its tables as they are."""
    server = embedded_server()
    _admin(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{_SHARED}'",  # a thread of an earlier test may still hold a lock
    )
    with open_embedded(joined(server), _SHARED) as opened:
        with opened.owner.begin() as connection:
            connection.exec_driver_sql(_empty())
        with quick_passwords():
            yield opened


@functools.cache
def _empty() -> str:
    """Every table's rows deleted in one round trip: thousands of tests begin with it."""
    return ";".join(f"DELETE FROM {table}" for table in reversed(Base.metadata.sorted_tables))


@pytest.fixture
def own_database() -> Iterator[Database]:
    """A migrated database that is dropped after the test, which may do what it likes to it."""
    server = embedded_server()
    name = f"test_{secrets.token_hex(6)}"
    with open_embedded(joined(server), name) as opened:
        opened.migrate()
        yield opened
    _admin(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def keyring() -> KeyRing:
    """Keys in memory."""
    return KeyRing.new()


@pytest.fixture
def institution(database: Database) -> str:
    """The code of a demo institution that the database knows."""
    with database.app.begin() as conn:
        institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
    return INSTITUTION


@pytest.fixture
def gallery(database: Database, keyring: KeyRing, institution: str) -> Gallery:
    """The institution's open gallery, 128 dimensions."""
    with database.app.begin() as conn:
        return galleries.open_gallery(conn, keyring, institution, PACK)


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    """A connection of the app's role; what the test does is rolled back unless it commits."""
    with database.app.connect() as connection:
        yield connection


@dataclass(frozen=True)
class Somebody:
    """A registered person with a consent in force."""

    id: str
    consent: str


def register_somebody(
    conn: Connection, keyring: KeyRing, institution: str, number: str, name: str = "张三"
) -> Somebody:
    """A person with this number, and a separate consent."""
    person = people.register_person(conn, keyring, institution, number=number, name=name)
    consent = consents.record(
        conn,
        institution,
        person,
        kind=Consent.SEPARATE,
        notice_version="2025-01",
        given_at=now(),
        evidence="paper form 1",
    )
    return Somebody(person, consent)


def unit_vectors(count: int, dim: int = 128, seed: int = 0) -> NDArray[np.float32]:
    """Random directions, float32 (count, dim)."""
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def wait_for_a_lock(database: Database) -> None:
    """Ask the server until a connection to this database waits for a lock, 30 s at most."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    deadline = threading.Event()
    timer = threading.Timer(30, deadline.set)
    timer.start()
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        while not conn.scalar(query):
            assert not deadline.is_set(), "nobody waits"
    timer.cancel()


def dump(conn: Connection) -> bytes:
    """Every row of every table, as text and with binary columns as raw bytes."""
    tables = conn.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    parts: list[bytes] = []
    for table in tables:
        for row in conn.execute(text(f"SELECT * FROM {table}")):
            parts += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\0".join(parts)


def _admin(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
