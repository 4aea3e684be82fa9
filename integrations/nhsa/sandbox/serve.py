"""The sandbox on a port of this machine alone."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn

from .app import CODES, INSTITUTION, SOCIAL, Sandbox

LOOPBACK = "127.0.0.1"


class SandboxServer:
    """Serves a sandbox from `__enter__` to `__exit__`, on a thread of its own."""

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        """Port 0 takes a free one. Raises `OSError` where the port cannot be had."""
        self.sandbox = sandbox
        self._listener = socket.create_server((LOOPBACK, port))
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        # Nothing stays behind: an answer that is held back is dropped with its connection.
        config = uvicorn.Config(
            sandbox.app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=0
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="nhsa-sandbox", daemon=True)

    @property
    def code_url(self) -> str:
        """Of 医保码 and face authorisations."""
        return self.url + CODES

    @property
    def social_url(self) -> str:
        """Of 电子社保卡."""
        return self.url + SOCIAL

    @property
    def info_url(self) -> str:
        """Of the numbered transactions."""
        return self.url + INSTITUTION

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve([self._listener]))
