"""An item as it came, judged on its own: taken, or refused with a code. Pure.

Which of two messages about one thing stands does not depend on which came first: the greater
version, and of one version the greater digest.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from codes import id_number
from codes.errors import InvalidCode
from verifier.identity.people import value_key
from verifier.protocol.claim import where
from verifier.protocol.his import Item, Kind, PersonNumber
from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing

_BY_CITIZENS_NUMBER = frozenset({"resident_id", "social_security_card"})
_EXTERNAL_ID = re.compile(r"[!-~]{1,64}")

MALFORMED = "his.item_malformed"
NUMBER = "his.number_malformed"
NO_END = "his.end_missing"
NO_WARD = "his.ward_missing"
MOST_FIELD = 200


class ItemRefused(Exception):
    """One item is not taken. `field` says where, never what stood there."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code, self.field = code, field[:MOST_FIELD]


@dataclass(frozen=True)
class Told:
    """What a source says of one thing, ready for its row. Nothing in it names a person."""

    external_id: str
    person_key: str
    department: str
    place: str | None
    ward: str | None
    bed: str | None
    valid_from: datetime
    valid_to: datetime | None
    state: str
    version: int
    digest: str

    @property
    def rank(self) -> tuple[int, str]:
        """The greater stands."""
        return self.version, self.digest


def told(keyring: KeyRing, institution: str, kind: Kind, raw: Mapping[str, Any]) -> Told:
    """The item. Raises `ItemRefused`."""
    try:
        item = Item.model_validate(dict(raw))
    except ValidationError as error:
        raise ItemRefused(MALFORMED, where(error)) from None
    if item.valid_to is None and kind is not Kind.INPATIENTS:
        raise ItemRefused(NO_END, "valid_to")
    if kind is Kind.INPATIENTS and item.ward is None:
        raise ItemRefused(NO_WARD, "ward")
    person_key = _person_key(keyring, institution, item.person)
    said: dict[str, Any] = {
        "person_key": person_key,
        **item.model_dump(exclude={"external_id", "person", "state", "version"}),
        "state": item.state.value,
        "version": item.order,
    }
    digest = _digest(keyring, institution, [kind.value, item.external_id, *said.values()])
    return Told(external_id=item.external_id, digest=digest, **said)


def external_id_of(raw: Mapping[str, Any]) -> str | None:
    """What a refused item calls itself, if that can be repeated."""
    said = raw.get("external_id")
    return said if isinstance(said, str) and _EXTERNAL_ID.fullmatch(said) else None


def strongest(found: Iterable[Told]) -> dict[str, Told]:
    """Of each thing what stands in the end."""
    best: dict[str, Told] = {}
    for each in found:
        held = best.get(each.external_id)
        if held is None or each.rank > held.rank:
            best[each.external_id] = each
    return best


def _person_key(keyring: KeyRing, institution: str, person: PersonNumber) -> str:
    """As the registered people's: one person, whatever card they hold."""
    if person.kind not in _BY_CITIZENS_NUMBER:
        return value_key(keyring, institution, person.kind, person.number)
    try:
        number = id_number.parse(person.number).number
    except InvalidCode:
        raise ItemRefused(NUMBER, "person.number") from None
    return value_key(keyring, institution, "resident_id", number)


def _digest(keyring: KeyRing, institution: str, values: Iterable[Any]) -> str:
    text = "\0".join("" if value is None else str(value) for value in values)
    key = keyring.derive("expected-visit", institution)
    return b64url(hmac.digest(key, text.encode(), hashlib.sha256))
