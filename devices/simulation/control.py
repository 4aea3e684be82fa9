"""A running simulator's knobs, for another process: what `devices knob` speaks to.

A simulator that was started from the command line prints its control's address: a UNIX socket in a
folder that only its owner may enter, or, where the device itself is on TCP, a port of the loopback
interface with a secret in front of it, since any program of the machine can reach such a port. One
connection is one line of JSON and one line back.

    {"do": "inject", "argument": "busy", "times": 3}     {"ok": true}
    {"do": "list"}                                       {"ok": true, "faults": […], …}

It turns a simulator's knobs and can do nothing else.
"""

import json
import secrets
import select
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .base import Simulator

MAX_LINE = 16_384
PATIENCE_S = 5.0
"""For one line, on both sides."""
_SECRET_BYTES = 16

Action = Callable[[str], None]
"""What a device can do beside what all can: `present`, `remove`, `show`. Raises `ControlError`."""


class ControlError(Exception):
    """What was asked could not be done. `code` is stable, `sentence` is English and for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence = code, sentence


class Control:
    """Serves one simulator from `__enter__` to `__exit__`, on a thread of its own."""

    def __init__(
        self, simulator: Simulator, actions: Mapping[str, Action] | None = None, *, tcp: bool
    ) -> None:
        """Args: actions: by name, what this device can do beside the knobs; tcp: on loopback."""
        self._simulator = simulator
        self._actions = _common(simulator) | dict(actions or {})
        self._tcp = tcp
        self._secret = secrets.token_urlsafe(_SECRET_BYTES) if tcp else ""
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._stop, self._stopped = socket.socketpair()

    @property
    def address(self) -> str:
        """`/…/control`, or `tcp://SECRET@127.0.0.1:PORT`."""
        if self._tcp:
            host, port = self._listener.getsockname()[:2]
            return f"tcp://{self._secret}@{host}:{port}"
        return str(self._path)

    def __enter__(self) -> Self:
        """Raises `OSError` where it cannot be made."""
        self._folder = None if self._tcp else tempfile.TemporaryDirectory(prefix="shualian-sim-")
        if self._folder is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
        else:
            self._path = Path(self._folder.name) / "control"
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._path))
            self._listener.listen()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.send(b"!")
        self._thread.join()
        for end in (self._stop, self._stopped, self._listener):
            end.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._stopped, self._listener], [], [])
            if self._stopped in ready:
                return
            connection, _ = self._listener.accept()
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_S)
        try:
            answer = {"ok": True, **self._answer(_line(connection))}
        except ControlError as error:
            answer = {"ok": False, "code": error.code, "sentence": error.sentence}
        except OSError:  # who asked went away, or said nothing
            return
        try:
            connection.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            return

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line)
        except (ValueError, RecursionError):
            raise _malformed() from None
        if not isinstance(asked, dict):
            raise _malformed()
        do, secret, argument = (asked.get(name, "") for name in ("do", "secret", "argument"))
        if not (isinstance(do, str) and isinstance(secret, str) and isinstance(argument, str)):
            raise _malformed()
        if not secrets.compare_digest(_bytes(secret), _bytes(self._secret)):
            raise ControlError("control.not_allowed", "The address lacks its secret.")
        times = asked.get("times")
        if times is not None and (type(times) is not int or times < 1):
            raise _malformed()
        return self._do(do, argument, times)

    def _do(self, name: str, argument: str, times: int | None) -> dict[str, Any]:
        if name == "list":
            return self._listed()
        if name == "inject":
            self._inject(argument, times)
        elif name in self._actions:
            self._actions[name](argument)
        else:
            raise ControlError(
                "control.unknown_action", f"The simulator can do: {', '.join(self._actions)}."
            )
        return {}

    def _inject(self, name: str, times: int | None) -> None:
        try:
            self._simulator.knob(name, times)
        except KeyError:
            raise ControlError(
                "control.unknown_fault",
                f"The device's faults are: {', '.join(self._simulator.faults())}.",
            ) from None

    def _listed(self) -> dict[str, Any]:
        return {
            "device": type(self._simulator).__name__,
            "port": self._simulator.url,
            "plugged_in": self._simulator.plugged_in,
            "faults": list(self._simulator.faults()),
            "turned": [{"name": n, "times": times} for n, times in self._simulator.turned()],
            "actions": list(self._actions),
        }


def ask(address: str, do: str, argument: str = "", times: int | None = None) -> dict[str, Any]:
    """What a simulator's control answers.

    Raises `ControlError` with what it refuses, or `control.unreachable`.
    """
    secret, connection = _connected(address)
    request = {"secret": secret, "do": do, "argument": argument, "times": times}
    with connection:
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(_line(connection))
        except (OSError, ValueError) as error:
            raise _unreachable(error) from None
    if not answer.pop("ok", False):
        raise ControlError(str(answer.get("code")), str(answer.get("sentence")))
    return dict(answer)


def _connected(address: str) -> tuple[str, socket.socket]:
    try:
        if not address.startswith("tcp://"):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(PATIENCE_S)
            connection.connect(address)
            return "", connection
        secret, _, place = address.removeprefix("tcp://").rpartition("@")
        host, _, port = place.rpartition(":")
        return secret, socket.create_connection((host, int(port)), PATIENCE_S)
    except (OSError, ValueError, AttributeError) as error:  # the last: no UNIX sockets there
        raise _unreachable(error) from None


def _line(connection: socket.socket) -> bytes:
    """Up to a newline. Raises `OSError`, or `ControlError` for one that does not end."""
    data = b""
    while not data.endswith(b"\n"):
        came = connection.recv(4096)
        if not came:
            raise ConnectionResetError
        data += came
        if len(data) > MAX_LINE:
            raise _malformed()
    return data


def _common(simulator: Simulator) -> dict[str, Action]:
    return {
        "clear": lambda _: simulator.clear(),
        "unplug": lambda _: simulator.unplug(),
        "plug-in": lambda _: simulator.plug_in(),
    }


def _unreachable(error: Exception) -> ControlError:
    return ControlError(
        "control.unreachable", f"No simulator answers there ({type(error).__name__})."
    )


def _malformed() -> ControlError:
    return ControlError("control.malformed", "The request is not one line of JSON as it should be.")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
