"""One process, one event loop, one socket."""

import gc
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from verifier.settings import Settings

SWITCH_INTERVAL_S = 0.001
"""How long a thread may keep the interpreter while another waits. Python's own 5 ms is a long wait
for the event loop whenever a thread is busy."""


@dataclass(frozen=True)
class Tls:
    """Certificate and key of the verifier; with `client_ca` its callers must show one as well."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def options(self) -> dict[str, Any]:
        """As uvicorn takes them. Raises `ServeRefused` where the files cannot be used."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
            if self.client_ca is not None:
                ssl.create_default_context(cafile=self.client_ca)
        except OSError as error:  # ssl.SSLError is one
            raise ServeRefused("the TLS files cannot be used", "serve.tls_unreadable") from error
        said: dict[str, Any] = {"ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        if self.client_ca is not None:
            said |= {"ssl_ca_certs": str(self.client_ca), "ssl_cert_reqs": ssl.CERT_REQUIRED}
        return said


def tls_of(settings: Settings) -> Tls | None:
    """What the settings say; None for plain HTTP."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Tls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)


class ServeRefused(Exception):
    """The verifier cannot listen. Codes: `serve.address_in_use`, `serve.tls_unreadable`."""

    def __init__(self, message: str, code: str = "serve.address_in_use") -> None:
        super().__init__(message)
        self.code = code


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises `ServeRefused`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: asyncio turns Nagle's algorithm off only for sockets that name it, and
    # with it an answer of two writes waits 40 ms for the other side's delayed acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(512)  # who comes before the app is up waits instead of being turned away
    except OSError as error:
        bound.close()
        raise ServeRefused(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return bound


def address(bound: socket.socket, tls: Tls | None = None) -> str:
    """The URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def serve(app: FastAPI, bound: socket.socket, tls: Tls | None = None) -> None:
    """Answer until SIGINT or SIGTERM; requests at work are finished first."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _spare_the_collector()
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        # Whoever is in front may not say who a caller is: /metrics answers loopback only.
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=15,
        **(tls.options() if tls else {}),
    )
    with _signals_end_here():
        uvicorn.Server(config).run(sockets=[bound])


def _spare_the_collector() -> None:
    """What is loaded now stays: the cyclic collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@contextmanager
def _signals_end_here() -> Iterator[None]:
    """uvicorn raises the signal that stopped it once more, for the handlers that stood before, and
    those would end the process before its parts are closed."""
    stops = (signal.SIGINT, signal.SIGTERM)
    before = {stop: signal.signal(stop, lambda *_: None) for stop in stops}
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)
