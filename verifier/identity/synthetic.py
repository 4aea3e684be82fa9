"""Synthetic people (合成人员), marked fillers, so that a demo's search searches. Nobody's face.

Their numbers lie in a region that is not assigned, their vectors are drawn at random, they have no
consent, and no decision is ever made on one (`templates.for_decision` says `synthetic`).
"""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from codes.id_number import check_digit
from verifier.ledger import append
from verifier.protocol.values import new_id, now
from verifier.store.schema import Identifier, Person, Template
from verifier.trust.keys import KeyRing

from . import people, templates
from .data_keys import new_data_key
from .galleries import Gallery

REGION = "990199"
"""No province has the digits 99."""

MAX_COUNT = 1_000_000
_KIND = "resident_id"
_FIRST_BIRTH = date(1930, 1, 1)
_BIRTHS = 30_000  # days, to 2012
_DECAY = 2.36


def fill(conn: Connection, keyring: KeyRing, gallery: Gallery, count: int, seed: int = 0) -> int:
    """See that the first `count` synthetic people are in the gallery; how many were added.

    The same seed gives the same people and vectors; who is there already stays as he is.
    """
    if not 0 <= count <= MAX_COUNT:
        raise ValueError(f"count must lie within 0 and {MAX_COUNT}")
    templates.one_writer(conn, gallery)
    keys = {
        people.value_key(keyring, gallery.institution, _KIND, number(i)): i for i in range(count)
    }
    for known in conn.scalars(
        select(Identifier.value_key).filter_by(institution=gallery.institution, kind=_KIND)
    ):
        keys.pop(known, None)
    if not keys:
        return 0
    rows = [
        _rows(keyring, gallery, index, key, vector)
        for (key, index), vector in zip(
            keys.items(), vectors(count, gallery.dim, seed)[list(keys.values())], strict=True
        )
    ]
    for table, part in zip((Person, Identifier, Template), zip(*rows, strict=True), strict=True):
        conn.execute(insert(table), list(part))
    append(conn, gallery.institution, "gallery.filled", {"synthetic": len(rows), "seed": seed})
    return len(rows)


def number(index: int) -> str:
    """The number of the `index`-th synthetic person, with a valid check character."""
    born = _FIRST_BIRTH + timedelta(days=(index * 7919) % _BIRTHS)
    sequence = (index * 37 + index // _BIRTHS) % 1000  # differs wherever the births are the same
    first17 = f"{REGION}{born:%Y%m%d}{sequence:03d}"
    return first17 + check_digit(first17)


def name(index: int) -> str:
    """合成0001 and so on."""
    return f"合成{index + 1:04d}"


def vectors(count: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors, float32 (count, dim), whose cosines spread as those of strangers' faces do.

    Directions drawn evenly from the sphere would have cosines of standard deviation 1/sqrt(dim),
    0.088 for 128. Strangers' SFace embeddings spread as if over 0.7 of the dimensions: false match
    rates of 1e-3 and 1e-4 at cosines 0.330 and 0.393 are those of a normal distribution with 0.106.
    So the variances here decay exponentially over the axes until the same holds. A row depends on
    its index and the seed alone.
    """
    generator = np.random.Generator(np.random.Philox(seed))
    spread = np.exp(-0.5 * _DECAY * np.arange(dim) / dim)
    drawn = generator.standard_normal((count, dim)) * spread
    unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(
        np.float32
    )
    return unit


def _rows(
    keyring: KeyRing, gallery: Gallery, index: int, value_key: str, vector: NDArray[np.float32]
) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
    person, identifier, template, at = new_id(), new_id(), new_id(), now()
    data_key, wrapped = new_data_key(gallery.secrets, person)
    return (
        {
            "id": person,
            "institution": gallery.institution,
            "state": "confirmed",
            "synthetic": True,
            "data_key_sealed": wrapped,
            "name_sealed": people.seal_name(data_key, person, name(index)),
            "last_four_key": people.last_four_key(keyring, gallery.institution, number(index)),
            "created_at": at,
            "updated_at": at,
        },
        {
            "id": identifier,
            "institution": gallery.institution,
            "person": person,
            "kind": _KIND,
            "value_key": value_key,
            "value_sealed": people.seal_number(data_key, identifier, number(index)),
            "created_at": at,
        },
        {
            "id": template,
            "gallery": gallery.id,
            "person": person,
            "consent": None,
            "samples": 1,
            "quality": 0.0,
            "vector_sealed": templates.seal_vector(gallery, data_key, template, person, vector),
            "synthetic": True,
            "created_at": at,
        },
    )
