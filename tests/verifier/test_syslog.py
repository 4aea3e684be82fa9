"""Log lines at the hospital's collector, over real sockets."""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from shualian.tls import app as tls
from verifier.api import logs
from verifier.api import syslog as sending
from verifier.api.syslog import Collector, Syslog
from verifier.settings import SettingsRefused, load

FRAME = re.compile(
    rb"^<(\d+)>1 (\S+) (\S+) shualian (\d+) (\S+) - \xef\xbb\xbf(\{.*\})$", re.DOTALL
)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def collector(transport: str, server: socket.socket, ca: Path | None = None) -> Collector:
    return Collector.of(f"{transport}://127.0.0.1:{server.getsockname()[1]}", ca)


def frames(line: socket.socket, count: int) -> list[bytes]:
    found, buffer = [], b""
    while len(found) < count:
        while b" " not in buffer or len(buffer.split(b" ", 1)[1]) < int(buffer.split(b" ", 1)[0]):
            got = line.recv(65536)
            assert got, "closed too early"
            buffer += got
        size, rest = buffer.split(b" ", 1)
        found.append(rest[: int(size)])
        buffer = rest[int(size) :]
    return found


def test_events_arrive_as_rfc_5424_over_tcp(listening: socket.socket) -> None:
    with Syslog(collector("tcp", listening)) as syslog:
        logs.configure(syslog)
        log = structlog.get_logger("verifier")
        log.info("claim.answered", outcome="accepted")
        log.error("terminal.clone_suspected", terminal="终端")
        line, _ = listening.accept()
        with line:
            first, second = (FRAME.match(frame) for frame in frames(line, 2))
    assert first is not None
    assert second is not None
    assert (first[1], second[1]) == (b"110", b"107"), "facility 13; info, error"
    assert second[5] == b"terminal.clone_suspected"
    said = json.loads(second[6])
    assert (said["terminal"], said["level"]) == ("终端", "error")
    assert first[2].decode() == json.loads(first[6])["timestamp"]


def test_a_datagram_is_one_message() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        with Syslog(collector("udp", server)) as syslog:
            syslog.put({"event": "x y\n", "level": "warning", "timestamp": "2026"}, "{}")
            assert (found := FRAME.match(server.recv(4096)))
    assert (found[1], found[5]) == (b"108", b"x_y_")


def test_tls_trusts_the_named_authority_alone(listening: socket.socket, tmp_path: Path) -> None:
    made = tmp_path / "tls"
    for arguments in (["ca", "Hospital CA"], ["server", "127.0.0.1"]):
        done = CliRunner().invoke(tls, [*arguments, "--folder", str(made)])
        assert done.exit_code == 0, done.output
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made / "server.crt", made / "server.key")
    with Syslog(collector("tls", listening)) as syslog:
        syslog.put({"event": "a"}, "{}")
        plain, _ = listening.accept()
        with pytest.raises(ssl.SSLError), context.wrap_socket(plain, server_side=True) as line:
            line.recv(1)
    with Syslog(collector("tls", listening, made / "ca.crt")) as syslog:
        syslog.put({"event": "a"}, "{}")
        plain, _ = listening.accept()
        with context.wrap_socket(plain, server_side=True) as line:
            assert FRAME.match(frames(line, 1)[0].replace(b"1 - ", b"1 2026 "))


def test_a_collector_that_comes_back_gets_what_waited(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RETRY_S", 0.05)
    where = collector("tcp", listening)
    listening.close()
    with Syslog(where) as syslog:
        for number in range(3):
            syslog.put({"event": f"n{number}"}, "{}")
        with socket.create_server(("127.0.0.1", where.port)) as again:
            again.settimeout(20)
            line, _ = again.accept()
            with line:
                assert [b"n%d" % n in frame for n, frame in enumerate(frames(line, 3))] == [
                    True
                ] * 3


def test_a_collector_that_stays_away_costs_the_oldest_lines_and_nobody_waits(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = collector("tcp", listening)
    listening.close()
    syslog = Syslog(where)
    for number in range(sending.MOST_WAITING + 5):
        syslog.put({"event": str(number)}, "{}")
    assert syslog.lost == 5


@pytest.mark.parametrize("url", ["http://127.0.0.1", "tcp://", "tls://a@b", "udp://127.0.0.1/x"])
def test_what_is_no_collector_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|://"):
        Collector.of(url)
    with pytest.raises(SettingsRefused) as refused:
        load(syslog=url, mode="on_device").check()
    assert refused.value.code in ("settings.invalid", "settings.public_address")


def test_logs_do_not_leave_the_hospital() -> None:
    with pytest.raises(SettingsRefused) as refused:
        load(syslog="tls://8.8.8.8:6514", mode="on_device").check()
    assert refused.value.code == "settings.public_address"
    load(syslog="tls://10.1.2.3:6514", mode="on_device").check()
