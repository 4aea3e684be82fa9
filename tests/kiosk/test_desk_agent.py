"""A desk: a card on a real line, through the agent and the verifier, to the clerk who takes it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Literal

import httpx
import numpy as np
import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError
from sqlalchemy import text

from devices.manager import DeviceConfig
from devices.resident_id import simulated_photo
from devices.resident_id.invented import invented_card
from devices.resident_id.simulated_photo import SimulatedPhotoDecoder
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import VirtualCard
from kiosk.desk_agent import DeskAgent
from kiosk.errors import DecoderMissing
from kiosk.identity import TerminalIdentity
from kiosk.settings import KioskSettings
from kiosk.verifier_client import VerifierClient
from models import images
from tests.verifier.fixtures import INSTITUTION, database, dump, gallery, institution, keyring
from tests.verifier.serving.hospital import Hospital, Terminal, capture, card, invent
from tests.verifier.serving.staff import Member, member
from verifier.api.readings import Laid, Readings
from verifier.protocol.claim import CredentialReading, Evidence, Narrowing
from verifier.protocol.desk import DESK, READING_LIFE_S, SentReading
from verifier.trust import terminals
from verifier.trust.accounts.roles import Role

from .test_witness import hospital

__all__ = ["database", "gallery", "hospital", "institution", "keyring"]

ZHANG, LI = invent(1), invent(2, "李四")


@pytest.fixture
def desk(hospital: Hospital) -> Terminal:
    """A desk's agent, as a terminal for no purpose of a claim."""
    return hospital.terminal(purposes=[DESK])


@pytest.fixture
def clerk(hospital: Hospital) -> Member:
    return member(hospital, "g1001", Role.ENROLMENT_CLERK)


def sent(desk: Terminal, evidence: Evidence) -> httpx.Response:
    key = desk.get("/v1/readings/key").json()["seal_key"]
    body = SentReading(evidence=evidence.sealed(OKPKey.import_key(key)))
    return desk.post("/v1/readings", body.model_dump_json().encode())


def taken(clerk: Member, desk: Terminal) -> httpx.Response:
    return clerk.ask("POST", f"/v1/readings/{desk.id}/taken")


def test_a_reading_is_taken_once_by_the_clerk_and_that_is_entered(
    hospital: Hospital, desk: Terminal, clerk: Member
) -> None:
    assert taken(clerk, desk).json()["code"] == "reading.none"
    assert sent(desk, Evidence(reading=card(ZHANG))).status_code == 204
    found = CredentialReading.model_validate(taken(clerk, desk).json())
    assert found.fields["number"] == ZHANG.number
    assert taken(clerk, desk).json()["code"] == "reading.none", "once"
    with hospital.database.app.connect() as conn:
        body = conn.scalar(text("SELECT body FROM ledger WHERE kind = 'reading.taken'"))
    assert body == {"terminal": desk.id, "account": clerk.account, "credential": "resident_id"}


def test_the_newest_card_is_the_one_that_is_meant(desk: Terminal, clerk: Member) -> None:
    for person in (ZHANG, LI):
        sent(desk, Evidence(reading=card(person)))
    assert taken(clerk, desk).json()["fields"]["number"] == LI.number


def test_nothing_of_it_is_kept(hospital: Hospital, desk: Terminal, clerk: Member) -> None:
    sent(desk, Evidence(reading=card(ZHANG)))
    taken(clerk, desk)
    with hospital.database.owner.connect() as conn:
        assert ZHANG.number.encode() not in dump(conn)


def test_who_may_not_take_does_not_and_it_waits_on(
    hospital: Hospital, desk: Terminal, clerk: Member
) -> None:
    sent(desk, Evidence(reading=card(ZHANG)))
    other = member(hospital, "g1002", Role.AUDITOR)
    assert taken(other, desk).json()["code"] == "account.forbidden"
    assert taken(clerk, desk).status_code == 200


def test_a_kiosk_reads_for_no_desk_and_a_desk_makes_no_claim(
    hospital: Hospital, desk: Terminal
) -> None:
    assert sent_code(hospital.terminal()) == "purpose.unknown"
    assert desk.ask("settlement").json()["code"] == "purpose.unknown"
    assert desk.ask(DESK).json()["code"] == "purpose.unknown"


def sent_code(terminal: Terminal) -> str:
    body = SentReading(evidence="a.b.c.d.e").model_dump_json().encode()
    return str(terminal.post("/v1/readings", body).json()["code"])


def test_what_is_no_credential_is_refused(
    hospital: Hospital, desk: Terminal, clerk: Member
) -> None:
    assert sent_code(desk) == "evidence.unreadable"
    unread = Evidence(narrowing=Narrowing(last_four="0013"))
    assert sent(desk, unread).json()["code"] == "evidence.empty"
    with pytest.raises(ValidationError):
        sent(desk, Evidence(reading=card(ZHANG), capture=capture(ZHANG.face)))
    hospital.site.parts = replace(hospital.site.parts, demo=False)
    simulated = card(ZHANG).model_copy(update={"simulated": True})
    assert sent(desk, Evidence(reading=simulated)).json()["code"] == "evidence.simulated"
    assert taken(clerk, desk).json()["code"] == "reading.none"


def test_a_reading_nobody_takes_is_forgotten_after_two_minutes() -> None:
    now = 0.0
    waiting = Readings(lambda: now)
    waiting.put("a", Laid(card(ZHANG)))
    now = READING_LIFE_S - 1
    assert len(waiting) == 1
    now = READING_LIFE_S
    assert waiting.take("a") is None
    for number in range(1100):
        waiting.put(str(number), Laid(card(ZHANG)))
    assert len(waiting) == 1024


PHOTO = simulated_photo.encode(np.full((126, 102, 3), 120, np.uint8))


@pytest.mark.parametrize(
    ("mode", "decoder", "photo"),
    [
        ("central", SimulatedPhotoDecoder(), True),
        ("central", None, False),
        ("on_device", SimulatedPhotoDecoder(), False),
    ],
)
def test_a_chip_s_photo_goes_with_its_card_where_it_can_be_decoded_and_is_taken(
    hospital: Hospital,
    tmp_path: Path,
    mode: Literal["central", "on_device"],
    decoder: SimulatedPhotoDecoder | None,
    photo: bool,
) -> None:
    hospital.site.parts = replace(hospital.site.parts, mode=mode)
    shown = VirtualCard.of(invented_card(7), photo=PHOTO)
    name, told = on_the_line(hospital, tmp_path, shown, decoder)
    assert told == ["resident_id"]
    laid = hospital.site.readings.take(name)
    assert laid is not None
    assert (images.decode(laid.chip_photo).shape == (126, 102, 3)) if photo else not laid.chip_photo
    assert "b'" not in repr(laid)


def test_a_decoder_that_is_not_there_is_said_at_the_start() -> None:
    named = "devices.resident_id.simulated_photo:SimulatedPhotoDecoder"
    assert isinstance(KioskSettings(photo_decoder=named).decoder(), SimulatedPhotoDecoder)
    assert KioskSettings().decoder() is None
    for missing in ("no.such.module:Decoder", "devices.resident_id.photo:NoSuch"):
        with pytest.raises(DecoderMissing):
            KioskSettings(photo_decoder=missing).decoder()


def test_a_card_on_the_line_reaches_the_clerk_once_while_it_lies_there(
    hospital: Hospital, clerk: Member, tmp_path: Path
) -> None:
    name, told = on_the_line(hospital, tmp_path, VirtualCard.of(invented_card(7)))
    assert told == ["resident_id"]
    found = clerk.ask("POST", f"/v1/readings/{name}/taken").json()
    assert found["simulated"] is True
    assert found["fields"]["number"]


def on_the_line(
    hospital: Hospital,
    tmp_path: Path,
    shown: VirtualCard,
    decoder: SimulatedPhotoDecoder | None = None,
) -> tuple[str, list[str]]:
    """A card at a desk's simulated reader, until its agent told of it: desk, what it told."""
    path = tmp_path / "desk.json"
    public = TerminalIdentity.create(path, INSTITUTION, "http://127.0.0.1")
    with hospital.database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "hall", "desk 1", public, [DESK])
    identity = TerminalIdentity.register(path, name)
    told: list[str] = []

    async def story(reader: ResidentIdSimulator) -> None:
        heard = asyncio.Event()

        def hear(said: str) -> None:
            told.append(said)
            heard.set()

        async with VerifierClient(identity) as client:
            await client._http.aclose()
            transport = httpx.ASGITransport(hospital.http.app)
            client._http = httpx.AsyncClient(transport=transport, base_url="http://verifier")
            agent = DeskAgent(
                [DeviceConfig("id", "resident_id", reader.url, {"find_timeout": 2.0})],
                client,
                hear,
                decoder,
            )
            running = asyncio.create_task(agent.run())
            reader.present(shown)
            await asyncio.wait_for(heard.wait(), 30)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    with ResidentIdSimulator() as reader:
        asyncio.run(story(reader))
    return name, told
