"""A real verifier behind a real socket, with TLS where it is asked for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from verifier.api.serve import listen


@contextmanager
def listening(app: FastAPI, **said: Any) -> Iterator[int]:
    """The port at which the app answers; its own life has begun elsewhere."""
    bound = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", **said)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield int(bound.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(20)
