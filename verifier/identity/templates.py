"""Face templates: fused, rotated, sealed under the person's data key, bound to their row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, insert, literal, null, select, update

from models.fusion import fuse
from verifier.ledger import append
from verifier.protocol.values import Consent, new_id, now
from verifier.store.schema import ConsentRecord, Person, Template, TemplateRemoval
from verifier.store.schema import Gallery as GalleryRow
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, seal, unseal

from . import rotation
from .data_keys import open_data_key
from .errors import IdentityRefused
from .galleries import Gallery, GallerySecrets

Vectors = NDArray[np.float32]

Missing = Literal[
    "person_unknown", "person_not_confirmed", "not_enrolled", "consent_withdrawn", "synthetic"
]


@dataclass(frozen=True, eq=False)
class TemplateForDecision:
    """A template as a decision may use it: row, consent and person are locked `FOR SHARE`.

    `vector` is float32 (D,), unit length, rotated: compare it with `rotate(gallery.secrets,
    probe)`.
    """

    id: str
    person: str
    vector: Vectors
    samples: int
    quality: float
    linked_group: str | None
    consent: str
    consent_kind: str
    notice_version: str
    given_at: datetime


@dataclass(frozen=True)
class NoTemplate:
    """Why a person cannot be decided on by face."""

    reason: Missing


def rotate(secrets: GallerySecrets, vectors: Vectors) -> Vectors:
    """Rows (K, D) or one vector (D,) as this gallery's templates stand, see `rotation`."""
    return rotation.rotate(secrets.rotation_key, vectors)


def enrol(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    person: str,
    consent: str,
    vectors: Vectors,
    quality: float,
    *,
    source_key: str | None = None,
) -> str:
    """Fuse K samples (float32 (K, D), unit rows) into the person's template; its id.

    Replaces an older one. Raises `IdentityRefused`: `template.no_consent` unless the consent is
    this person's and in force, `template.wrong_dim`, `template.not_finite`, `person.unknown`,
    `person.erased`.
    """
    del keyring  # the gallery carries what is needed; kept so that callers need not care
    fused = _fused(vectors, gallery.dim)
    one_writer(conn, gallery)
    data_key = _data_key_to_enrol(conn, gallery, person, consent)
    template = new_id()
    conn.execute(delete(Template).filter_by(person=person, gallery=gallery.id))
    conn.execute(
        insert(Template).values(
            id=template,
            gallery=gallery.id,
            person=person,
            consent=consent,
            samples=len(vectors),
            quality=float(quality),
            vector_sealed=seal_vector(gallery, data_key, template, person, fused),
            source_key=source_key,
            synthetic=False,
            created_at=now(),
        )
    )
    body = {"template": template, "person": person, "consent": consent, "samples": len(vectors)}
    append(conn, gallery.institution, "template.enrolled", body)
    return template


def rest_on(conn: Connection, gallery: Gallery, person: str, consent: str) -> str:
    """The person's template stays as it is and rests on this consent from now on; its id.

    Raises `IdentityRefused`: `template.none`, and as `enrol` does for person and consent.
    """
    one_writer(conn, gallery)
    _data_key_to_enrol(conn, gallery, person, consent)
    mine = (Template.person == person, Template.gallery == gallery.id)
    template: str | None = conn.scalar(
        update(Template).where(*mine).values(consent=consent).returning(Template.id)
    )
    if template is None:
        raise IdentityRefused("template.none", "the person has no template here")
    body = {"template": template, "person": person, "consent": consent}
    append(conn, gallery.institution, "template.consent_renewed", body)
    return template


_FOR_DECISION = (
    select(
        Template.id,
        Template.vector_sealed,
        Template.samples,
        Template.quality,
        Template.synthetic,
        Person.state,
        Person.data_key_sealed,
        Person.linked_group,
        ConsentRecord.id.label("consent"),
        ConsentRecord.kind,
        ConsentRecord.notice_version,
        ConsentRecord.given_at,
        ConsentRecord.withdrawn_at,
    )
    .select_from(Person)
    .join(Template, Template.person == Person.id)
    .join(ConsentRecord, ConsentRecord.id == Template.consent)
    .where(Person.id == bindparam("person"), Template.gallery == bindparam("gallery"))
    .with_for_update(read=True)
)


def for_decision(
    conn: Connection, keyring: KeyRing, gallery: Gallery, person: str
) -> TemplateForDecision | NoTemplate:
    """The person's template, re-read under locks that last as long as the caller's transaction.

    One statement where there is one. Whoever withdraws or replaces meanwhile waits, and a decision
    that waited for them sees what they left. Raises `SealBroken` for a row that was altered or
    moved.
    """
    del keyring
    asked = {"person": person, "gallery": gallery.id}
    row = conn.execute(_FOR_DECISION, asked).one_or_none()
    if row is None:
        # Who waited for a replacement sees the old row gone; only a new statement sees the new one.
        row = conn.execute(_FOR_DECISION, asked).one_or_none()
    if row is None:
        return NoTemplate(_why_none(conn, gallery, person))
    if row.state != "confirmed" or row.data_key_sealed is None:
        return NoTemplate("person_not_confirmed")
    if row.withdrawn_at is not None:
        return NoTemplate("consent_withdrawn")
    if row.synthetic:
        return NoTemplate("synthetic")
    return TemplateForDecision(
        id=row.id,
        person=person,
        vector=_opened(gallery, row.id, person, row.data_key_sealed, row.vector_sealed),
        samples=row.samples,
        quality=row.quality,
        linked_group=row.linked_group,
        consent=row.consent,
        consent_kind=row.kind,
        notice_version=row.notice_version,
        given_at=row.given_at,
    )


_SINCE = (
    select(
        Template.revision,
        Template.person,
        Template.id,
        Template.vector_sealed,
        Person.data_key_sealed,
    )
    .join(Person, Person.id == Template.person)
    .where(Template.gallery == bindparam("gallery"), Template.revision > bindparam("revision"))
    .union_all(
        select(TemplateRemoval.revision, TemplateRemoval.person, literal(""), null(), null()).where(
            TemplateRemoval.gallery == bindparam("gallery"),
            TemplateRemoval.revision > bindparam("revision"),
        )
    )
    .order_by("revision")
)


def since(
    conn: Connection, keyring: KeyRing, gallery: Gallery, revision: int
) -> list[tuple[int, str, Vectors | None]]:
    """What changed after `revision`, oldest first: (revision, person, rotated vector).

    A vector of None says that the person's template was deleted. A person who comes again replaces
    the older vector. Begin with 0 and go on with the last revision seen; writers of a gallery
    commit in the order of their revisions, so none is missed.
    """
    del keyring
    rows = conn.execute(_SINCE, {"gallery": gallery.id, "revision": revision})
    return [
        (
            count,
            holder,
            None
            if sealed is None or wrapped is None
            else _opened(gallery, template, holder, wrapped, sealed),
        )
        for count, holder, template, sealed, wrapped in rows
    ]


@dataclass(frozen=True)
class EnrolledFrom:
    """What a person's present template came from."""

    source_key: str | None
    consent_kind: str
    notice_version: str
    given_at: datetime


def enrolled_from(conn: Connection, gallery: Gallery, person: str) -> EnrolledFrom | None:
    """The origin of the person's template, while its consent is in force; None if there is none."""
    row = conn.execute(
        select(
            Template.source_key,
            ConsentRecord.kind,
            ConsentRecord.notice_version,
            ConsentRecord.given_at,
        )
        .join(ConsentRecord, ConsentRecord.id == Template.consent)
        .where(
            Template.person == person,
            Template.gallery == gallery.id,
            ConsentRecord.withdrawn_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else EnrolledFrom(*row)


def remove(conn: Connection, gallery: Gallery, person: str) -> int:
    """Delete the person's templates and tell the indexes; how many there were."""
    one_writer(conn, gallery)
    done = conn.execute(delete(Template).filter_by(person=person, gallery=gallery.id))
    if done.rowcount:
        conn.execute(
            insert(TemplateRemoval).values(gallery=gallery.id, person=person, removed_at=now())
        )
    return int(done.rowcount)


def one_writer(conn: Connection, gallery: Gallery) -> None:
    """Writers of one gallery go one after the other, so that revisions commit in their order.

    Taken before any lock on a person, so that no two writers wait for each other in a circle.
    """
    conn.execute(
        select(GalleryRow.id).where(GalleryRow.id == gallery.id).with_for_update(key_share=True)
    )


def seal_vector(
    gallery: Gallery, data_key: Secret, template: str, person: str, unit: Vectors
) -> bytes:
    """A unit vector (D,) as its column holds it: rotated, float32, sealed to its row."""
    turned = rotate(gallery.secrets, unit)
    return seal(data_key, turned.astype("<f4").tobytes(), place_of(gallery, template, person))


def _opened(gallery: Gallery, template: str, person: str, wrapped: bytes, sealed: bytes) -> Vectors:
    data_key = open_data_key(gallery.secrets, person, wrapped)
    raw = unseal(data_key, sealed, place_of(gallery, template, person))
    return np.frombuffer(raw, dtype="<f4").astype(np.float32, copy=False)


def place_of(gallery: Gallery, template: str, person: str) -> str:
    """Where a vector stands: to this it is bound when it is sealed."""
    return f"templates.vector/{gallery.id}/{person}/{template}"


def _fused(vectors: Vectors, dim: int) -> Vectors:
    if vectors.ndim != 2 or vectors.shape[0] < 1 or vectors.shape[1] != dim:
        raise IdentityRefused("template.wrong_dim", f"samples must be (K, {dim})")
    if not np.isfinite(vectors).all():
        raise IdentityRefused("template.not_finite", "a sample is not finite")
    return np.asarray(fuse(vectors.astype(np.float32, copy=False)), dtype=np.float32)


def _data_key_to_enrol(conn: Connection, gallery: Gallery, person: str, consent: str) -> Secret:
    wrapped: Sequence[bytes | None] = conn.scalars(
        select(Person.data_key_sealed)
        .where(Person.id == person, Person.institution == gallery.institution)
        .with_for_update(read=True)
    ).all()
    if not wrapped:
        raise IdentityRefused("person.unknown", "no such person at this institution")
    if wrapped[0] is None:
        raise IdentityRefused("person.erased", "the person was erased")
    live = conn.scalar(
        select(ConsentRecord.id)
        .filter_by(id=consent, person=person, withdrawn_at=None)
        .where(ConsentRecord.kind != Consent.PHONE.value)
        .with_for_update(read=True)
    )
    if live is None:
        raise IdentityRefused("template.no_consent", "the person's consent is not in force")
    return open_data_key(gallery.secrets, person, wrapped[0])


def _why_none(conn: Connection, gallery: Gallery, person: str) -> Missing:
    state = conn.execute(
        select(Person.state, Template.synthetic)
        .outerjoin(Template, (Template.person == Person.id) & (Template.gallery == gallery.id))
        .where(Person.id == person, Person.institution == gallery.institution)
    ).one_or_none()
    if state is None:
        return "person_unknown"
    if state.synthetic:
        return "synthetic"
    if state.state != "confirmed":
        return "person_not_confirmed"
    withdrawn = conn.scalar(
        select(ConsentRecord.id)
        .where(
            ConsentRecord.person == person,
            ConsentRecord.withdrawn_at.is_not(None),
            ConsentRecord.kind != Consent.PHONE.value,
        )
        .limit(1)
    )
    return "not_enrolled" if withdrawn is None else "consent_withdrawn"
