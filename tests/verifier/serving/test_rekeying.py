"""New keys for a gallery; and keys that a module of the hospital's own holds."""

import numpy as np
import pytest
from sqlalchemy import Connection, text

from verifier import cli_keys
from verifier.identity import galleries, people, rekeying, templates
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.key_store import DerivedKeyStore
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken, Secret, new_key, seal, unseal

from ..fixtures import INSTITUTION, PACK, unit_vectors
from .restoring import WANG, ZHANG, Place, refused, typed


def opened(conn: Connection, ring: KeyRing) -> Gallery:
    found = galleries.find_gallery(conn, ring, INSTITUTION)
    assert found is not None
    return found


def vector_of(conn: Connection, gallery: Gallery, person: str) -> np.ndarray:
    found = templates.for_decision(conn, KeyRing.new(), gallery, person)
    assert isinstance(found, templates.TemplateForDecision)
    return found.vector


def test_everybody_is_known_as_before_under_keys_that_are_all_new(place: Place) -> None:
    zhang = place.ids[ZHANG[0]]
    with place.opened() as database, database.app.connect() as conn:
        before = opened(conn, place.ring)
        old = vector_of(conn, before, zhang)
        kept = conn.execute(text("SELECT data_key_sealed, name_sealed FROM people")).all()
    assert "3 人" in typed(cli_keys.app, "rekey-gallery", "--yes").stdout
    with place.opened() as database, database.app.connect() as conn:
        after = opened(conn, place.ring)
        new = vector_of(conn, after, zhang)
        (probe, *_) = unit_vectors(3)
        score = templates.rotate(after.secrets, probe) @ new
        assert score == pytest.approx(templates.rotate(before.secrets, probe) @ old, abs=1e-6)
        assert abs(float(old @ new)) < 0.5, "turned by another matrix"
        assert people.name_of(conn, place.ring, zhang) == ZHANG[1]
        with pytest.raises(SealBroken):
            vector_of(conn, before, zhang)
        fresh = conn.execute(text("SELECT data_key_sealed, name_sealed FROM people")).all()
        assert not set(kept) & set(fresh)
        said = conn.scalar(
            text("SELECT body->>'people' FROM ledger WHERE kind = 'gallery.rekeyed'")
        )
    assert said == "3"
    assert place.name_of(WANG[0]) == WANG[1]


def test_keys_are_changed_under_nobody_who_uses_them(place: Place) -> None:
    with place.opened() as database, database.app.connect() as conn:
        conn.execute(text("SELECT 1"))
        refused(typed(cli_keys.app, "rekey-gallery", "--yes"), "backup.in_use")


def test_a_value_that_was_touched_stops_it_and_nothing_is_changed(place: Place) -> None:
    with place.opened() as database, database.owner.begin() as conn:
        conn.execute(
            text("UPDATE people SET name_sealed = name_sealed || 'x' WHERE id = :id"),
            {"id": place.ids[WANG[0]]},
        )
    refused(typed(cli_keys.app, "rekey-gallery", "--yes"), "seal.broken")
    assert place.name_of(ZHANG[0]) == ZHANG[1]


class Module:
    """A hospital's own: it keeps its key to itself, and counts what it is asked."""

    def __init__(self) -> None:
        self.__key, self.asked = new_key(), 0

    def wrap(self, key: Secret, place: str) -> bytes:
        self.asked += 1
        return seal(self.__key, key, f"module/{place}")

    def unwrap(self, wrapped: bytes, place: str) -> Secret:
        self.asked += 1
        return unseal(self.__key, wrapped, f"module/{place}")


def test_a_module_of_the_hospitals_own_may_hold_the_key_that_wraps(
    database: Database, institution: str
) -> None:
    ring, module = KeyRing.new(), Module()
    ring.store = module
    with database.app.begin() as conn:
        gallery = galleries.open_gallery(conn, ring, institution, PACK)
        somebody = people.register_person(conn, ring, institution, number=ZHANG[0], name=ZHANG[1])
    with database.owner.begin() as conn:
        assert rekeying.rekey(conn, ring, institution) == 1
    with database.app.begin() as conn:
        assert people.name_of(conn, ring, somebody) == ZHANG[1]
        assert opened(conn, ring).secrets != gallery.secrets
        ring.store = DerivedKeyStore(ring._wrapping)
        with pytest.raises(SealBroken):
            galleries.find_gallery(conn, ring, institution)
    assert module.asked >= 4
