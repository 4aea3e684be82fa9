"""What the demo's visits are made of: people at the screen, claims that must be refused, rows."""

from kiosk import session
from kiosk.agent import Agent
from kiosk.desk import Desk
from kiosk.errors import KioskError, VerifierRefused
from kiosk.messages import Shown
from kiosk.session import Happening, Plan, VisitResult, VisitStuck
from kiosk.states import Act, Door, Step
from verifier.protocol.claim import Evidence, LegalBasis
from verifier.protocol.practice import Reason
from verifier.protocol.values import Consent, new_id, now

from .hospital import NOTICE_VERSION
from .results import Played, Seen, seen_in
from .sample import SamplePerson
from .world import World

CARD_FACE, CARD = Seen("accepted", "card+face"), Seen("accepted", "card")
REFERRED = Seen("refer", "card")
DOOR_OF: dict[Shown, Door] = {
    "resident_id": Door.RESIDENT_ID,
    "social_security_card": Door.SOCIAL_SECURITY_CARD,
    "nhsa_qr": Door.NHSA_QR,
    "e_social_card": Door.NHSA_QR,
}


def by_card(person: SamplePerson) -> Seen:
    """What own card and own face give at outpatient registration."""
    return CARD_FACE if person.enrolled else CARD


async def with_card(
    world: World,
    card: SamplePerson,
    face: SamplePerson,
    *,
    agent: Agent | None = None,
    before_face: Happening | None = None,
    on_trouble: dict[str, Happening] | None = None,
    credential: Shown = "resident_id",
    act: Act | None = None,
    why: Reason | None = None,
    moves: bool = False,
) -> VisitResult:
    """One visit with this credential presented and this face before the camera; of a practitioner
    where there is an `act`.
    """
    devices = world.devices_of(agent or world.agent)

    def stand() -> None:
        if before_face is not None:
            before_face()
        devices.stand(face.id)

    steps: dict[Step, Happening] = {
        Step.CARD: lambda: devices.present(card.id, credential),
        Step.FACE: stand,
    }
    plan = Plan(
        door=DOOR_OF[credential],
        on_step=steps,
        on_trouble=on_trouble or {},
        act=act,
        why=why,
        moves=moves,
    )
    return await _play(world, agent, plan)


async def without_card(world: World, face: SamplePerson, last_four: str) -> VisitResult:
    """One visit by the door 刷脸, with these four characters typed."""
    steps: dict[Step, Happening] = {Step.FACE: lambda: world.devices.stand(face.id)}
    return await _play(world, None, Plan(door=Door.FACE, last_four=last_four, on_step=steps))


async def _play(world: World, agent: Agent | None, plan: Plan) -> VisitResult:
    devices = world.devices_of(agent or world.agent)
    try:
        return await session.play(agent or world.agent, plan)
    except VisitStuck as stuck:
        return stuck.result
    finally:
        devices.take_away()
        devices.stand(None)


async def refused_claim(
    visit: str,
    who: str,
    code: str,
    desk: Desk,
    evidence: Evidence,
    basis: LegalBasis | None,
    *,
    recorded: int = 0,
    case: str = "",
) -> Played:
    """A claim that the terminal makes and the verifier must refuse with this code."""
    expected = Seen("refused", code)
    try:
        exchange = await desk.submit(new_id(), basis, evidence)
    except KioskError as error:
        return Played(visit, who, expected, failed(error), recorded=recorded, case=case)
    finally:
        desk.forget()
    answer = exchange.answer
    return Played(visit, who, expected, seen_in(answer.decision), {}, answer, recorded, case)


def failed(error: KioskError) -> Seen:
    """What came of a claim that got no decision: a refusal, or an answer that never came."""
    return Seen("refused" if isinstance(error, VerifierRefused) else "stuck", error.code)


def agreed() -> LegalBasis:
    """同意刷脸 was touched now."""
    return LegalBasis(notice_version=NOTICE_VERSION, consent=Consent.SEPARATE, touched_at=now())


def played(
    visit: str,
    who: str,
    expected: Seen,
    result: VisitResult,
    checks: dict[str, bool] | None = None,
    *,
    case: str = "",
    recorded: int = 1,
) -> Played:
    """The row of a visit that a person made at the screen; `recorded` results were stored of it."""
    checks = checks or {}
    if result.exchange is None:
        seen = _without_answer(result)
        return Played(visit, who, expected, seen, checks, case=case)
    answer = result.exchange.answer
    seen = seen_in(answer.decision)
    return Played(visit, who, expected, seen, checks, answer, recorded, case)


def _without_answer(result: VisitResult) -> Seen:
    if result.step is Step.COUNTER:
        return Seen("counter", result.reason or "")
    return Seen("stuck", " ".join((f"at {result.step.value}", *result.troubles)))


def name(person: SamplePerson) -> str:
    """As the table shows it."""
    return person.invented.name
