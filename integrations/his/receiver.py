"""Stands at a webhook's address: checks each signature, keeps what it was told, and has faults."""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import uvicorn
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from verifier.protocol import jose
from verifier.protocol.his import Told

LOOPBACK = "127.0.0.1"
PATH = "/shualian"


@dataclass
class Heard:
    """What came, and what is to go wrong.

    Attributes:
        told: messages whose signature held, each once by its number.
        again: how many came that were known.
        unsigned: how many whose signature did not hold.
        fail: so many of the next are answered with 503.
    """

    told: dict[str, Told] = field(default_factory=dict)
    again: int = 0
    unsigned: int = 0
    fail: int = 0


def check(compact: str, jwks: dict[str, Any], institution: str) -> Told:
    """A message's text, proved by the public keys. Raises `jose.BadSignature`."""
    try:
        keys = {str(each["kid"]): ECKey.import_key(each) for each in jwks["keys"]}
        told = Told.model_validate_json(jose.verify(jose.WEBHOOK, compact, keys.get))
    except (JoseError, KeyError, TypeError, ValidationError) as error:
        raise jose.BadSignature("no message of a verifier") from error
    if told.aud != institution:
        raise jose.BadSignature("for another institution")
    return told


class Receiver:
    """Serves from `__enter__` to `__exit__`, on a thread of its own."""

    def __init__(self, keys: Callable[[], dict[str, Any]], institution: str, port: int = 0) -> None:
        """Port 0 takes a free one. Raises `OSError` where the port cannot be had."""
        self.heard = Heard()
        self._keys, self._institution = keys, institution
        self._listener = socket.create_server((LOOPBACK, port))
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}{PATH}"
        app = Starlette(routes=[Route(PATH, self._take, methods=["POST"])])
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="his-receiver", daemon=True)

    async def _take(self, request: Request) -> Response:
        compact = (await request.body()).decode("ascii", "replace")
        heard = self.heard
        if heard.fail > 0:
            heard.fail -= 1
            return Response(status_code=503)
        try:
            told = check(compact, await asyncio.to_thread(self._keys), self._institution)
        except jose.BadSignature:
            heard.unsigned += 1
            return Response(status_code=400)
        heard.again += told.jti in heard.told
        heard.told[told.jti] = told
        return Response(status_code=204)

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
