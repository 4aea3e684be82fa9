"""The facts of one claim, read in the deciding transaction: an index alone gives none of them."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from codes import names
from models.types import Floats
from verifier.identity import lost_cards, people, templates
from verifier.identity.lookup import known_by_number
from verifier.identity.resolver import TOKEN_KINDS
from verifier.identity.templates import NoTemplate, TemplateForDecision
from verifier.matching.embedding import cosine
from verifier.matching.following import FollowedGallery
from verifier.policy.rules import IdentifyRules, PurposeRules
from verifier.protocol.claim import CredentialReading, Evidence, Narrowing
from verifier.protocol.values import Liveness
from verifier.trust.keys import KeyRing

from . import terms
from .decide import may_search
from .exchange import driver_of
from .expected import ExpectedVisits
from .facts import Candidate, CardFacts, Facts, SearchFacts

CLOSEST = 2
"""Live candidates that are read again: the best, and one more to know whether it stands alone."""


@dataclass(frozen=True, eq=False)
class Probe:
    """The live face: a unit vector (D,), not rotated, and its cosine with the photo on the chip
    that was read, if one was sent.
    """

    vector: Floats
    chip_score: float | None = None


@dataclass(frozen=True)
class Gathered:
    """Facts, and the person whom the credential names, if one is registered."""

    facts: Facts
    person: str | None = None


@dataclass(frozen=True)
class Reader:
    """Where facts are read: one transaction of one institution."""

    conn: Connection
    keyring: KeyRing
    gallery: FollowedGallery
    expected: ExpectedVisits

    @property
    def institution(self) -> str:
        """The gallery's."""
        return self.gallery.gallery.institution

    def template(self, person: str) -> TemplateForDecision | None:
        """The person's live template, locked, or None."""
        return _live(templates.for_decision(self.conn, self.keyring, self.gallery.gallery, person))

    def score(self, probe: Floats, template: TemplateForDecision) -> float:
        """Cosine of a probe (D,) that is not rotated."""
        turned = templates.rotate(self.gallery.gallery.secrets, probe)
        return cosine(turned, template.vector)


def gather(
    conn: Connection,
    keyring: KeyRing,
    gallery: FollowedGallery,
    rules: PurposeRules,
    evidence: Evidence,
    probe: Probe | None,
    at: datetime,
    expected: ExpectedVisits,
) -> Gathered:
    """The facts. Raises `Refused` with `evidence.malformed` for a card without a number."""
    reader, liveness = Reader(conn, keyring, gallery, expected), liveness_of(evidence)
    if evidence.reading is not None:
        return _by_card(reader, evidence.reading, liveness, probe, at)
    search = _searched(reader, rules, evidence.narrowing, probe.vector if probe else None, at)
    return Gathered(Facts(liveness, face=probe is not None, search=search))


def held(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    shown: CredentialReading | None,
    gathered: Gathered,
) -> Gathered:
    """The same facts, or that the card which was shown is on the hospital's list of lost ones.

    Of the card as it was shown: the code of who lost an ID card is as good as before.
    """
    card = gathered.facts.card
    if card is None or shown is None or shown.kind in TOKEN_KINDS:
        return gathered
    if not lost_cards.is_lost(conn, keyring, institution, shown.kind, terms.number_of(shown)):
        return gathered
    return replace(gathered, facts=replace(gathered.facts, card=replace(card, on_hold=True)))


def liveness_of(evidence: Evidence) -> Liveness:
    """What the verifier knows of liveness: not judged here yet, so only an attack is believed.

    A terminal's word that a person is alive proves nothing to whoever distrusts the terminal.
    """
    attack = evidence.capture is not None and evidence.capture.liveness is Liveness.ATTACK
    return Liveness.ATTACK if attack else Liveness.NOT_ASSESSED


def _by_card(
    reader: Reader,
    reading: CredentialReading,
    liveness: Liveness,
    probe: Probe | None,
    at: datetime,
) -> Gathered:
    number, kind = terms.number_of(reading), terms.identifier_kind(reading)
    gallery = reader.gallery.gallery
    known = known_by_number(driver_of(reader.conn), reader.keyring, gallery, kind, number)
    template = _live(known.template) if known else None
    card = CardFacts(
        authenticated=reading.authenticated,
        expired=terms.is_expired(reading, at),
        name_agrees=_name_agrees(reading, known.name) if known else None,
        enrolled=template is not None,
    )
    score = reader.score(probe.vector, template) if template and probe is not None else None
    chip = probe.chip_score if probe is not None else None
    facts = Facts(liveness, face=probe is not None, card=card, score=score, chip_score=chip)
    return Gathered(facts, known.person.id if known else None)


def _name_agrees(reading: CredentialReading, registered: str | None) -> bool | None:
    if registered is None:
        return None
    read = reading.fields.get("name", "")
    return names.normalise(read) == names.normalise(registered)


def _live(found: TemplateForDecision | NoTemplate) -> TemplateForDecision | None:
    return found if isinstance(found, TemplateForDecision) else None


def _searched(
    reader: Reader,
    rules: PurposeRules,
    narrowing: Narrowing | None,
    probe: Floats | None,
    at: datetime,
) -> SearchFacts | None:
    if rules.identify is None or probe is None:
        return None
    by = _narrowed_by(narrowing, rules.identify)
    if by is None:
        return SearchFacts(None, 0, len(reader.gallery))
    listed = _listed(reader, rules, narrowing, at)
    reader.gallery.follow(reader.conn)  # after the list was made, so that it holds everyone on it
    if may_search(len(listed), by, rules.identify) is not None:
        return SearchFacts(by, len(listed), len(reader.gallery))
    best = _closest(reader, probe, listed)
    return SearchFacts(by, len(listed), len(reader.gallery), best)


def _narrowed_by(narrowing: Narrowing | None, rules: IdentifyRules) -> str | None:
    """What makes the list; None where the person gave nothing and the policy asks for something."""
    if narrowing is None:
        return "expected" if "expected" in rules.narrowing else None
    return "department" if narrowing.department is not None else "last_four"


def _listed(
    reader: Reader, rules: PurposeRules, narrowing: Narrowing | None, at: datetime
) -> list[str]:
    """Who is searched: nobody outside this list can be the answer."""
    conn, mine = reader.conn, reader.institution
    if narrowing is not None and narrowing.last_four is not None:
        return people.by_last_four(conn, reader.keyring, mine, narrowing.last_four)
    department = narrowing.department if narrowing else None
    return reader.expected.people(conn, mine, rules.id, at, department)


def _closest(reader: Reader, probe: Floats, listed: list[str]) -> tuple[Candidate, ...]:
    """The nearest live people, each scored against the template as it stands now."""
    proposed = reader.gallery.propose(probe, listed, len(listed))
    live: list[Candidate] = []
    for person, _ in proposed:
        template = reader.template(person)
        if template is not None:
            linked = template.linked_group is not None
            live.append(Candidate(person, reader.score(probe, template), linked))
        if len(live) == CLOSEST:
            break
    return tuple(sorted(live, key=lambda candidate: -candidate.score))
