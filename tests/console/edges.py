"""An edge as its own process, as it runs in the DMZ: its own folder, its own settings."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Edge:
    """A running one."""

    address: str
    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    stopped: threading.Event = field(default_factory=threading.Event)

    def files(self) -> list[str]:
        """Whatever it left in its folder."""
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.rglob("*"))


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@contextmanager
def an_edge(verifier: str, folder: Path, **more: str) -> Iterator[Edge]:
    """Its home, its temporary files and its work are in `folder`; its log beside it."""
    folder.mkdir()
    port, log = free_port(), folder.with_suffix(".log")
    said = {"VERIFIER": verifier, "HOSPITAL": "演示医院", "PORT": str(port), **more}
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        **{f"SHUALIAN_EDGE_{name}": value for name, value in said.items()},
    }
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "console.edge"],
            cwd=folder,
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    scheme = "https" if "CERTIFICATE" in more else "http"
    edge = Edge(f"{scheme}://127.0.0.1:{port}", process, folder, log)
    try:
        _wait(edge)
        yield edge
    finally:
        process.kill()
        process.wait(10)


def _wait(edge: Edge) -> None:
    """Until its port takes connections; nothing tells that from outside but trying."""
    port = int(edge.address.rpartition(":")[2])
    for _ in range(400):
        assert edge.process.poll() is None, edge.log.read_text()
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        edge.stopped.wait(0.05)
    raise AssertionError("the edge does not answer")
