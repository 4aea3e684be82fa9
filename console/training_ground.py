"""How a ground for training is furnished, and when it begins and ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from enroll.batch.threads import Threads
from enroll.desk import EnrolmentDesk
from verifier.api.site import Site

from .enrolment import open_desk
from .ground import Batches, Grounds


def prepare(app: FastAPI, site: Site, name: str) -> None:
    """See that staff can practise, and that nothing of it outlives the app."""
    grounds = Grounds(site, furnished, name)
    app.state.grounds = grounds
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running_app: FastAPI) -> AsyncIterator[Any]:
        async with inner(running_app) as state:
            grounds.start()
            yield state
            grounds.close()

    app.router.lifespan_context = lifespan


def furnished(site: Site) -> tuple[EnrolmentDesk, Batches]:
    """A desk, and a launcher of batches, on the store of training."""
    desk, parts = open_desk(site), site.parts
    if desk.faces is None or parts.data is None:
        return desk, NoBatches()
    return desk, Threads(
        parts.engine,
        parts.keyring,
        parts.gallery,
        site.rules.policy,
        parts.data,
        desk.enroller,
        desk.faces,
        parts.clock,
    )


class NoBatches:
    """Where the models see no frames nobody is enrolled."""

    def start(self, batch: str) -> None:
        """Nothing happens."""

    def close(self) -> None:
        """Nothing is at work."""
