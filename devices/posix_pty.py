"""A pseudo-terminal that a simulator holds the far end of.

POSIX only: import it where it is used.
"""

import os
import pty
import select
import tempfile
import termios
import tty
from contextlib import suppress
from pathlib import Path

from devices.closing import Closing
from devices.simulation.far_end import paced

_TERMINALS = ("/dev/pts/", "/dev/tty")
_RATES = {
    termios.B9600: 9_600,
    termios.B19200: 19_200,
    termios.B38400: 38_400,
    termios.B57600: 57_600,
    termios.B115200: 115_200,
}


class PseudoTerminal(Closing):
    """A serial line with one end as a path and the other in this object. Implements `FarEnd`.

    The path is a symbolic link that stays the same when the line is unplugged and plugged in again,
    as a `/dev/serial/by-id/` link does. One thread does everything but `wake`, which any may.
    """

    def __init__(self, baudrate: int = 115_200, link: Path | None = None) -> None:
        """Plugged in. `link` is where the path stands, by default in a new private folder.

        Raises `FileExistsError` if something other than an earlier line's link stands there.
        """
        self.baudrate = baudrate
        self._folder = None if link else tempfile.TemporaryDirectory(prefix="shualian-pty-")
        self.path = link or Path(self._folder.name if self._folder else "") / "port"
        self._wake_read, self._wake_write = os.pipe()
        self._host = self._device = -1
        try:
            self.plug_in()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def host_baudrate(self) -> int | None:
        """The rate that the host has set on its end; None for one that has no standard name."""
        return _RATES.get(termios.tcgetattr(self._device)[5]) if self.plugged_in else None

    @property
    def plugged_in(self) -> bool:
        """Whether a host can open the path."""
        return self._host >= 0

    def plug_in(self) -> None:
        """A new line behind the same path, unless one stands there."""
        if self.plugged_in:
            return
        self._host, self._device = pty.openpty()
        # The simulator holds the host's end too, so that a host may close and open it again.
        tty.setraw(self._device)
        os.set_blocking(self._host, False)
        self._remove_link()
        self.path.symlink_to(os.ttyname(self._device))

    def unplug(self) -> None:
        """Hang up: the host's next read or write fails, and the path is gone."""
        if self.plugged_in:
            self._remove_link()
            os.close(self._device)
            os.close(self._host)
            self._host = self._device = -1

    def wake(self) -> None:
        """Make a blocked `read` return."""
        os.write(self._wake_write, b"!")

    def read(self, timeout: float | None = None) -> bytes:
        """What the host sent; nothing after `timeout` seconds or a wake."""
        ends = [self._wake_read] + ([self._host] if self.plugged_in else [])
        ready, _, _ = select.select(ends, [], [], timeout)
        if self._wake_read in ready:
            os.read(self._wake_read, 64)
            return b""
        return os.read(self._host, 4096) if ready else b""

    def write(self, data: bytes) -> None:
        """Send at the line's rate, ten bits a byte.

        Bytes that no host takes are lost, as on a real line.
        """
        paced(data, self.baudrate, self._give)

    def close(self) -> None:
        """Hang up for good."""
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)
        if self._folder:
            self._folder.cleanup()

    def _give(self, piece: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(self._host, piece)

    def _remove_link(self) -> None:
        if self.path.is_symlink() and str(self.path.readlink()).startswith(_TERMINALS):
            self.path.unlink()
