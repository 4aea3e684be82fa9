"""The embedded server: private, shared by processes, and there again after whatever killed it."""

import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from verifier.store.database import open_embedded
from verifier.store.embedded import MAX_SOCKET_PATH, SOCKET_NAME, EmbeddedServer
from verifier.store.errors import StoreRefused

REPOSITORY = Path(__file__).parents[2]

HOLDER = """
import sys
from pathlib import Path
from verifier.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), durable=False)
server.start()
print("holding", flush=True)
sys.stdin.read()
server.close()
"""


BECOME_NOBODY = """
import os
import psycopg.pq
from verifier.store import embedded
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder of the test's own; a server that is left in it is stopped."""
    with tempfile.TemporaryDirectory(prefix="shualian-test-") as name:
        place = Path(name) / "data" / "postgres"
        yield place
        if (place / "cluster").exists():
            server = EmbeddedServer(place, durable=False)
            server.start()
            server.close()


def holder(folder: Path) -> "subprocess.Popen[str]":
    """Another process that holds the server until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    return process


def answers(server: EmbeddedServer) -> bool:
    """True if something answers on the server's socket."""
    try:
        psycopg.connect(server.dsn()).close()
    except psycopg.OperationalError:
        return False
    return True


def setting(server: EmbeddedServer, name: str) -> str:
    """What the running server says of one of its settings."""
    with psycopg.connect(server.dsn()) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def postmaster(server: EmbeddedServer) -> int:
    """The server's process."""
    return int((server.cluster / "postmaster.pid").read_text().split("\n")[0])


def end(pid: int) -> None:
    """SIGKILL, and wait until the process is gone."""
    watched = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    select.select([watched], [], [], 10)
    os.close(watched)


def test_nobody_else_reaches_the_server_and_commits_are_durable(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.start()
    try:
        assert setting(server, "listen_addresses") == ""
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [setting(server, name) for name in ("fsync", "synchronous_commit")] == ["on", "on"]
    finally:
        server.close()
    assert not answers(server)


@pytest.mark.parametrize("deep", ["x" * 120, "with space, comma and 汉字"])
def test_a_data_folder_that_no_socket_path_can_hold_works(folder: Path, deep: str) -> None:
    server = EmbeddedServer(folder / deep, durable=False)
    server.start()
    try:
        assert len(os.fsencode(server.socket_folder / SOCKET_NAME)) <= MAX_SOCKET_PATH
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
        assert answers(server)
    finally:
        server.close()


def test_a_socket_folder_that_belongs_to_somebody_else_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    server = EmbeddedServer(folder / ("x" * 120), durable=False)
    server.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(StoreRefused) as refused:
            server.start()
    finally:
        server.socket_folder.unlink()
    assert refused.value.code == "database.folder_unsafe"


def test_the_last_who_leaves_stops_the_server(folder: Path) -> None:
    first, second = EmbeddedServer(folder, durable=False), EmbeddedServer(folder, durable=False)
    first.start()
    second.start()
    first.close()
    assert answers(second)
    second.close()
    assert not answers(second)


def test_a_killed_user_neither_stops_the_server_nor_keeps_it_running(folder: Path) -> None:
    other = holder(folder)
    mine = EmbeddedServer(folder, durable=False)
    mine.start()
    other.kill()
    other.wait()
    assert answers(mine)
    mine.close()
    assert not answers(mine)


def test_who_comes_after_the_last_user_was_killed_finds_the_server(folder: Path) -> None:
    other = holder(folder)
    other.kill()
    other.wait()
    mine = EmbeddedServer(folder, durable=False)
    mine.start()
    assert answers(mine)
    mine.close()
    assert not answers(mine)


def test_two_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    folder.mkdir(parents=True)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in both if process.stdout] == ["holding\n"] * 2
    server = EmbeddedServer(folder, durable=False)
    for process in both:
        assert answers(server)
        process.communicate()
    assert not answers(server)


def test_a_killed_postmaster_recovers_with_what_was_committed(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.start()
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    end(postmaster(server))
    server.revive()
    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    server.close()


def test_an_open_database_works_again_after_its_server_was_killed(folder: Path) -> None:
    server = EmbeddedServer(folder)
    with open_embedded(server) as database:
        database.migrate()
        end(postmaster(server))
        database.revive()
        with database.app.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM ledger")) == 0


def test_a_stale_pid_file_that_names_a_living_process_does_not_stop_the_start(
    folder: Path,
) -> None:
    server = EmbeddedServer(folder, durable=False)
    server.start()
    content = (server.cluster / "postmaster.pid").read_text()
    pid = postmaster(server)
    server.close()
    (server.cluster / "postmaster.pid").write_text(content.replace(str(pid), str(os.getpid()), 1))
    server.start()
    assert answers(server)
    server.close()


def test_a_killed_initialisation_leaves_nothing_half_made(folder: Path) -> None:
    (folder / "cluster.new").mkdir(parents=True)
    (folder / "cluster.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer(folder, durable=False)
    server.start()
    assert answers(server)
    server.close()


def test_data_of_another_major_version_are_refused(folder: Path) -> None:
    (folder / "cluster").mkdir(parents=True)
    (folder / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StoreRefused) as refused:
        EmbeddedServer(folder).start()
    assert refused.value.code == "database.other_version"
    (folder / "cluster" / "PG_VERSION").unlink()
    (folder / "cluster").rmdir()


def test_a_server_that_cannot_start_says_its_last_words(folder: Path) -> None:
    server = EmbeddedServer(folder, durable=False)
    server.start()
    server.close()
    (server.cluster / "global" / "pg_control").rename(folder / "pg_control")
    with pytest.raises(StoreRefused) as refused:
        server.start()
    assert refused.value.code == "database.not_started"
    assert "pg_control" in str(refused.value) or "database system" in str(refused.value)
    (folder / "pg_control").rename(server.cluster / "global" / "pg_control")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_who_is_not_root_runs_the_server_as_himself() -> None:
    with tempfile.TemporaryDirectory(prefix="shualian-test-") as name:
        place = Path(name)
        os.chown(place, 65534, 65534)
        done = subprocess.run(
            [sys.executable, "-c", BECOME_NOBODY + HOLDER, str(place / "postgres")],
            input="",
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            check=False,
        )
        assert (done.stdout, done.returncode) == ("holding\n", 0), done.stderr
        assert (place / "postgres" / "cluster").stat().st_uid == 65534


def test_no_tcp_port_is_opened(folder: Path) -> None:
    server = EmbeddedServer(folder, durable=False)
    server.start()
    try:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", 5432)) != 0
    finally:
        server.close()
