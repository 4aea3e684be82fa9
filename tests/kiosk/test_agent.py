"""The agent on real serial bytes, a real camera loop and real models; only the verifier is tiny."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from codes.id_number import check_digit
from devices.camera import Camera
from devices.camera.simulated import CameraFault, Portrait, SimulatedCamera
from devices.manager import DeviceConfig
from devices.resident_id.invented import card_for, invented_card
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import Fault
from kiosk import agent as agents
from kiosk import events as e
from kiosk.agent import Agent
from kiosk.session import Plan, VisitResult, VisitStuck, play
from kiosk.settings import KioskSettings
from kiosk.states import Door, Step, is_start
from kiosk.verifier_client import Patience, VerifierClient
from models.engine import FaceEngine
from tests.kiosk import people
from tests.kiosk.tiny_verifier import TinyVerifier
from verifier.protocol.claim import Claim, claim_hash
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.values import Outcome, from_b64url, new_id

HASTY = Patience(connect=3.0, answer=2.0, attempts=2, total=4.0, first_wait=0.01)
CARD = invented_card(7)


@dataclass
class Lens:
    """Opens one camera again and again and counts."""

    camera: Camera
    opened: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def __call__(self) -> Iterator[Camera]:
        self.opened += 1
        yield self.camera
        self.closed.set()


@dataclass
class Place:
    """A terminal and the world around it."""

    agent: Agent
    verifier: TinyVerifier
    reader: ResidentIdSimulator
    camera: SimulatedCamera
    lens: Lens

    async def play(self, **plan: object) -> VisitResult:
        return await play(self.agent, Plan(**plan))  # type: ignore[arg-type]


@asynccontextmanager
async def a_place(
    settings: KioskSettings, engine: FaceEngine | None, more: Sequence[DeviceConfig] = ()
) -> AsyncIterator[Place]:
    async with TinyVerifier().running() as verifier:
        if engine is not None:
            verifier.pack_digest = engine.pack.digest
        identity = verifier.identity(settings.folder)
        with ResidentIdSimulator() as reader, SimulatedCamera(fps=30.0, seed=1) as camera:
            lens = Lens(camera)
            async with VerifierClient(identity, patience=HASTY) as client:
                agent = agents.build(
                    settings,
                    engine=engine,
                    camera=lens,
                    devices=[DeviceConfig("id", "resident_id", reader.url), *more],
                    client=client,
                )
                async with agent.running():
                    yield Place(agent, verifier, reader, camera, lens)


def claims_of(place: Place) -> list[Claim]:
    return place.verifier.claims(place.agent.desk.client.identity)


def test_a_card_and_a_face_are_read_captured_and_claimed(
    settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.camera.show(portrait)
            pictures = []
            place.agent.listen(lambda n: pictures.append(n) if isinstance(n, bytes) else None)
            done = await place.play(on_step={Step.CARD: lambda: place.reader.present(CARD)})
            assert done.step is Step.RESULT
            assert done.path == (
                Step.OPENING,
                Step.NOTICE,
                Step.DOORS,
                Step.CARD,
                Step.FACE,
                Step.CHECKING,
                Step.RESULT,
            )
            assert done.exchange is not None
            assert place.verifier.bodies == [done.exchange.compact.encode()]
            assert place.lens.opened == 1
            first = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR)
            assert first.shape[1] == settings.preview_width
            assert is_start(place.agent.visit)

    asyncio.run(run())


def test_a_played_visit_that_does_not_end_says_where_it_stood_and_leaves_the_terminal_free(
    settings: KioskSettings, engine: FaceEngine
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            with pytest.raises(VisitStuck, match="opening notice doors card; troubles: none") as no:
                await place.play(timeout=2.0)  # no card is laid
            assert no.value.result.step is Step.CARD
            assert no.value.result.exchange is None
            assert is_start(place.agent.visit)

    asyncio.run(run())


def test_the_crop_on_the_wire_is_lossless_and_its_embedding_is_its_own(
    settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.camera.show(portrait)
            captures = []
            desk = place.agent.desk
            submit = desk.submit

            async def keep(visit, basis, evidence):  # type: ignore[no-untyped-def]
                captures.append(evidence)
                return await submit(visit, basis, evidence)

            desk.submit = keep  # type: ignore[method-assign]
            await place.play(on_step={Step.CARD: lambda: place.reader.present(CARD)})
            (evidence,) = captures
            (crop,) = evidence.capture.crops
            picture = cv2.imdecode(np.frombuffer(from_b64url(crop.png), np.uint8), cv2.IMREAD_COLOR)
            assert picture.shape == (112, 112, 3)
            own = engine.embed(picture[np.newaxis])[0]
            assert float(np.dot(own, crop.vector())) > 0.999
            assert evidence.capture.simulated
            assert evidence.reading.simulated
            assert set(evidence.reading.fields) == {
                "name",
                "number",
                "birth",
                "valid_from",
                "valid_to",
                "layout",
            }

    asyncio.run(run())


def test_the_camera_is_never_opened_for_a_person_who_declines(
    settings: KioskSettings, engine: FaceEngine
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.reader.present(CARD)
            done = await place.play(agree=False)
            assert (done.step, place.lens.opened) == (Step.RESULT, 0)
            assert Step.FACE not in done.path

    asyncio.run(run())


def test_a_card_pulled_during_the_read_is_asked_for_again_and_then_read(
    settings: KioskSettings,
) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            place.reader.inject(Fault.PULLED_IN_READ)
            place.reader.present(CARD)
            done = await place.play(
                agree=False, on_trouble={"removed": lambda: place.reader.present(CARD)}
            )
            assert (done.step, done.troubles) == (Step.RESULT, ("removed",))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("fault", "times", "trouble"),
    [
        (Fault.PULLED_AFTER_SELECT, 1, "removed"),
        (Fault.UNKNOWN_CERTIFICATE, 1, "other_card"),
        (Fault.CARD_NOT_ACCEPTED, 3, "not_accepted"),
    ],
)
def test_a_card_that_cannot_be_read_is_said_kindly_and_may_be_laid_again(
    settings: KioskSettings, fault: Fault, times: int, trouble: str
) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            place.reader.inject(fault, times)
            place.reader.present(CARD)
            done = await place.play(
                agree=False, on_trouble={trouble: lambda: place.reader.present(CARD)}
            )
            assert (done.step, done.troubles) == (Step.RESULT, (trouble,))

    asyncio.run(run())


def test_a_reader_that_is_unplugged_says_so_and_is_found_again(settings: KioskSettings) -> None:
    def plug_in(place: Place) -> None:
        place.reader.plug_in()
        place.reader.present(CARD)

    async def run() -> None:
        async with a_place(settings, None) as place:
            done = await place.play(
                agree=False,
                on_step={Step.CARD: place.reader.unplug},
                on_trouble={"reader_down": lambda: plug_in(place)},
            )
            assert (done.step, done.troubles) == (Step.RESULT, ("reader_down",))

    asyncio.run(run())


def test_a_child_s_card_is_claimed_without_a_face(
    settings: KioskSettings, engine: FaceEngine
) -> None:
    young = "99010120200101001"

    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.reader.present(card_for("小明", young + check_digit(young)))
            done = await place.play()
            assert (done.step, place.lens.opened) == (Step.RESULT, 0)
            (claim,) = claims_of(place)
            assert claim.legal_basis is not None
            assert claim.legal_basis.consent.value == "no_face"

    asyncio.run(run())


def test_without_a_card_the_last_four_and_a_face_are_claimed(
    settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.camera.show(portrait)
            done = await place.play(door=Door.FACE, last_four="123X")
            assert (done.step, done.path[3:5]) == (Step.RESULT, (Step.DIGITS, Step.FACE))

    asyncio.run(run())


def test_nobody_in_front_of_the_camera_leads_to_the_card_alone(
    settings: KioskSettings, engine: FaceEngine
) -> None:
    async def run() -> None:
        quick = settings.model_copy(update={"face_timeout": 0.5})
        async with a_place(quick, engine) as place:
            place.reader.present(CARD)
            done = await place.play()
            assert done.path[-4:] == (Step.FACE, Step.NO_FACE, Step.CHECKING, Step.RESULT)
            (claim,) = claims_of(place)
            assert claim.legal_basis is not None
            assert claim.legal_basis.consent.value == "no_face"

    asyncio.run(run())


@pytest.mark.parametrize("fault", [CameraFault.DEAD, CameraFault.BLACK])
def test_a_camera_that_fails_leads_to_the_card_alone(
    settings: KioskSettings, engine: FaceEngine, fault: CameraFault
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.reader.present(CARD)
            place.camera.fault(fault)
            done = await place.play()
            assert (done.step, Step.NO_FACE in done.path) == (Step.RESULT, True)

    asyncio.run(run())


def test_a_verifier_that_is_down_refers_to_the_counter_and_the_journal_keeps_the_visit(
    settings: KioskSettings,
) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            place.reader.present(CARD)
            place.verifier.before_claims.extend(["drop", "drop"])
            done = await place.play(agree=False)
            assert (done.step, done.reason) == (Step.COUNTER, "kiosk.verifier_unreachable")
            (line,) = place.agent.journal.referrals()
            assert (line.visit, line.purpose, line.reason) == (
                done.visit,
                "outpatient_registration",
                "kiosk.verifier_unreachable",
            )
            kept = place.agent.journal.path.read_text()
            assert CARD.name not in kept
            assert CARD.number not in kept
            again = await place.play(agree=False)
            assert again.step is Step.RESULT

    asyncio.run(run())


def test_a_verifier_that_never_answered_the_first_touch_refers_as_well(
    settings: KioskSettings,
) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            place.verifier.before_challenges.extend(["drop", "drop"])
            done = await place.play()
            assert (done.path, done.step) == ((Step.OPENING, Step.COUNTER), Step.COUNTER)
            assert len(place.agent.journal.referrals()) == 1

    asyncio.run(run())


def test_a_notice_that_this_terminal_has_no_text_of_refers_to_the_counter(
    settings: KioskSettings,
) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            place.verifier.notice = "2031-01"
            done = await place.play()
            assert (done.step, done.reason) == (Step.COUNTER, "kiosk.notice_unknown")

    asyncio.run(run())


def test_another_pack_than_the_gallery_s_offers_no_face(
    settings: KioskSettings, engine: FaceEngine
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.verifier.pack_digest = people.DIGEST
            place.agent.post(e.Started(new_id()))
            await until(place.agent, Step.NOTICE)
            assert not place.agent.visit.face_ready

    asyncio.run(run())


def test_a_retry_is_looked_at_again_with_a_fresh_challenge(
    settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:

            def retry(claim: Claim, compact: str) -> ClaimAnswer:
                return people.answer(
                    claim.visit,
                    Outcome.RETRY,
                    next_steps=("look_again",),
                    claim_digest=claim_hash(compact),
                )

            place.verifier.judge = retry
            place.camera.show(portrait)
            place.reader.present(CARD)
            done = await place.play()
            assert done.path.count(Step.FACE) == 3
            sent = claims_of(place)
            assert [claim.counter for claim in sent] == [1, 2, 3]
            assert len({claim.challenge for claim in sent}) == 3

    asyncio.run(run())


def test_a_clock_that_is_off_is_a_health_mark_and_no_refusal(settings: KioskSettings) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            place.verifier.health = ("clock_skew",)
            place.reader.present(CARD)
            done = await place.play(agree=False)
            assert done.step is Step.RESULT

            place.agent.post(e.Started(new_id()))
            await until(place.agent, Step.NOTICE)
            assert place.agent.desk.health == ("clock_skew",)

    asyncio.run(run())


def test_nothing_of_a_person_is_left_on_disk_or_in_the_agent(
    settings: KioskSettings, engine: FaceEngine, portrait: Portrait
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.camera.show(portrait)
            place.reader.present(CARD)
            await place.play()
            assert is_start(place.agent.visit)
        for path in settings.data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert CARD.number.encode() not in content
                assert CARD.name.encode() not in content
                assert b"\x89PNG" not in content
                assert b"JFIF" not in content
        kept = {path.name for path in settings.folder.iterdir()}
        assert kept == {"terminal.json", "chain.json", "chain.lock"}

    asyncio.run(run())


def test_the_agent_gives_the_camera_back_when_the_person_leaves(
    settings: KioskSettings, engine: FaceEngine
) -> None:
    async def run() -> None:
        async with a_place(settings, engine) as place:
            place.reader.present(CARD)
            agent = place.agent
            agent.post(e.Started(new_id()))
            await until(agent, Step.NOTICE)
            agent.post(e.Agreed(people.NOTICE, people.NOW))
            agent.post(e.DoorChosen(Door.RESIDENT_ID))
            await until(agent, Step.FACE)
            agent.post(e.Ended())
            assert is_start(agent.visit)
            later: list[object] = []
            agent.listen(later.append)
            assert await asyncio.to_thread(place.lens.closed.wait, 5.0)
            assert later == []

    asyncio.run(run())


def test_a_chain_on_disk_never_goes_back(settings: KioskSettings) -> None:
    async def run() -> list[int]:
        counters = []
        for _ in range(2):
            async with a_place(settings, None) as place:
                place.reader.present(CARD)
                await place.play(agree=False)
                counters += [claim.counter for claim in claims_of(place)]
        return counters

    assert asyncio.run(run()) == [1, 2]
    assert json.loads(Path(settings.chain_file).read_text())["counter"] == 2


async def until(agent: Agent, step: Step) -> None:
    """Wait until this screen is up."""
    reached = asyncio.Event()
    stop = agent.listen(lambda _: reached.set() if agent.visit.step is step else None)
    if agent.visit.step is step:
        reached.set()
    try:
        async with asyncio.timeout(10):
            await reached.wait()
    finally:
        stop()
