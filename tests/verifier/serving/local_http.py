"""Real HTTP messages to an app in this process, from as many threads as a test likes."""

import asyncio
import threading
from contextlib import nullcontext
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self

import httpx
from fastapi import FastAPI


class LocalHttp:
    """An app served in an event loop of its own.

    `client` is the address that it sees; `running` says that the app's life has begun elsewhere.
    """

    def __init__(
        self,
        app: FastAPI,
        client: tuple[str, int] = ("127.0.0.1", 40000),
        *,
        running: bool = False,
    ) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
        forgetful = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://verifier", cookies=forgetful
        )
        self._life: Any = nullcontext() if running else app.router.lifespan_context(app)

    def request(self, method: str, path: str, **said: Any) -> httpx.Response:
        """One request and its answer."""
        asked = self._client.request(method, path, **said)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(60)

    def get(self, path: str, **said: Any) -> httpx.Response:
        """One GET."""
        return self.request("GET", path, **said)

    def post(self, path: str, **said: Any) -> httpx.Response:
        """One POST."""
        return self.request("POST", path, **said)

    def run(self, work: Any) -> Any:
        """A coroutine of the test's own, in the app's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._life.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._client.aclose())
        self.run(self._life.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
