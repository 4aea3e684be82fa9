"""The enrolment desk (建档窗口): one person, one clerk, from the card to the template."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from codes.errors import InvalidCode
from codes.id_number import IdNumber
from codes.id_number import parse as parse_number
from codes.names import masked
from verifier.identity import consents, desk_records, people, templates, ties
from verifier.identity.desk_records import Likeness
from verifier.identity.galleries import Gallery
from verifier.policy.models import ENROLMENT, Policy
from verifier.protocol.values import Consent
from verifier.trust.keys import KeyRing

from .application import CHINA, MAX_NAME, GivenConsent
from .draft import Draft, Drafts, Guardian
from .errors import PersonRefused
from .files import File, file_of
from .live import Look, look
from .rules import EnrolRules
from .samples import Faces
from .service import Enrolled, Enroller, LookAlike

LINK_REASONS = ("twins", "siblings", "look_alike")
"""Why two people who look alike are two."""

CERTAIN, CLOSE = 1e-5, 1e-4
"""Rates at which strangers reach a likeness by chance; see `likeness`."""


@dataclass(frozen=True)
class Candidate:
    """Somebody enrolled who looks like the person at the desk, as a clerk may see them.

    Attributes:
        has_number: there is one of the kind that the person at the desk showed.
    """

    person: str
    likeness: Likeness
    name: str
    age: int | None
    sex: str | None
    at: datetime | None
    site: str
    has_number: bool


@dataclass
class EnrolmentDesk:
    """What the desk's pages ask. Its methods block: call them in a worker.

    Attributes:
        general_notice: what is shown where the policy has no notice of enrolment in force.
        faces: None where the verifier's models see no frames; then nobody is enrolled here.
    """

    engine: Engine
    keyring: KeyRing
    gallery: Gallery
    enroller: Enroller
    rules: EnrolRules
    policy: Policy
    general_notice: str
    clock: Callable[[], datetime]
    faces: Faces | None
    drafts: Drafts = field(default_factory=Drafts)

    def today(self) -> date:
        """In China."""
        return self.clock().astimezone(CHINA).date()

    @property
    def notice_version(self) -> str:
        """Which notice is read before an enrolment today."""
        own = self.policy.own_in_force(ENROLMENT, self.today())
        return own[-1].version if own else self.general_notice

    def is_child(self, draft: Draft) -> bool:
        """Whether a guardian has to agree."""
        age = draft.age_on(self.today())
        return age is not None and age < self.policy.guardian_below_age

    def agree(self, draft: Draft, guardian: Guardian | None = None) -> None:
        """The person, or the guardian of a child, gave a separate consent just now.

        Raises `PersonRefused`: `guardian_required` where the hospital enrols no child, or nobody
        agreed for one; `consent_withdrawn` never: this consent is newer.
        """
        child = self.is_child(draft)
        if child and (guardian is None or not self.policy.guardian_enrolment):
            raise PersonRefused("guardian_required")
        kind = Consent.GUARDIAN if child else Consent.SEPARATE
        draft.guardian = guardian if child else None
        # To the second: PostgreSQL keeps less than a clock may tell.
        at = self.clock().replace(microsecond=0)
        draft.consent = GivenConsent(kind, self.notice_version, at, "desk")

    def is_outdated(self, file: File) -> bool:
        """Whether the policy asks who agreed under another notice than today's to agree anew."""
        return (
            self.policy.enrolment.renew
            and file.state == "confirmed"
            and file.enrolled_at is not None
            and file.consent is not None
            and file.consent[0] != self.notice_version
        )

    def agrees_alone(self, file: File) -> bool:
        """Whether the person agrees without a guardian; an age that nobody knows is no adult's."""
        age = file.age_on(self.today())
        return age is not None and age >= self.policy.guardian_below_age

    def renew(self, person: str) -> bool:
        """The person agreed just now under today's notice: the template stays, on this consent.

        False where there was nothing to renew any more. Raises `PersonRefused`
        (`guardian_required`), `IdentityRefused` (`person.unknown`, `person.erased`).
        """
        with self.engine.begin() as conn:
            templates.one_writer(conn, self.gallery)  # so that no withdrawal comes between
            file = file_of(conn, self.keyring, self.gallery, person)
            if not self.is_outdated(file):
                return False
            if not self.agrees_alone(file):
                raise PersonRefused("guardian_required")
            consent = consents.record(
                conn,
                self.gallery.institution,
                person,
                kind=Consent.SEPARATE,
                notice_version=self.notice_version,
                given_at=self.clock().replace(microsecond=0),
                evidence="desk",
            )
            templates.rest_on(conn, self.gallery, person, consent)
        return True

    def look(self, draft: Draft, data: bytes) -> tuple[Look, str]:
        """Judge a frame, keep it if it is good; what to say. Raises `PersonRefused`."""
        if self.faces is None or draft.consent is None:
            raise PersonRefused("consent_missing")
        seen = look(self.faces, data)
        return seen, draft.take(seen, self.rules.same_person)

    def search(self, draft: Draft) -> list[Candidate]:
        """Who looks like this, best first; those whom the clerk told apart are left out.

        Raises `PersonRefused`.
        """
        found = self.enroller.look_alikes(draft.application(), draft.samples().vectors)
        with self.engine.connect() as conn:
            return [self._candidate(conn, draft, one) for one in found]

    def save(self, draft: Draft) -> str:
        """Register, consent, template, and that it was done; the person. Raises `PersonRefused`."""
        application, samples = draft.application(), draft.samples()

        def record(conn: Connection, done: Enrolled) -> None:
            if done.outcome != "already_enrolled":
                self._record(conn, draft, done.person)

        done = self.enroller.enrol(application, samples, None, record)
        self.drafts.drop(draft.id)
        return done.person

    def same_person(self, draft: Draft, other: str) -> str:
        """It is that person, who had no number of this kind: the number and this face are theirs.

        Raises `PersonRefused` and `IdentityRefused` (`person.has_number`, `person.number_taken`).
        """
        self._refuse_unfound(draft, other)
        application, samples = draft.application(), draft.samples()
        with self.engine.begin() as conn:
            templates.one_writer(conn, self.gallery)
            people.attach_number(
                conn,
                self.keyring,
                self.gallery.institution,
                other,
                number=application.number.number,
                name=draft.name,
                kind=application.kind,
                by=draft.login,
            )
            consent = consents.record(
                conn, self.gallery.institution, other, **vars(application.consent)
            )
            templates.enrol(
                conn,
                self.keyring,
                self.gallery,
                other,
                consent,
                samples.vectors,
                samples.quality,
            )
            self._record(conn, draft, other)
        self.drafts.drop(draft.id)
        return other

    def tell_apart(self, draft: Draft, other: str, reason: str) -> None:
        """The clerk holds them for two, and says why; both are linked when this one is saved.

        Raises `PersonRefused` (`look_alike_unknown`).
        """
        if reason not in LINK_REASONS:
            raise PersonRefused("look_alike_unknown")
        self._refuse_unfound(draft, other)
        draft.told_apart[other] = reason

    def refer(self, draft: Draft, other: str, reason: str, note: str) -> str:
        """The clerk cannot tell: a doubt for the insurance office. No face is kept.

        The person is registered without a face, as with a card alone: care and the counter serve
        them as before. Raises `PersonRefused`, `IdentityRefused` (`referral.reason`).
        """
        likeness = self._refuse_unfound(draft, other)
        with self.engine.begin() as conn:
            application = draft.application()
            person = people.register_person(
                conn,
                self.keyring,
                self.gallery.institution,
                number=application.number.number,
                name=draft.name,
                kind=application.kind,
            )
            made = desk_records.refer(
                conn,
                self.gallery,
                person,
                other,
                reason=reason,
                likeness=likeness,
                note=note,
                by=draft.login,
            )
        self.drafts.drop(draft.id)
        return made

    def refer_own_file(self, draft: Draft, reason: str, note: str) -> str:
        """The face is another than was enrolled under this number. Raises `PersonRefused`."""
        application = draft.application()
        with self.engine.begin() as conn:
            known = people.find_by_number(
                conn,
                self.keyring,
                self.gallery.institution,
                application.kind,
                application.number.number,
            )
            if known is None:
                raise PersonRefused("look_alike_unknown")
            made = desk_records.refer(
                conn,
                self.gallery,
                known.id,
                known.id,
                reason=reason,
                likeness="near",
                note=note,
                by=draft.login,
            )
        self.drafts.drop(draft.id)
        return made

    def likeness(self, score: float) -> Likeness:
        """A score in a word: how rarely two strangers reach it."""
        for word, fmr in (("certain", CERTAIN), ("close", CLOSE)):
            rate = max(fmr, self.rules.calibration.floor)
            if score >= self.rules.calibration.threshold(rate).cosine:
                return "certain" if word == "certain" else "close"
        return "near"

    def _record(self, conn: Connection, draft: Draft, person: str) -> None:
        desk_records.record_enrolment(
            conn,
            self.gallery,
            person,
            site=draft.site,
            way=draft.way,
            samples=len(draft.scores),
            by=draft.login,
            about=draft.about,
        )
        if draft.guardian is not None:
            guardian = people.register_person(
                conn,
                self.keyring,
                self.gallery.institution,
                number=draft.guardian.number.number,
                name=draft.guardian.name,
            )
            ties.tie(
                conn,
                self.gallery.institution,
                person,
                guardian,
                "guardian",
                draft.guardian.relation,
                draft.login,
            )

    def _refuse_unfound(self, draft: Draft, other: str) -> Likeness:
        """Only who was found for this face is decided about."""
        found = self.enroller.look_alikes(draft.application(), draft.samples().vectors)
        for one in found:
            if one.person == other:
                return self.likeness(one.score)
        raise PersonRefused("look_alike_unknown")

    def _candidate(self, conn: Connection, draft: Draft, found: LookAlike) -> Candidate:
        file = file_of(conn, self.keyring, self.gallery, found.person)
        return Candidate(
            person=found.person,
            likeness=self.likeness(found.score),
            name=masked(file.name),
            age=file.age_on(self.today()),
            sex=file.sex,
            at=file.enrolled_at,
            site=file.site,
            has_number=draft.application().kind in dict(file.numbers),
        )


def checked_number(text: str) -> IdNumber:
    """A typed ID number. Raises `PersonRefused` with what is wrong with it."""
    typed = "".join(text.split()).upper()
    if not typed:
        raise PersonRefused("number_missing")
    try:
        return parse_number(typed)
    except InvalidCode as error:
        raise PersonRefused(error.code) from None


def checked_name(text: str) -> str:
    """A typed name. Raises `PersonRefused`."""
    name = " ".join(text.split())
    if not name:
        raise PersonRefused("name_missing")
    if len(name) > MAX_NAME or not name.isprintable():
        raise PersonRefused("name_invalid")
    return name
