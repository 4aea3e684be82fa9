"""What waits for who practises: files, visits at the counter, a merge, a doubt to look at."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc.jwk import OKPKey
from sqlalchemy import Connection

from verifier.counter import arriving, items, resolving
from verifier.counter.deciding import Counter
from verifier.identity import authorisations, desk_records, merging, people, ties
from verifier.identity.galleries import Gallery
from verifier.policy.rules import Rules
from verifier.protocol.decision import Decision
from verifier.protocol.desk import DESK
from verifier.protocol.values import Assurance, Liveness, Outcome, b64url, new_id
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

from .invented import BY_KEY, REGISTERED
from .store import admit

COLLEAGUE = "practice-colleague"
"""The work number of the colleague who does not exist, and who asked for a second person."""

WHERE = "练习 · training"


@dataclass(frozen=True)
class Planted:
    """Where things are planted: the invented institution's store, keys and rules."""

    keyring: KeyRing
    gallery: Gallery
    rules: Rules

    @property
    def institution(self) -> str:
        """The gallery's."""
        return self.gallery.institution


def plant(world: Planted, conn: Connection, at: datetime) -> None:
    """Everything that the lessons need. The store was empty."""
    colleague = new_id()
    admit(conn, world.institution, colleague, COLLEAGUE)
    terminals.register(
        conn, world.institution, WHERE, "练习读卡器 · practice reader", _public_key(), [DESK]
    )
    known = {key: _file(world, conn, key) for key in REGISTERED}
    _twins(world, conn, known)
    _doubles(world, conn, known, colleague)
    _proxy(world, conn, known, at)
    _queue(world, conn, known, colleague, at)


def _file(world: Planted, conn: Connection, key: str) -> str:
    """A file without a face, as one that was brought over from a card."""
    somebody = BY_KEY[key]
    person = people.register_person(
        conn, world.keyring, world.institution, number=somebody.number, name=somebody.name
    )
    desk_records.record_enrolment(
        conn, world.gallery, person, site=WHERE, way="card", samples=0, by=COLLEAGUE
    )
    return person


def _twins(world: Planted, conn: Connection, known: dict[str, str]) -> None:
    """A doubt about two who look alike: they are twins, and whoever looks finds that out."""
    desk_records.refer(
        conn,
        world.gallery,
        known["twin"],
        known["twin_2"],
        reason="cannot_tell",
        likeness="close",
        note="",
        by=COLLEAGUE,
    )


def _doubles(world: Planted, conn: Connection, known: dict[str, str], colleague: str) -> None:
    """One person with two files, for which the colleague asked to make them one."""
    name = BY_KEY["double"].name
    second = people.register_person(
        conn, world.keyring, world.institution, number="E99018801", name=name, kind="passport"
    )
    merging.ask(conn, world.gallery, known["double"], second, "registered_twice", colleague)
    # Somebody who was brought in without a name, and whose name is found out later.
    people.register_person(conn, world.keyring, world.institution, number=None, name="无名氏练习")


def _proxy(world: Planted, conn: Connection, known: dict[str, str], at: datetime) -> None:
    """An elderly patient's son, who comes for the medicine."""
    who = (world.institution, known["patient_2"], known["proxy"])
    ties.tie(conn, *who, "proxy", "child", COLLEAGUE)
    authorisations.give(
        conn,
        *who,
        scope=["dispensing"],
        uses=3,
        expires_at=at + timedelta(days=90),
        by=COLLEAGUE,
    )


def _queue(
    world: Planted, conn: Connection, known: dict[str, str], colleague: str, at: datetime
) -> None:
    """Three referrals of a terminal, one who pressed 人工窗口, one whom the colleague let pass if a
    second person agrees.
    """
    policy = world.rules.policy
    kiosk = terminals.register(
        conn, world.institution, WHERE, "练习终端 · practice kiosk", _public_key(), ["settlement"]
    )
    referrals = (
        ("settlement", "face_differs", known["patient"], 6),
        ("dispensing", "card_unauthenticated", known["patient_2"], 4),
        ("outpatient_registration", "not_enrolled", known["mother"], 2),
        ("settlement", "face_differs", known["lost"], 1),
    )
    for purpose, reason, person, minutes in referrals:
        said = _referred(purpose, reason, at - timedelta(minutes=minutes))
        item = arriving.refer(conn, world.institution, policy, said, kiosk, person)
    pressed = at - timedelta(minutes=3)
    arriving.press(conn, world.institution, policy, new_id(), "admission", kiosk, None, pressed)
    if item is not None:
        items.take(conn, world.institution, item, colleague, at)
        counter = Counter(world.keyring, world.institution, world.rules)
        resolving.let_pass(conn, counter, item, colleague, "known_to_staff", at)


def _referred(purpose: str, reason: str, at: datetime) -> Decision:
    """What a terminal would have said. No such decision is stored."""
    return Decision(
        id=new_id(),
        visit=new_id(),
        purpose=purpose,
        outcome=Outcome.REFER,
        reasons=[reason],
        assurance=Assurance.CARD,
        next_steps=["counter", "self_pay_or_treat_first"],
        liveness=Liveness.NOT_ASSESSED,
        calibration="training",
        simulated=True,
        decided_at=at,
        claim_digest=b64url(secrets.token_bytes(32)),
    )


def _public_key() -> dict[str, object]:
    """Of a machine that does not exist: its private half is thrown away."""
    return dict(OKPKey.generate_key("Ed25519").as_dict(private=False))
