"""The demo's own verifier: a process of its own, that can really be down."""

import socket
import threading
from collections.abc import Mapping

from shualian import children
from shualian.children import Child, ReadyCheck

from .hospital import Hospital


class VerifierProcess:
    """The verifier as a process of its own, that can really be down."""

    def __init__(self, hospital: Hospital, more: Mapping[str, str] | None = None) -> None:
        """`more`: settings beside the hospital's own."""
        self._hospital, self._more = hospital, more or {}
        self._log = hospital.folder / "logs" / "demo-verifier.log"
        self._child: Child | None = None

    def launch(self) -> None:
        """Start it, from the main thread: with the thread that starts it, it ends."""
        environment = {**self._hospital.verifier_environment(), **self._more}
        self._child = children.start(
            "verifier", ["shualian", "verifier", "serve"], environment, self._log
        )

    def wait(self) -> None:
        """Return when it answers. Raises `ChildFailed`."""
        if self._child is not None:
            ready = ReadyCheck(f"{self._hospital.verifier_url}/readyz")
            children.wait_until(self._child, ready, threading.Event())

    def stop(self) -> None:
        """End it, and return when it has ended."""
        if self._child is not None:
            self._child.stop()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
