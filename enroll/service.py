"""Enrol one person: every rule of the gallery in one place, for import, desk and demo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine, select

from codes.names import masked, normalise
from models.fusion import fuse
from models.types import Floats
from verifier.identity import consents, people, templates
from verifier.identity.galleries import Gallery
from verifier.identity.people import PersonRef
from verifier.matching.embedding import cosine
from verifier.matching.following import FollowedGallery
from verifier.matching.search import ExactSearch, GallerySearch
from verifier.store.schema import Person
from verifier.trust.keys import KeyRing

from .application import Application
from .errors import PersonRefused
from .photos import Photo
from .rules import EnrolRules
from .samples import Faces, Samples, refuse_strangers, samples_of, source_key

_PROPOSALS = 16


@dataclass(frozen=True)
class LookAlike:
    """Somebody enrolled whose face is as near as a duplicate's. `score` is a cosine."""

    person: str
    score: float


@dataclass(frozen=True)
class Enrolled:
    """What became of an application that was not refused."""

    person: str
    outcome: Literal["enrolled", "updated", "already_enrolled"]


Record = Callable[[Connection, Enrolled], None]
"""Writes down what became of a row, in the transaction that enrols."""


class Enroller:
    """One institution's enrolment. Safe to use from one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        keyring: KeyRing,
        gallery: Gallery,
        rules: EnrolRules,
        search: GallerySearch | None = None,
        following: FollowedGallery | None = None,
    ) -> None:
        """`engine` is the app's (`Database.app`); `search` defaults to the exact scan.

        A running verifier gives its own `search` with what follows it, so that nothing is held
        twice.
        """
        self.gallery = gallery
        self._engine = engine
        self._keyring = keyring
        self._rules = rules
        self._search = search or ExactSearch(gallery.dim)
        self._following = following or FollowedGallery(keyring, gallery, self._search)

    def source_key(self, photos: Sequence[Photo]) -> str:
        """Keyed hash of these photos, see `samples.source_key`."""
        return source_key(self.gallery.secrets, photos)

    def unchanged(self, application: Application, source: str) -> Enrolled | None:
        """`already_enrolled`, if this person is enrolled from these photos on this consent.

        Raises `PersonRefused` (`name_differs`).
        """
        with self._engine.connect() as conn:
            known = self._known(conn, application)
            if known is None:
                return None
            return self._unchanged(conn, known, application, source)

    def look_alikes(self, application: Application, vectors: Floats) -> list[LookAlike]:
        """Everybody else with this face, best first, as `enrol` would refuse for. Writes nothing.

        Raises `PersonRefused`: `name_differs`, `person_not_confirmed`, `differs_from_enrolled`.
        """
        with self._engine.begin() as conn:
            self._following.follow(conn)
            known = self._known(conn, application)
            if known is not None:
                self._refuse_another_face(conn, known, vectors)
            accepted = self._accepted(conn, application)
            return self._found(conn, known, vectors, accepted)

    def enrol(
        self,
        application: Application,
        samples: Samples,
        source: str | None,
        record: Record | None = None,
    ) -> Enrolled:
        """Register, record the consent and store the template, in one transaction.

        `record` writes in the same one: both are there afterwards, or neither.

        One enrolment of a gallery goes at a time, over all processes, so that two who look alike
        cannot slip past each other. Raises `PersonRefused`.
        """
        refuse_strangers(samples.vectors, self._rules.same_person)
        with self._engine.begin() as conn:
            templates.one_writer(conn, self.gallery)
            self._following.follow(conn)
            done = self._enrolled(conn, application, samples, source)
            if record is not None:
                record(conn, done)
            return done

    def _enrolled(
        self, conn: Connection, application: Application, samples: Samples, source: str | None
    ) -> Enrolled:
        known = self._known(conn, application)
        if known is not None:
            if same := self._unchanged(conn, known, application, source):
                return same
            self._refuse_withdrawn(conn, known, application)
            self._refuse_another_face(conn, known, samples.vectors)
        accepted = self._accepted(conn, application)
        self._refuse_look_alikes(conn, known, samples.vectors, accepted)
        return self._store(conn, known, application, samples, source, accepted)

    def _store(
        self,
        conn: Connection,
        known: PersonRef | None,
        application: Application,
        samples: Samples,
        source: str | None,
        accepted: Sequence[str],
    ) -> Enrolled:
        institution = self.gallery.institution
        number, consent = application.number.number, application.consent
        person = people.register_person(
            conn,
            self._keyring,
            institution,
            number=number,
            name=application.name,
            kind=application.kind,
        )
        had = templates.enrolled_from(conn, self.gallery, person) is not None
        recorded = consents.record(
            conn,
            institution,
            person,
            kind=consent.kind,
            notice_version=consent.notice_version,
            given_at=consent.given_at,
            evidence=consent.evidence,
        )
        templates.enrol(
            conn,
            self._keyring,
            self.gallery,
            person,
            recorded,
            samples.vectors,
            samples.quality,
            source_key=source,
        )
        if accepted:
            people.link_look_alikes(
                conn,
                institution,
                [person, *accepted],
                application.link_reason,
                application.by,
            )
        return Enrolled(person, "updated" if known is not None and had else "enrolled")

    def _known(self, conn: Connection, application: Application) -> PersonRef | None:
        """Who holds the number, under the same name. Raises `PersonRefused`."""
        known = people.find_by_number(
            conn,
            self._keyring,
            self.gallery.institution,
            application.kind,
            application.number.number,
        )
        if known is not None:
            if not known.confirmed:
                raise PersonRefused("person_not_confirmed")
            registered = people.name_of(conn, self._keyring, known.id)
            if normalise(registered) != normalise(application.name):
                raise PersonRefused("name_differs")
        return known

    def _unchanged(
        self, conn: Connection, known: PersonRef, application: Application, source: str | None
    ) -> Enrolled | None:
        if source is None:
            # Taken by a camera just now: no two are the same, even under consents of one second.
            return None
        had = templates.enrolled_from(conn, self.gallery, known.id)
        consent = application.consent
        wanted = (source, consent.kind.value, consent.notice_version, consent.given_at)
        if had is None or wanted != (
            had.source_key,
            had.consent_kind,
            had.notice_version,
            had.given_at,
        ):
            return None
        return Enrolled(known.id, "already_enrolled")

    def _refuse_withdrawn(
        self, conn: Connection, known: PersonRef, application: Application
    ) -> None:
        """A table that is older than a withdrawal cannot undo it."""
        withdrawn = consents.withdrawn_at(conn, known.id)
        if withdrawn is not None and application.consent.given_at <= withdrawn:
            raise PersonRefused("consent_withdrawn")

    def _refuse_another_face(self, conn: Connection, known: PersonRef, vectors: Floats) -> None:
        """Whoever has the number and another face must be seen by a clerk."""
        had = templates.for_decision(conn, self._keyring, self.gallery, known.id)
        if not isinstance(had, templates.TemplateForDecision):
            return
        probe = templates.rotate(self.gallery.secrets, fuse(vectors))
        if cosine(probe, had.vector) < self._rules.same_person:
            raise PersonRefused("differs_from_enrolled")

    def _accepted(self, conn: Connection, application: Application) -> list[str]:
        """People whom a clerk has told apart from this one."""
        found = [
            people.find_by_number(
                conn, self._keyring, self.gallery.institution, "resident_id", number
            )
            for number in application.look_alikes
        ]
        if None in found:
            raise PersonRefused("look_alike_unknown")
        listed = [person.id for person in found if person is not None]
        return [*listed, *(one for one in application.told_apart if one not in listed)]

    def _refuse_look_alikes(
        self,
        conn: Connection,
        known: PersonRef | None,
        vectors: Floats,
        accepted: Sequence[str],
    ) -> None:
        """Raise for the first of whoever else has this face."""
        for found in self._found(conn, known, vectors, accepted):
            name = people.name_of(conn, self._keyring, found.person)
            raise PersonRefused("looks_like_another", masked(name))

    def _found(
        self,
        conn: Connection,
        known: PersonRef | None,
        vectors: Floats,
        accepted: Sequence[str],
    ) -> list[LookAlike]:
        """Search everybody for somebody else with this face; fillers are nobody.

        Nor is a file that was merged into another: that other is found by its own face.
        """
        least = self._rules.duplicate(len(self._following))
        probe = templates.rotate(self.gallery.secrets, fuse(vectors))
        passed = {*accepted, *([] if known is None else [known.id])}
        [hits] = self._search.search(probe[None], None, _PROPOSALS + len(passed))
        return [
            LookAlike(person, score)
            for person, score in hits
            if score >= least and person not in passed and self._is_somebody(conn, person)
        ]

    def _is_somebody(self, conn: Connection, person: str) -> bool:
        found = select(Person.id).where(
            Person.id == person, Person.synthetic.is_(False), Person.state == "confirmed"
        )
        return conn.scalar(found) is not None


def enrol_person(
    enroller: Enroller, faces: Faces, application: Application, photos: Sequence[Photo]
) -> Enrolled:
    """Enrol one person from photos; the same again changes nothing. Raises `PersonRefused`."""
    source = enroller.source_key(photos)
    same = enroller.unchanged(application, source)
    return same or enroller.enrol(application, samples_of(faces, photos), source)
