"""Log lines to the hospital's collector, as RFC 5424 messages.

Over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425). Lines are handed to one thread and never
wait: a collector that is away costs the oldest lines, which are counted, and no visit a
millisecond. The same lines stand on standard error, for the service manager to keep.
"""

import os
import re
import socket
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

MOST_WAITING = 10_000
RETRY_S = 5.0
CONNECT_S = 5.0
FLUSH_S = 2.0
FACILITY = 13
"""Log audit (RFC 5424 §6.2.1)."""

_SEVERITY = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_NOT_NAME = re.compile(r"[^!-~]")
_MOST_UDP = 2048


@dataclass(frozen=True)
class Collector:
    """Where lines go."""

    transport: Literal["udp", "tcp", "tls"]
    host: str
    port: int
    ca: Path | None = None

    @classmethod
    def of(cls, url: str, ca: Path | None = None) -> Self:
        """From `udp://host:514`, `tcp://host:601` or `tls://host:6514`. Raises `ValueError`."""
        said = urlsplit(url)
        match said.scheme:
            case "udp" | "tcp" | "tls" as transport:
                port = said.port or {"udp": 514, "tcp": 601, "tls": 6514}[transport]
            case _:
                raise ValueError("udp://, tcp:// or tls://")
        if not said.hostname or said.path not in ("", "/") or said.query or said.username:
            raise ValueError("a host and a port, nothing else")
        return cls(transport, said.hostname, port, ca)


class Syslog:
    """Sends lines in a thread of its own. Use it as a context manager."""

    def __init__(self, collector: Collector, app: str = "shualian") -> None:
        self._collector, self._app = collector, app
        self._host = _name(socket.gethostname(), 255)
        self._lines: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._wake, self._closed = threading.Condition(), False
        self._thread = threading.Thread(target=self._keep, name="syslog", daemon=True)
        self.lost = 0
        """Lines that a collector which was away did not get."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send what waits, two seconds at most."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(FLUSH_S)

    def put(self, event: Mapping[str, Any], rendered: str) -> None:
        """One event, and the JSON that says it. Never waits."""
        with self._wake:
            self.lost += len(self._lines) == MOST_WAITING
            self._lines.append(self.message(event, rendered))
            self._wake.notify()

    def message(self, event: Mapping[str, Any], rendered: str) -> bytes:
        """RFC 5424 §6: header, no structured data, and the JSON in UTF-8 behind its mark."""
        severity = _SEVERITY.get(str(event.get("level")), 6)
        head = " ".join(
            (
                f"<{FACILITY * 8 + severity}>1",
                str(event.get("timestamp") or "-"),
                self._host,
                self._app,
                str(os.getpid()),
                _name(str(event.get("event") or "-"), 32),
                "-",
            )
        )
        return head.encode("ascii", "replace") + b" \xef\xbb\xbf" + rendered.encode()

    def _keep(self) -> None:
        line: socket.socket | None = None
        while (message := self._next()) is not None:
            try:
                line = line or self._connected()
                line.sendall(self._framed(message))
            except OSError:
                if line is not None:
                    line.close()
                line = None
                self._put_back(message)
                if self._paused():
                    return
        if line is not None:
            line.close()

    def _next(self) -> bytes | None:
        """The oldest line, waited for; None at the end."""
        with self._wake:
            self._wake.wait_for(lambda: self._lines or self._closed)
            return self._lines.popleft() if self._lines else None

    def _put_back(self, message: bytes) -> None:
        with self._wake:
            if len(self._lines) == MOST_WAITING:
                self.lost += 1
            else:
                self._lines.appendleft(message)

    def _paused(self) -> bool:
        """After a failure; True when it is the end."""
        with self._wake:
            return self._closed or self._wake.wait_for(lambda: self._closed, RETRY_S)

    def _connected(self) -> socket.socket:
        where = (self._collector.host, self._collector.port)
        if self._collector.transport == "udp":
            family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
            datagrams = socket.socket(family, socket.SOCK_DGRAM)
            datagrams.connect(where)
            return datagrams
        line = socket.create_connection(where, CONNECT_S)
        if self._collector.transport == "tcp":
            return line
        trust = ssl.create_default_context(cafile=self._collector.ca)
        trust.minimum_version = ssl.TLSVersion.TLSv1_2
        return trust.wrap_socket(line, server_hostname=where[0])

    def _framed(self, message: bytes) -> bytes:
        """Octet counting (RFC 6587 §3.4.1, RFC 5425 §4.3); a datagram is its own frame."""
        if self._collector.transport == "udp":
            return message[:_MOST_UDP]
        return str(len(message)).encode() + b" " + message


def _name(text: str, longest: int) -> str:
    return _NOT_NAME.sub("_", text)[:longest] or "-"
