"""A running host program: asked with a deadline, killed with all that it started when it is late.

Pipes cannot be waited for with a deadline on every system, so two threads hold their ends: nothing
that a host does or leaves undone keeps the caller longer than it wants to wait.
"""

import contextlib
import logging
import math
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from devices.errors import BadFrame, DeviceError, Refused, Timeout, Unplugged

from . import frames
from .frames import Failure, FrameBuffer, Hello

_log = logging.getLogger(__name__)

_PATIENCE_S = 5.0
"""For the system to take a killed program away."""
_GRACE_S = 2
"""After the deadline, the host ends itself: the agent that would have killed it may be gone."""
_PART = 64 * 1024
_PYTHON_HOST = Path(__file__).parent / "host" / "__main__.py"

_UNPLUGGED = {
    "library_missing": "vendor.library_missing",
    "folder_missing": "vendor.library_missing",
    "function_missing": "vendor.function_missing",
    "wrong_bitness": "vendor.wrong_bitness",
}


def command_of(host: Path | None) -> list[str]:
    """What starts the host program; None is this interpreter."""
    return [sys.executable, "-I", str(_PYTHON_HOST)] if host is None else [str(host)]


class Host:
    """One host program from its start to its end. Used by one thread at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises `Unplugged` (`vendor.host_missing`)."""
        self.ended = threading.Event()
        """Set when the program's end of the pipe is closed."""
        self._asked = 0
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._in: queue.SimpleQueue[bytes | BadFrame | None] = queue.SimpleQueue()
        self._process = _started(command)
        for target, pipe in (
            (self._write, self._process.stdin),
            (self._read, self._process.stdout),
        ):
            threading.Thread(target=target, args=(pipe,), name="vendor-host", daemon=True).start()

    @property
    def pid(self) -> int:
        """Of the program, and of its group."""
        return self._process.pid

    def hello(self, deadline: float) -> Hello:
        """What the program says of itself. Raises as `ask`."""
        hello = frames.hello_of(self.ask("hello", {}, deadline))
        if hello.protocol != frames.PROTOCOL:
            raise self._lost(frames.garbled(f"protocol {hello.protocol}"))
        return hello

    def ask(self, operation: str, rest: Mapping[str, object], deadline: float) -> Mapping[str, Any]:
        """The answer, within `deadline` seconds.

        Raises, with the program killed: `Timeout` (`vendor.hung`, `vendor.crashed`), `BadFrame`
        (`vendor.garbled`). With the program alive: `Unplugged` (`vendor.library_missing`,
        `vendor.function_missing`, `vendor.wrong_bitness`), `Refused` (`vendor.refused`) for a
        request that this program should not have made.
        """
        self._asked += 1
        try:
            frame = frames.encode(self._asked, operation, math.ceil(deadline) + _GRACE_S, rest)
        except ValueError as error:
            raise Refused("vendor.refused", f"{operation}: {type(error).__name__}") from None
        self._out.put(frame)
        try:
            answer = self._in.get(timeout=deadline)
        except queue.Empty:
            raise self._lost(Timeout("vendor.hung", operation)) from None
        if answer is None:
            raise self._lost(Timeout("vendor.crashed", operation))
        if isinstance(answer, BadFrame):
            raise self._lost(answer)
        try:
            parsed = frames.parse(answer, self._asked)
        except BadFrame as error:
            raise self._lost(error) from None
        if isinstance(parsed, Failure):
            raise self._failure(parsed)
        return parsed

    def is_alive(self) -> bool:
        """Whether it still holds its pipe."""
        return not self.ended.is_set()

    def close(self, deadline: float) -> None:
        """Let the library go in order, for `deadline` seconds a step; then kill what is left."""
        with contextlib.suppress(DeviceError):
            self.ask("unload", {}, deadline)
            self.ask("bye", {}, deadline)
            self.ended.wait(deadline)
        self.kill()

    def kill(self) -> None:
        """End the program and whatever it started; calling it again does nothing."""
        if self._process.returncode is None:
            _kill_group(self._process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE_S)
        self._out.put(None)

    def _lost(self, error: DeviceError) -> DeviceError:
        """The error to raise, with how the program ended in its note, and the program gone."""
        self.kill()
        if error.code == "vendor.crashed":
            return Timeout(error.code, f"{error.note}, exit status {self._process.returncode}")
        return error

    def _failure(self, failure: Failure) -> DeviceError:
        if (code := _UNPLUGGED.get(failure.error)) is not None:
            return Unplugged(code, f"{failure.error} {failure.note}".strip())
        if failure.error in ("overrun", "overlong"):
            return self._lost(frames.garbled(failure.error))
        return Refused("vendor.refused", f"host: {failure.error} {failure.note}".strip())

    def _write(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError), pipe:
            while (frame := self._out.get()) is not None:
                pipe.write(frame)
                pipe.flush()

    def _read(self, pipe: IO[bytes]) -> None:
        buffer = FrameBuffer()
        with contextlib.suppress(OSError), pipe:
            while data := os.read(pipe.fileno(), _PART):
                buffer.feed(data)
                try:
                    while (body := buffer.pop()) is not None:
                        self._in.put(body)
                except BadFrame as error:
                    self._in.put(error)
                    break
        self.ended.set()
        self._in.put(None)


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """In a group of its own, so that its children end with it; its errors are heard by nobody,
    since a library may write there what it reads.
    """
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        options = {"creationflags": flags}
    try:
        return subprocess.Popen(  # noqa: S603  (what the hospital's engineer configured)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **options,
        )
    except OSError as error:
        note = error.strerror or type(error).__name__
        raise Unplugged("vendor.host_missing", note) from None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Before the program is waited for: until then its number is nobody else's."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            import signal

            os.killpg(process.pid, signal.SIGKILL)
