"""Invented values that the kiosk's tests share: a reading, a capture, a challenge, an answer."""

from datetime import UTC, datetime, timedelta

from joserfc.jwk import OKPKey

from kiosk.states import Exchange
from verifier.protocol.challenge import Challenge
from verifier.protocol.claim import Capture, CredentialReading, Crop, pack_vector
from verifier.protocol.decision import ClaimAnswer, Decision, Greeting
from verifier.protocol.practice import CheckedIn, Elsewhere, Part
from verifier.protocol.practice import Outcome as Practice
from verifier.protocol.values import (
    Assurance,
    Liveness,
    Outcome,
    b64url,
    new_id,
    sha256_b64url,
)

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PURPOSE = "outpatient_registration"
NOTICE = "2025-11"
DIGEST = sha256_b64url(b"pack")

ALWAYS = ["counter", "self_pay_or_treat_first"]

READING = CredentialReading(
    kind="resident_id",
    fields={"name": "张三", "number": "990101199001011236", "birth": "1990-01-01"},
    device="sam:test",
    read_at=NOW,
    authenticated=True,
    simulated=True,
)

CAPTURE = Capture(
    pack="opencv-zoo",
    pack_digest=DIGEST,
    camera="test",
    simulated=True,
    captured_at=NOW,
    crops=[Crop(png=b64url(b"png"), embedding=pack_vector([1.0, 0.0]), quality=0.9)],
)


def challenge(
    visit: str,
    *,
    lifetime: float = 120.0,
    health: tuple[str, ...] = (),
    purpose: str = PURPOSE,
) -> Challenge:
    """A challenge as a verifier gives it, with a key of its own to seal to."""
    key = OKPKey.generate_key("X25519", {"kid": "seal"}, private=False)
    return Challenge(
        challenge=new_id(),
        purpose=purpose,
        visit=visit,
        issued_at=NOW,
        expires_at=NOW + timedelta(seconds=lifetime),
        notice_version=NOTICE,
        seal_key={name: str(value) for name, value in key.as_dict().items()},
        pack="opencv-zoo",
        pack_digest=DIGEST,
        liveness_required=False,
        health=list(health),
    )


def answer(
    visit: str,
    outcome: Outcome = Outcome.ACCEPTED,
    *,
    reasons: tuple[str, ...] = (),
    next_steps: tuple[str, ...] = (),
    name: str | None = None,
    enrolment: bool = False,
    claim_digest: str = DIGEST,
) -> ClaimAnswer:
    """An answer of the verifier."""
    accepted = outcome is Outcome.ACCEPTED
    decision = Decision(
        id=new_id(),
        visit=visit,
        purpose=PURPOSE,
        outcome=outcome,
        reasons=list(reasons),
        assurance=Assurance.CARD_FACE if accepted else None,
        next_steps=[*next_steps, *([] if accepted else ALWAYS)],
        enrolment_offered=enrolment,
        liveness=Liveness.NOT_ASSESSED,
        calibration="test",
        simulated=True,
        decided_at=NOW,
        claim_digest=claim_digest,
    )
    greeting = Greeting(masked_name=name) if name else None
    return ClaimAnswer(decision=decision, receipt="receipt", receipt_id=new_id(), greeting=greeting)


def exchange(visit: str, outcome: Outcome = Outcome.ACCEPTED, **more: object) -> Exchange:
    """A claim that was answered."""
    return Exchange("claim", challenge(visit), answer(visit, outcome, **more))  # type: ignore[arg-type]


OPEN = (Practice.CONFIRMED, Practice.PROVISIONAL, Practice.ALREADY_IN)


def checked_in(outcome: Practice, *reasons: str, **parts: object) -> CheckedIn:
    """A verifier's answer to a check-in; every part proved unless told otherwise."""
    window = {"window": new_id(), "opened_at": NOW, "until": NOW + timedelta(hours=10)}
    said: dict[str, object] = {
        "outcome": outcome,
        "identity": Part.PROVED,
        "place": Part.PROVED,
        "shift": "on_shift",
        "registration": Part.PROVED,
        "reasons": list(reasons),
    }
    return CheckedIn.model_validate(said | (window if outcome in OPEN else {}) | parts)


def elsewhere(*, reachable: bool = True) -> Elsewhere:
    """Somebody practises at another site."""
    return Elsewhere(site="示范医院西院区", since=NOW, here=True, reachable=reachable)
