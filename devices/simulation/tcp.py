"""A serial line over TCP, as a serial server in a hospital's network offers it (`socket://`).

One host at a time, as on a real line: who comes second replaces who was there, since a host that
lost power never says goodbye.
"""

import select
import socket
from contextlib import suppress

from .far_end import paced


class TcpLine:
    """A listening port. Implements `FarEnd`."""

    def __init__(self, host: str, port: int, baudrate: int) -> None:
        """Plugged in; port 0 takes a free one, and keeps it. Raises `OSError`."""
        self.baudrate = baudrate
        self._address = (host or "127.0.0.1", port)
        self._wake_read, self._wake_write = socket.socketpair()
        self._listener: socket.socket | None = None
        self._host: socket.socket | None = None
        try:
            self.plug_in()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """`socket://HOST:PORT`."""
        return f"socket://{self._address[0]}:{self._address[1]}"

    @property
    def host_baudrate(self) -> int | None:
        """Not known: a serial server has the rate that it was given."""
        return None

    @property
    def plugged_in(self) -> bool:
        """Whether a host can connect."""
        return self._listener is not None

    def plug_in(self) -> None:
        """Listen again at the same address."""
        if self._listener is None:
            self._listener = socket.create_server(self._address)
            self._address = self._listener.getsockname()[:2]

    def unplug(self) -> None:
        """Hang up and listen no more."""
        self._hang_up()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def wake(self) -> None:
        """Make a blocked `read` return."""
        self._wake_write.send(b"!")

    def read(self, timeout: float | None = None) -> bytes:
        """What the host sent; nothing after `timeout`, a wake, or when a host comes or goes."""
        ends = [end for end in (self._wake_read, self._listener, self._host) if end is not None]
        ready, _, _ = select.select(ends, [], [], timeout)
        if self._wake_read in ready:
            self._wake_read.recv(64)
        elif self._listener is not None and self._listener in ready:
            self._let_in(self._listener)
        elif self._host is not None and self._host in ready:
            return self._received(self._host)
        return b""

    def write(self, data: bytes) -> None:
        """Send at the line's rate; lost where no host listens or the host does not read."""
        paced(data, self.baudrate, self._give)

    def close(self) -> None:
        """Hang up for good."""
        self.unplug()
        self._wake_read.close()
        self._wake_write.close()

    def _let_in(self, listener: socket.socket) -> None:
        host, _ = listener.accept()
        self._hang_up()
        host.setblocking(False)
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = host

    def _received(self, host: socket.socket) -> bytes:
        with suppress(OSError):
            if data := host.recv(4096):
                return data
        self._hang_up()
        return b""

    def _give(self, piece: bytes) -> None:
        if self._host is None:
            return
        try:
            self._host.send(piece)
        except BlockingIOError:
            return
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None
