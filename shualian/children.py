"""Child processes of the demo hospital: started with a log, watched, stopped in order."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One running process, in its own session, so that Ctrl-C reaches the parent alone."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def running(self) -> bool:
        """True until it has ended."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and after ten seconds make it."""
        if not self.running:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""


def start(name: str, arguments: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
    """Run `python -m …` as a child that ends when we do, its output in `log` (0600)."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *arguments],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    finally:
        os.close(descriptor)
    return Child(name, log, process)


def wait_until(
    child: Child, ready: "ReadyCheck", stop: threading.Event, seconds: float = 60.0
) -> bool:
    """True when the child answers, False when we are told to stop before.

    Raises `ChildFailed` if it ends by itself or stays silent.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if stop.wait(0.05):
            return False
        if not child.running:
            raise ChildFailed(f"{child.name} ended by itself:\n{child.last_words()}")
        if time.monotonic() > deadline:
            raise ChildFailed(f"{child.name} did not answer in {seconds:.0f} s; see {child.log}")
    return True


class ReadyCheck:
    """True once an HTTP address answers 200."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self) -> bool:
        """Ask once."""
        import httpx

        try:
            return httpx.get(self._url, timeout=2.0, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


class ChildFailed(Exception):
    """A part of the demo hospital did not come up."""

    code = "run.child_failed"


def _end_with_parent() -> None:
    """Between fork and exec: a parent that is killed takes its children along (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
