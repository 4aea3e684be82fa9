"""Bounded threads for what blocks: the store, cryptography, the embedder.

The event loop only reads and writes; a place is taken before a body is read, so that no more bodies
wait in memory than may be judged. Who finds no place hears so at once, and when to come again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from verifier.protocol.errors import refusal

P = ParamSpec("P")
T = TypeVar("T")

BUSY_RETRY_S = 1.0


class Workers:
    """`threads` at work and at most `waiting` more in line."""

    def __init__(
        self, name: str, threads: int, waiting: int, gate: Callable[[], None] = lambda: None
    ) -> None:
        """`gate` raises where nobody is to come in at all."""
        self.name = name
        self._gate = gate
        self._room = threads + waiting
        self._taken = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    @property
    def taken(self) -> int:
        """Places taken now."""
        return self._taken

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place. Raises `Refused` with `verifier.busy`, or what the gate raises."""
        self._gate()
        if self._taken >= self._room:
            raise refusal("verifier.busy", note=self.name, retry_after=BUSY_RETRY_S)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work` in a thread, for who holds a place."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))

    async def take(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A place, and the result of `work` in it."""
        async with self.place():
            return await self.run(work, *args, **kwargs)

    def close(self) -> None:
        """Wait for what is at work; take nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
