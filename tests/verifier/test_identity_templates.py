"""Templates: what is enrolled is what a decision reads, and nobody else can read it."""

import threading

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from verifier.identity import erasure, galleries, institutions, rotation, synthetic, templates
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.identity.templates import NoTemplate, TemplateForDecision
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken, new_key

from .fixtures import PACK, Somebody, dump, register_somebody, unit_vectors, wait_for_a_lock

NUMBER = "990101199003070010"
OTHER = "990101198512120021"


@pytest.fixture
def somebody(conn: Connection, keyring: KeyRing, gallery: Gallery) -> Somebody:
    """A person with a consent, not yet enrolled."""
    return register_somebody(conn, keyring, gallery.institution, NUMBER)


def enrol(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    who: Somebody,
    vectors: NDArray[np.float32] | None = None,
) -> str:
    """Enrol one sample, or these."""
    vectors = unit_vectors(1) if vectors is None else vectors
    return templates.enrol(conn, keyring, gallery, who.id, who.consent, vectors, 0.9)


def read(conn: Connection, keyring: KeyRing, gallery: Gallery, person: str) -> TemplateForDecision:
    """The template, which must be there."""
    found = templates.for_decision(conn, keyring, gallery, person)
    assert isinstance(found, TemplateForDecision)
    return found


def test_a_decision_reads_the_fused_and_rotated_samples(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    samples = unit_vectors(1) + 0.05 * unit_vectors(3, seed=7)
    samples /= np.linalg.norm(samples, axis=1, keepdims=True)
    template = enrol(conn, keyring, gallery, somebody, samples)
    found = read(conn, keyring, gallery, somebody.id)
    mean = samples.mean(axis=0) / np.linalg.norm(samples.mean(axis=0))
    assert np.allclose(found.vector, templates.rotate(gallery.secrets, mean), atol=1e-5)
    assert np.isclose(np.linalg.norm(found.vector), 1, atol=1e-5)
    assert (found.id, found.samples, found.consent) == (template, 3, somebody.consent)
    assert (found.consent_kind, found.notice_version) == ("separate", "2025-01")


def test_enrolling_again_replaces_the_template(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    enrol(conn, keyring, gallery, somebody)
    second = enrol(conn, keyring, gallery, somebody, unit_vectors(1, seed=2))
    assert conn.scalars(text("SELECT id FROM templates")).all() == [second]
    [(_, person, vector)] = templates.since(conn, keyring, gallery, 0)
    assert person == somebody.id
    assert vector is not None
    assert np.array_equal(vector, read(conn, keyring, gallery, somebody.id).vector)


def test_an_index_follows_what_comes_and_goes(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    enrol(conn, keyring, gallery, somebody)
    [(revision, _, _)] = templates.since(conn, keyring, gallery, 0)
    assert templates.since(conn, keyring, gallery, revision) == []
    other = register_somebody(conn, keyring, gallery.institution, OTHER)
    enrol(conn, keyring, gallery, other)
    erasure.withdraw(conn, gallery, somebody.id)
    changes = templates.since(conn, keyring, gallery, revision)
    assert [(person, vector is None) for _, person, vector in changes] == [
        (other.id, False),
        (somebody.id, True),
    ]
    assert [number for number, _, _ in changes] == sorted(number for number, _, _ in changes)


def test_a_withdrawn_person_has_no_template_and_may_consent_anew(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    enrol(conn, keyring, gallery, somebody)
    assert erasure.withdraw(conn, gallery, somebody.id) == 1
    assert erasure.withdraw(conn, gallery, somebody.id) == 0
    assert conn.scalar(text("SELECT count(*) FROM templates")) == 0
    gone = templates.for_decision(conn, keyring, gallery, somebody.id)
    assert gone == NoTemplate("consent_withdrawn")
    with pytest.raises(IdentityRefused) as refused:
        enrol(conn, keyring, gallery, somebody)
    assert refused.value.code == "template.no_consent"
    again = register_somebody(conn, keyring, gallery.institution, NUMBER)
    enrol(conn, keyring, gallery, again)
    assert read(conn, keyring, gallery, somebody.id).consent == again.consent


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE people SET state = 'merged'", "person_not_confirmed"),
        ("UPDATE people SET data_key_sealed = NULL", "person_not_confirmed"),
        ("UPDATE consents SET withdrawn_at = now()", "consent_withdrawn"),
        ("DELETE FROM templates", "not_enrolled"),
    ],
)
def test_a_decision_is_told_why_there_is_no_template(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    somebody: Somebody,
    change: str,
    reason: str,
) -> None:
    enrol(conn, keyring, gallery, somebody)
    conn.execute(text(change))
    answer = templates.for_decision(conn, keyring, gallery, somebody.id)
    assert isinstance(answer, NoTemplate)
    assert answer.reason == reason


def test_an_unknown_person_is_told_apart(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    answer = templates.for_decision(conn, keyring, gallery, new_id())
    assert answer == NoTemplate("person_unknown")


def test_anothers_consent_enrols_nobody(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    other = register_somebody(conn, keyring, gallery.institution, OTHER)
    with pytest.raises(IdentityRefused) as refused:
        enrol(conn, keyring, gallery, Somebody(somebody.id, other.consent))
    assert refused.value.code == "template.no_consent"


@pytest.mark.parametrize(
    ("vectors", "code"),
    [
        (unit_vectors(1, dim=64), "template.wrong_dim"),
        (unit_vectors(0), "template.wrong_dim"),
        (unit_vectors(1)[0], "template.wrong_dim"),
        (np.full((1, 128), np.nan, np.float32), "template.not_finite"),
    ],
)
def test_what_is_no_embedding_is_refused(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    somebody: Somebody,
    vectors: NDArray[np.float32],
    code: str,
) -> None:
    with pytest.raises(IdentityRefused) as refused:
        enrol(conn, keyring, gallery, somebody, vectors)
    assert refused.value.code == code


def test_a_gallery_of_another_pack_is_not_opened(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    again = galleries.open_gallery(conn, keyring, gallery.institution, PACK)
    assert again == gallery
    other = type(PACK)(name="other", digest="B" * 43, dim=128, commercial_use=True)
    with pytest.raises(IdentityRefused) as refused:
        galleries.open_gallery(conn, keyring, gallery.institution, other)
    assert refused.value.code == "gallery.other_pack"


def test_a_gallery_does_not_open_with_another_key_ring(conn: Connection, gallery: Gallery) -> None:
    with pytest.raises(SealBroken):
        galleries.find_gallery(conn, KeyRing.new(), gallery.institution)


@pytest.mark.parametrize("byte", [0, 1, 20, -1])
def test_a_tampered_template_is_refused(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody, byte: int
) -> None:
    enrol(conn, keyring, gallery, somebody)
    sealed = bytearray(conn.scalar(text("SELECT vector_sealed FROM templates")) or b"")
    sealed[byte] ^= 1
    conn.execute(text("UPDATE templates SET vector_sealed = :sealed"), {"sealed": bytes(sealed)})
    with pytest.raises(SealBroken):
        templates.for_decision(conn, keyring, gallery, somebody.id)
    with pytest.raises(SealBroken):
        templates.since(conn, keyring, gallery, 0)


def test_a_template_moved_to_another_person_is_refused(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    enrol(conn, keyring, gallery, somebody)
    other = register_somebody(conn, keyring, gallery.institution, OTHER)
    conn.execute(
        text("UPDATE templates SET person = :person, consent = :consent"),
        {"person": other.id, "consent": other.consent},
    )
    with pytest.raises(SealBroken):
        templates.for_decision(conn, keyring, gallery, other.id)


def test_a_replaced_template_put_back_in_its_successors_row_is_refused(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    """The same person and the same data key: only the row differs."""
    enrol(conn, keyring, gallery, somebody)
    replaced = conn.scalar(text("SELECT vector_sealed FROM templates"))
    enrol(conn, keyring, gallery, somebody, unit_vectors(1, seed=2))
    conn.execute(text("UPDATE templates SET vector_sealed = :old"), {"old": replaced})
    with pytest.raises(SealBroken):
        templates.for_decision(conn, keyring, gallery, somebody.id)


def test_no_vector_stands_in_the_clear_anywhere_in_the_database(
    conn: Connection, keyring: KeyRing, gallery: Gallery, somebody: Somebody
) -> None:
    face = unit_vectors(1)
    enrol(conn, keyring, gallery, somebody, face)
    everything = dump(conn)
    for vector in (face[0], templates.rotate(gallery.secrets, face[0])):
        for form in ("<f4", ">f4", "<f8", "<f2"):
            raw = vector.astype(form).tobytes()
            assert not any(raw[at : at + 12] in everything for at in range(0, len(raw), 12))


def test_rotation_keeps_cosines_and_lengths() -> None:
    vectors, key = unit_vectors(40), new_key()
    turned = rotation.rotate(key, vectors)
    assert np.allclose(turned @ turned.T, vectors @ vectors.T, atol=1e-5)
    assert np.allclose(rotation.rotate(key, vectors[0]), turned[0], atol=1e-6)


def test_rotation_is_the_same_on_every_machine() -> None:
    matrix = rotation.matrix(bytes(range(32)), 4)
    assert np.allclose(matrix @ matrix.T, np.eye(4), atol=1e-6)
    assert np.allclose(matrix, KNOWN_MATRIX, atol=1e-6)


def test_the_same_face_in_two_galleries_is_unrelated(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    institutions.ensure(conn, "H2", "另一医院")
    other = galleries.open_gallery(conn, keyring, "H2", PACK)
    faces = synthetic.vectors(500, 128, seed=3)
    here = templates.rotate(gallery.secrets, faces)
    there = templates.rotate(other.secrets, faces)
    mated = (here * there).sum(axis=1)
    strangers = (here * np.roll(there, 1, axis=0)).sum(axis=1)
    assert abs(mated.mean()) < 0.05
    assert abs(mated.std() - strangers.std()) < 0.03
    assert mated.max() < 0.5
    rank = (there @ here.T >= mated).sum(axis=0)
    assert np.median(rank) > 100  # the mate is no better than chance among 500


def test_as_many_known_faces_as_dimensions_reveal_the_rotation(gallery: Gallery) -> None:
    """Why the rotation is not called irreversible, and why templates are encrypted as well."""
    known, secret = unit_vectors(128, seed=1), unit_vectors(1, seed=2)[0]
    turned = templates.rotate(gallery.secrets, known)
    solved, *_ = np.linalg.lstsq(turned.astype(np.float64), known.astype(np.float64), rcond=None)
    recovered = templates.rotate(gallery.secrets, secret) @ solved
    assert float(recovered @ secret) > 0.999


def test_a_withdrawal_waits_for_the_decision_that_uses_the_template(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.begin() as conn:
        somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
        enrol(conn, keyring, gallery, somebody)
    order: list[str] = []

    def withdraw() -> None:
        with database.app.begin() as conn:
            erasure.withdraw(conn, gallery, somebody.id)
            order.append("withdrawn")

    with database.app.begin() as deciding:
        read(deciding, keyring, gallery, somebody.id)
        other = threading.Thread(target=withdraw)
        other.start()
        wait_for_a_lock(database)
        order.append("decided")
    other.join(30)
    assert order == ["decided", "withdrawn"]
    with database.app.begin() as conn:
        gone = templates.for_decision(conn, keyring, gallery, somebody.id)
    assert gone == NoTemplate("consent_withdrawn")


def test_a_decision_that_waited_for_a_withdrawal_sees_it(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.begin() as conn:
        somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
        enrol(conn, keyring, gallery, somebody)
    answers: list[object] = []

    def decide() -> None:
        with database.app.begin() as conn:
            answers.append(templates.for_decision(conn, keyring, gallery, somebody.id))

    with database.app.begin() as withdrawing:
        erasure.withdraw(withdrawing, gallery, somebody.id)
        other = threading.Thread(target=decide)
        other.start()
        wait_for_a_lock(database)
    other.join(30)
    assert answers == [NoTemplate("consent_withdrawn")]


def test_a_decision_that_waited_for_a_replacement_reads_the_new_template(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.begin() as conn:
        somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
        enrol(conn, keyring, gallery, somebody)
    read_ids: list[str] = []

    def decide() -> None:
        with database.app.begin() as conn:
            read_ids.append(read(conn, keyring, gallery, somebody.id).id)

    with database.app.begin() as enrolling:
        second = enrol(enrolling, keyring, gallery, somebody, unit_vectors(1, seed=5))
        other = threading.Thread(target=decide)
        other.start()
        wait_for_a_lock(database)
    other.join(30)
    assert read_ids == [second]


def test_revisions_commit_in_their_order(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    """Otherwise an index that saw a later revision would never see the earlier one."""
    with database.app.begin() as conn:
        first = register_somebody(conn, keyring, gallery.institution, NUMBER)
        second = register_somebody(conn, keyring, gallery.institution, OTHER)

    def enrol_second() -> None:
        with database.app.begin() as conn:
            enrol(conn, keyring, gallery, second)

    with database.app.begin() as slow:
        enrol(slow, keyring, gallery, first)
        other = threading.Thread(target=enrol_second)
        other.start()
        wait_for_a_lock(database)
        with database.app.begin() as reader:
            assert templates.since(reader, keyring, gallery, 0) == []
    other.join(30)
    with database.app.begin() as reader:
        people = [person for _, person, _ in templates.since(reader, keyring, gallery, 0)]
    assert people == [first.id, second.id]


KNOWN_MATRIX = [
    [0.6277157, -0.1391010, 0.3222265, 0.6948338],
    [0.5755620, -0.4236836, 0.1627308, -0.6802495],
    [0.1045193, 0.7472214, 0.6147181, -0.2299076],
    [-0.5135923, -0.4927507, 0.7012920, 0.0401147],
]
