"""A whole visit with a finger on the page: real agent, reader, camera and models; only the verifier
is tiny.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

import pytest

from devices.camera.simulated import Portrait, SimulatedCamera
from devices.manager import DeviceConfig
from devices.resident_id.invented import invented_card
from devices.resident_id.simulator import ResidentIdSimulator
from kiosk import agent as agents
from kiosk.agent import Agent
from kiosk.demo import DemoPerson
from kiosk.messages import Shown as Credential
from kiosk.settings import KioskSettings
from kiosk.stage import AgentStage
from kiosk.states import is_start
from kiosk.verifier_client import Patience, VerifierClient
from models.engine import FaceEngine
from tests.kiosk.browser import Shown, a_browser
from tests.kiosk.tiny_verifier import TinyVerifier
from verifier.protocol.values import visit_number

pytestmark = pytest.mark.browser

HASTY = Patience(connect=3.0, answer=2.0, attempts=2, total=4.0, first_wait=0.01)


@dataclass
class Controls:
    """The demo's hands on the simulators."""

    reader: ResidentIdSimulator
    camera: SimulatedCamera
    portrait: Portrait

    def people(self) -> list[DemoPerson]:
        return [DemoPerson("7", "甲一", enrolled=True), DemoPerson("8", "乙二", enrolled=False)]

    def credentials(self) -> tuple[Credential, ...]:
        return ("resident_id",)

    def present(self, person_id: str, credential: Credential) -> None:
        assert credential == "resident_id"
        self.reader.present(invented_card(int(person_id)))

    def take_away(self) -> None:
        self.reader.remove()

    def slips(self) -> list[bytes]:
        return []

    def stand(self, person_id: str | None) -> None:
        self.camera.show(self.portrait if person_id else None)


@dataclass
class Hall:
    """The terminal, its page and the verifier behind it."""

    shown: Shown
    agent: Agent
    verifier: TinyVerifier

    async def touch(self, *keys: str) -> None:
        for key in keys:
            await self.shown.page.click(f"[data-key={key}]")

    async def comes(self, step: str) -> None:
        await self.shown.page.wait_for_function(
            f"() => document.getElementById('kiosk').dataset.step === '{step}'"
        )


@asynccontextmanager
async def a_hall(
    chromium: str, settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> AsyncIterator[Hall]:
    async with TinyVerifier().running() as verifier:
        verifier.pack_digest = engine.pack.digest
        identity = verifier.identity(settings.folder)
        with ResidentIdSimulator() as reader, SimulatedCamera(fps=15.0, seed=1) as camera:
            async with VerifierClient(identity, patience=HASTY) as client:
                agent = agents.build(
                    settings,
                    engine=engine,
                    camera=lambda: nullcontext(camera),
                    devices=[DeviceConfig("id", "resident_id", reader.url)],
                    client=client,
                    demo=Controls(reader, camera, portrait),
                )
                async with (
                    agent.running(),
                    a_browser(chromium, AgentStage(agent), motion="no-preference") as shown,
                ):
                    yield Hall(shown, agent, verifier)
                    assert shown.complaints == []


def test_a_person_touches_from_the_start_to_the_greeting(
    chromium: str, settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_hall(chromium, settings, engine, portrait) as hall:
            page = hall.shown.page
            await hall.touch("start", "agree", "door-resident_id")
            await hall.touch("demo-card", "demo-stand")
            await hall.comes("result")
            assert await page.inner_text("h1") == "张* 您好"
            assert await page.get_attribute("[data-key=demo-card]", "aria-pressed") == "true"
            await hall.touch("done")
            await hall.comes("attract")
            assert is_start(hall.agent.visit)

    asyncio.run(run())


def test_the_person_sees_themselves_while_the_camera_is_on_and_is_told_what_to_do(
    chromium: str, settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    lit = """() => {
      const canvas = document.querySelector('canvas');
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(pixels).size > 20;
    }"""

    async def run() -> None:
        patient = settings.model_copy(update={"face_timeout": 30.0})
        async with a_hall(chromium, patient, engine, portrait) as hall:
            page = hall.shown.page
            await hall.touch("start", "agree", "door-face", "key-1", "key-2", "key-3", "key-X")
            await hall.touch("confirm")
            await hall.comes("face")
            await page.wait_for_function("() => document.querySelector('.hint')?.textContent")
            assert await page.inner_text(".hint") == "请面对镜头"
            await page.wait_for_function(lit)
            await hall.touch("demo-stand")
            await hall.comes("result")

    asyncio.run(run())


def test_with_the_verifier_down_the_page_leads_to_the_counter(
    chromium: str, settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_hall(chromium, settings, engine, portrait) as hall:
            hall.verifier.before_claims.extend(["drop", "drop"])
            await hall.touch("start", "decline", "door-resident_id", "demo-card")
            await hall.comes("counter")
            text = await hall.shown.page.inner_text("#main")
            (line,) = hall.agent.journal.referrals()
            assert visit_number(line.visit) in text
            assert "已经为您记下" in text

    asyncio.run(run())


def test_a_person_may_change_the_language_in_the_middle_and_it_ends_with_the_visit(
    chromium: str, settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_hall(chromium, settings, engine, portrait) as hall:
            page = hall.shown.page
            await hall.touch("start", "language")
            await page.wait_for_function("() => document.documentElement.lang === 'en'")
            await hall.touch("decline")
            await hall.comes("doors")
            assert await page.inner_text("h1") == "Which way do you prefer?"
            await hall.touch("end")
            await hall.comes("attract")
            assert await page.evaluate("document.documentElement.lang") == "zh-CN"

    asyncio.run(run())
