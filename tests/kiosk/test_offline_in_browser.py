"""离线登记 with a finger on the page: real agent and reader, a real verifier that goes away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import uvicorn

from devices.camera.simulated import SimulatedCamera
from devices.manager import DeviceConfig
from devices.resident_id.invented import card_for
from devices.resident_id.simulator import ResidentIdSimulator
from kiosk import agent as agents
from kiosk import offline
from kiosk.agent import Agent
from kiosk.identity import TerminalIdentity
from kiosk.settings import KioskSettings
from kiosk.stage import AgentStage
from kiosk.verifier_client import Patience, VerifierClient
from tests.kiosk.browser import Shown, a_browser
from tests.verifier.fixtures import (  # noqa: F401
    INSTITUTION,
    database,
    gallery,
    institution,
    keyring,
)
from tests.verifier.serving.asked import asking_clinic
from tests.verifier.serving.physicians import HUA, Clinic
from verifier.api.serve import listen
from verifier.identity.galleries import Gallery
from verifier.protocol.practice import PURPOSE
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

pytestmark = pytest.mark.browser

HASTY = Patience(connect=3.0, answer=5.0, attempts=2, total=2.0, first_wait=0.01)


class Switch:
    """The verifier behind one address, on or off."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic, self.port = clinic, 0

    @contextmanager
    def on(self) -> Iterator[None]:
        bound = listen("127.0.0.1", self.port)
        self.port = int(bound.getsockname()[1])
        app = self.clinic.hospital.http.app
        server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=0
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(20)
            bound.close()


@dataclass
class Hall:
    """A terminal's page, its agent and what lies on its reader."""

    shown: Shown
    agent: Agent
    reader: ResidentIdSimulator

    async def touch(self, *keys: str) -> None:
        for key in keys:
            await self.shown.page.click(f"[data-key={key}]")

    async def until(self, true: object) -> None:
        async with asyncio.timeout(20):
            while not true():  # type: ignore[operator]
                await asyncio.sleep(0.02)

    async def comes(self, step: str) -> str:
        await self.shown.page.wait_for_function(
            f"() => document.getElementById('kiosk').dataset.step === '{step}'"
        )
        await self.shown.settled()
        return str(await self.shown.page.inner_text("#main"))


@pytest.fixture
def clinic(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Clinic]:  # noqa: F811
    with asking_clinic(database, keyring, gallery) as made:
        made.on_shift()
        yield made


@pytest.fixture
def switch(clinic: Clinic, settings: KioskSettings, monkeypatch: pytest.MonkeyPatch) -> Switch:
    """A verifier at which this terminal is registered, switched off."""
    monkeypatch.setattr(offline, "AGAIN_SECONDS", 0.2)
    made = Switch(clinic)
    with made.on():
        pass
    path = settings.folder / "terminal.json"
    public = TerminalIdentity.create(path, INSTITUTION, f"http://127.0.0.1:{made.port}")
    with clinic.hospital.database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "east", "kiosk", public, [PURPOSE])
    TerminalIdentity.register(path, name)
    return made


@asynccontextmanager
async def a_hall(chromium: str, settings: KioskSettings) -> AsyncIterator[Hall]:
    """One life of the agent on this disk, without a face."""
    identity = TerminalIdentity.load(settings.folder / "terminal.json")
    with ResidentIdSimulator() as reader, SimulatedCamera(fps=5.0, seed=1) as camera:
        async with VerifierClient(identity, patience=HASTY) as client:
            agent = agents.build(
                settings,
                engine=None,
                camera=lambda: nullcontext(camera),
                devices=[DeviceConfig("id", "resident_id", reader.url)],
                client=client,
            )
            async with agent.running(), a_browser(chromium, AgentStage(agent)) as shown:
                yield Hall(shown, agent, reader)


async def stocked(hall: Hall) -> None:
    await hall.until(lambda: hall.agent.offline.takes_check_ins and hall.agent.practice.offered)


async def keeps(hall: Hall, said: str, kept: str) -> str:
    """Check in offline by card; what the last screen says."""
    await hall.shown.page.wait_for_selector("[data-key=check_in]")
    await hall.touch("check_in")
    assert said in await hall.comes("offline")
    await hall.touch("offline")
    await hall.comes("notice")
    await hall.touch("decline", "door-resident_id")
    hall.reader.present(card_for(HUA.name, HUA.number))
    text = await hall.comes("practice")
    assert kept in text
    return text


def deferred(clinic: Clinic) -> int:
    where = "state = 'deferred' AND proved_from < proved_to"
    return clinic.hospital.count("practice_windows", where)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_check_in_is_kept_while_the_verifier_is_away_and_sent_once_after_a_restart(
    chromium: str, settings: KioskSettings, clinic: Clinic, switch: Switch, language: str
) -> None:
    said, kept = (
        ("暂时连不上系统", "已离线登记")
        if language == "zh"
        else ("cannot be reached", "Registered")
    )

    async def first() -> None:
        async with a_hall(chromium, settings) as hall:
            with switch.on():
                await stocked(hall)
            if language == "en":
                await hall.touch("language")
            await keeps(hall, said, kept)
            assert len(hall.agent.offline.spool.waiting()) == 1

    async def second() -> None:
        """Switched on while the verifier is still away: the door is there, and one more is kept."""
        async with a_hall(chromium, settings) as hall:
            assert len(hall.agent.offline.spool.waiting()) == 1
            if language == "en":
                await hall.touch("language")
            await keeps(hall, said, kept)
            await hall.touch("done")
            await hall.comes("attract")
            with switch.on():
                await hall.until(lambda: not hall.agent.offline.spool.waiting())
            assert "华" not in await hall.shown.page.inner_text("#kiosk")

    asyncio.run(first())
    assert deferred(clinic) == 0
    asyncio.run(second())
    assert deferred(clinic) == 2
    assert list((settings.folder / "spool").glob("*")) == []
    assert (
        clinic.hospital.count(
            "decisions", "'by_ticket' = ANY(SELECT jsonb_array_elements_text(body->'reasons'))"
        )
        == 2
    )


def test_when_no_ticket_is_left_the_screen_says_what_to_do(
    chromium: str, settings: KioskSettings, switch: Switch
) -> None:
    async def run() -> None:
        async with a_hall(chromium, settings) as hall:
            with switch.on():
                await stocked(hall)
            at = hall.agent.offline.stock
            while at.take(datetime.now(UTC)) is not None:
                pass
            await hall.touch("check_in")
            assert "纸质停机登记表" in await hall.comes("practice")

    asyncio.run(run())


def test_a_check_out_is_not_kept_and_patients_go_to_the_counter(
    chromium: str, settings: KioskSettings, switch: Switch
) -> None:
    async def run() -> None:
        async with a_hall(chromium, settings) as hall:
            with switch.on():
                await stocked(hall)
            await hall.touch("check_out")
            await hall.comes("practice")
            await hall.touch("done")
            await hall.comes("attract")
            await hall.touch("start")
            await hall.comes("counter")
            assert hall.agent.offline.spool.waiting() == []

    asyncio.run(run())
