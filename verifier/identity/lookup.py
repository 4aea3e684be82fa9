"""Everything a claim needs to know of a card's holder, in one statement of the bare driver.

The statements of `people` and `templates` say the same one by one, through SQLAlchemy, whose
compiling and row handling cost more here than the database does. A test holds that both agree.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, unseal

from . import people, templates
from .data_keys import open_data_key
from .galleries import Gallery
from .people import PersonRef
from .templates import Missing, NoTemplate, TemplateForDecision

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, eq=False)
class Known:
    """Who has a number. The name does not show in a repr."""

    person: PersonRef
    name: str | None
    """None once the person was erased."""
    template: TemplateForDecision | NoTemplate

    def __repr__(self) -> str:
        return f"Known({self.person.id})"


class _Row(NamedTuple):
    person: str
    state: str
    person_synthetic: bool
    linked_group: str | None
    name_sealed: bytes | None
    data_key_sealed: bytes | None
    template: str | None
    vector_sealed: bytes
    samples: int
    quality: float
    consent: str
    consent_kind: str
    notice_version: str
    given_at: datetime
    withdrawn_at: datetime | None


# The person is locked before template and consent, as everywhere; a person without a template is
# locked too. FOR SHARE cannot stand on the nullable side of an outer join, hence the two steps.
_KNOWN = """
WITH who AS (
  SELECT p.id, p.state, p.synthetic, p.linked_group, p.name_sealed, p.data_key_sealed
  FROM identifiers i JOIN people p ON p.id = i.person
  WHERE i.institution = %s AND i.kind = %s AND i.value_key = %s
  FOR SHARE OF p
), face AS (
  SELECT t.id, t.vector_sealed, t.samples, t.quality,
         c.id AS consent, c.kind, c.notice_version, c.given_at, c.withdrawn_at
  FROM who JOIN templates t ON t.person = who.id AND t.gallery = %s
           JOIN consents c ON c.id = t.consent
  FOR SHARE OF t, c
)
SELECT who.*, face.* FROM who LEFT JOIN face ON true
"""

_WHY_NONE = """
SELECT EXISTS (SELECT 1 FROM templates WHERE person = %s AND gallery = %s AND synthetic),
       EXISTS (SELECT 1 FROM consents WHERE person = %s AND withdrawn_at IS NOT NULL
               AND kind <> 'phone')
"""


def known_by_number(
    driver: "psycopg.Connection[Any]", keyring: KeyRing, gallery: Gallery, kind: str, number: str
) -> Known | None:
    """Who has this number at the gallery's institution, or None.

    Person, template and consent stay locked `FOR SHARE` for as long as the caller's transaction
    lasts. Raises `SealBroken` for a row that was altered or moved.
    """
    key = people.value_key(keyring, gallery.institution, kind, number)
    asked = (gallery.institution, kind, key, gallery.id)
    row = _one(driver, asked)
    if row is not None and row.template is None:
        # Who waited for a replacement sees the old row gone; only a new statement sees the new one.
        row = _one(driver, asked)
    if row is None:
        return None
    person = PersonRef(row.person, row.state, row.person_synthetic, row.linked_group)
    if row.data_key_sealed is None:
        return Known(person, None, NoTemplate("person_not_confirmed"))
    data_key = open_data_key(gallery.secrets, row.person, row.data_key_sealed)
    return Known(person, _name(data_key, row), _template(driver, gallery, data_key, row))


def _one(driver: "psycopg.Connection[Any]", asked: tuple[str, str, str, str]) -> _Row | None:
    found = driver.execute(_KNOWN, asked).fetchone()
    return None if found is None else _Row(*found)


def _name(data_key: Secret, row: _Row) -> str | None:
    if row.name_sealed is None:
        return None
    return unseal(data_key, row.name_sealed, f"people.name/{row.person}").decode()


def _template(
    driver: "psycopg.Connection[Any]", gallery: Gallery, data_key: Secret, row: _Row
) -> TemplateForDecision | NoTemplate:
    if row.template is None:
        return NoTemplate(_why_none(driver, gallery, row))
    if row.state != "confirmed":
        return NoTemplate("person_not_confirmed")
    if row.withdrawn_at is not None:
        return NoTemplate("consent_withdrawn")
    place = templates.place_of(gallery, row.template, row.person)
    return TemplateForDecision(
        id=row.template,
        person=row.person,
        vector=np.frombuffer(unseal(data_key, row.vector_sealed, place), "<f4").astype(np.float32),
        samples=row.samples,
        quality=row.quality,
        linked_group=row.linked_group,
        consent=row.consent,
        consent_kind=row.consent_kind,
        notice_version=row.notice_version,
        given_at=row.given_at,
    )


def _why_none(driver: "psycopg.Connection[Any]", gallery: Gallery, row: _Row) -> Missing:
    said = driver.execute(_WHY_NONE, (row.person, gallery.id, row.person)).fetchone()
    synthetic, withdrawn = said or (False, False)
    if synthetic:
        return "synthetic"
    if row.state != "confirmed":
        return "person_not_confirmed"
    return "consent_withdrawn" if withdrawn else "not_enrolled"
