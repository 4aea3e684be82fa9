"""绑定手机 as two people's screens show it: a terminal's page and a phone's, both in Chromium.

Real reader, camera, models and verifier; the square is read from the picture of the screen.
"""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from console.app import mount
from devices.camera.simulated import Portrait, SimulatedCamera
from devices.manager import DeviceConfig
from devices.resident_id.invented import card_for
from devices.resident_id.simulator import ResidentIdSimulator
from kiosk import agent as agents
from kiosk.identity import TerminalIdentity
from kiosk.settings import KioskSettings
from kiosk.stage import AgentStage
from kiosk.verifier_client import VerifierClient
from models.calibration import Calibration
from models.engine import FaceEngine
from tests.kiosk.browser import PHONE, Shown, a_browser
from tests.kiosk.live_verifier import listening
from tests.squares import read_square
from tests.verifier.fixtures import (  # noqa: F401
    INSTITUTION,
    database,
    institution,
    keyring,
)
from tests.verifier.practice.clinic import Doctor, build, number, shift
from tests.verifier.serving.hospital import NOTICE, Hospital, invent, open_hospital
from verifier.identity import consents, people, templates
from verifier.identity.galleries import Gallery, open_gallery
from verifier.practice import registry
from verifier.practice.registry import Registration
from verifier.protocol.practice import PURPOSE
from verifier.protocol.values import Consent
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

pytestmark = pytest.mark.browser

HUA = invent(1, "华佗")


@pytest.fixture
def hospital(
    database: Database,  # noqa: F811
    keyring: KeyRing,  # noqa: F811
    institution: str,  # noqa: F811
    engine: FaceEngine,
) -> Iterator[Hospital]:
    """A verifier with the default pack, its calibration and the staff's pages."""
    with database.app.begin() as conn:
        gallery = open_gallery(conn, keyring, institution, engine.pack)
    calibration = Calibration.load(engine.pack.name)
    parts = {"embedder": engine, "calibration": calibration}
    with open_hospital(database, keyring, gallery, **parts) as opened:
        mount(opened.http.app, opened.site)
        _a_physician(opened, gallery)
        yield opened


def _a_physician(hospital: Hospital, gallery: Gallery) -> None:
    at = datetime.now(UTC)
    with hospital.database.app.begin() as conn:
        build(conn, INSTITUTION)
        said = {"number": HUA.number, "name": HUA.name}
        person = people.register_person(conn, hospital.keyring, INSTITUTION, **said)
        registry.add(conn, INSTITUTION, person, number(1), "cardiology", at)
        right = Registration(right="independent", from_day=date(2020, 1, 1))
        registry.register(conn, INSTITUTION, person, right, at)
        shift(conn, INSTITUTION, Doctor(person, number(1)), at - timedelta(hours=1), 6)


def enrol_the_face(hospital: Hospital, engine: FaceEngine, portrait: Portrait) -> None:
    """As they stand before the camera."""
    frame = np.full((480, 640, 3), 200, np.uint8)
    height, width = portrait.image.shape[:2]
    frame[:height, :width] = portrait.image[:480, :640]
    crop = engine.align(frame, max(engine.detect(frame), key=lambda face: face.area))
    site = hospital.site.parts
    with hospital.database.app.begin() as conn:
        (person,) = conn.exec_driver_sql("SELECT person FROM practitioners").scalars()
        consent = consents.record(
            conn,
            INSTITUTION,
            person,
            kind=Consent.SEPARATE,
            notice_version=NOTICE,
            given_at=datetime.now(UTC),
            evidence="form 1",
        )
        vectors = engine.embed(np.stack([crop]), mirror=True)
        templates.enrol(conn, site.keyring, site.gallery, person, consent, vectors, 0.9)


def registered(hospital: Hospital, settings: KioskSettings, port: int) -> TerminalIdentity:
    path = settings.folder / "terminal.json"
    public = TerminalIdentity.create(path, INSTITUTION, f"http://127.0.0.1:{port}")
    with hospital.database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "east", "kiosk", public, [PURPOSE])
    return TerminalIdentity.register(path, name)


async def comes(shown: Shown, step: str) -> str:
    await shown.page.wait_for_function(
        f"() => document.getElementById('kiosk').dataset.step === '{step}'"
    )
    await shown.settled()
    return str(await shown.page.inner_text("#main"))


async def scanned(shown: Shown) -> str:
    """What a phone's camera reads from the terminal's screen."""
    await shown.page.wait_for_selector(".code-picture:not([hidden]) .squares")
    png = await shown.page.locator(".code-picture").screenshot()
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return read_square(picture)


async def phone_of(shown: Shown) -> Any:
    browser = shown.page.context.browser
    assert browser is not None
    context = await browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    return await context.new_page()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_own_phone_scans_the_terminal_s_square_and_is_bound_once(
    chromium: str,
    hospital: Hospital,
    settings: KioskSettings,
    engine: FaceEngine,
    portrait: Portrait,
    language: str,
) -> None:
    enrol_the_face(hospital, engine, portrait)
    zh = language == "zh"

    async def run(port: int) -> None:
        identity = registered(hospital, settings, port)
        with ResidentIdSimulator() as reader, SimulatedCamera(fps=15.0, seed=1) as camera:
            async with VerifierClient(identity) as client:
                agent = agents.build(
                    settings,
                    engine=engine,
                    camera=lambda: nullcontext(camera),
                    devices=[DeviceConfig("id", "resident_id", reader.url)],
                    client=client,
                )
                async with agent.running(), a_browser(chromium, AgentStage(agent)) as shown:
                    await shown.page.wait_for_selector("[data-key=check_in]")
                    if not zh:
                        await shown.page.click("[data-key=language]")
                    await checks_in(shown, reader, camera)
                    await binds(shown)
                    assert shown.complaints == []

    async def checks_in(shown: Shown, reader: ResidentIdSimulator, camera: SimulatedCamera) -> None:
        await shown.page.click("[data-key=check_in]")
        await shown.page.click("[data-key=agree]")
        await shown.page.click("[data-key=door-resident_id]")
        camera.show(portrait)
        reader.present(card_for(HUA.name, HUA.number))
        said = await comes(shown, "practice")
        assert ("已签到" if zh else "checked in") in said.lower()

    async def binds(shown: Shown) -> None:
        await shown.page.click("[data-key=bind_phone]")
        said = await comes(shown, "phone")
        assert ("用您的手机扫一扫" if zh else "Scan with your own phone") in said
        address = await scanned(shown)
        phone = await phone_of(shown)
        await phone.goto(address)
        if not zh:
            await phone.click("button[name=language][value=en]")
            await phone.goto("about:blank")
            await phone.goto(address)
        await phone.get_by_role("button", name="登记" if zh else "Enrol", exact=True).click()
        await phone.wait_for_selector("main > .flash, main > .trouble")
        told = await phone.inner_text("main > .flash, main > .trouble")
        assert ("手机已登记" if zh else "enrolled") in told
        assert "#" not in phone.url
        other = await phone_of(shown)
        await other.goto(address)
        await other.locator("main form button[type=submit]").click()
        assert "登记码无效或已过期" in await other.inner_text("main > .trouble")

    with listening(hospital.http.app) as port:
        asyncio.run(run(port))
    where = "kind = 'phone' AND state = 'active' AND holder IN (SELECT person FROM practitioners)"
    assert hospital.count("terminals", where) == 1
