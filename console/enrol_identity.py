"""Who is to be enrolled: from a reader's reading, or from a form."""

import re
from datetime import date
from typing import Literal, cast

from codes.errors import InvalidCode
from codes.id_number import IdNumber, parse
from enroll.application import DocumentNumber
from enroll.desk import checked_name, checked_number
from enroll.draft import Draft
from verifier.identity.desk_records import About
from verifier.protocol.claim import CredentialReading
from verifier.trust.accounts.sessions import SignedIn

from .forms import Form
from .refusals import refused

DOCUMENTS = ("resident_id", "household_register", "passport", "permit")
"""What a number may stand on. A 户口簿 has the ID number itself."""

_BY_CITIZENS_NUMBER = frozenset({"resident_id", "social_security_card", "household_register"})
_DOCUMENT_NUMBER = re.compile(r"[A-Z0-9]{5,24}")
_SEXES = ("male", "female")


def from_form(form: Form, staff: SignedIn, site: str) -> Draft:
    """As it was typed. Raises `Refused` and `PersonRefused`."""
    number, about = number_typed(form), None
    if isinstance(number, DocumentNumber):
        about = _about(form.text("birth"), form.text("sex"))
    return _draft(staff, site, "typed", number, checked_name(form.text("name")), about)


def from_reading(reading: CredentialReading, staff: SignedIn, site: str, today: date) -> Draft:
    """As a reader read it. Raises `Refused`: `desk.card_expired`, `desk.card_unfit`."""
    fields = reading.fields
    last = fields.get("valid_to", "")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", last) and last < today.isoformat():
        raise refused("desk.card_expired")
    text, name = fields.get("number", "").strip(), fields.get("name", "")
    if not text or not name.strip():
        raise refused("desk.card_unfit", reading.kind)
    if reading.kind in _BY_CITIZENS_NUMBER:
        try:
            return _draft(staff, site, "card", parse(text), checked_name(name), None)
        except InvalidCode:
            raise refused("desk.card_unfit", "its number") from None
    if reading.kind not in DOCUMENTS:
        raise refused("desk.card_unfit", reading.kind)
    about = _about(fields.get("birth", ""), fields.get("sex", ""))
    number = DocumentNumber(reading.kind, text.upper())
    return _draft(staff, site, "card", number, checked_name(name), about)


def number_typed(form: Form) -> IdNumber | DocumentNumber:
    """The number of the document that the form names. Raises `Refused` and `PersonRefused`."""
    kind = form.text("kind") or "resident_id"
    if kind not in DOCUMENTS:
        raise refused("form.malformed", "no such document")
    text = "".join(form.text("number").split()).upper()
    if kind in _BY_CITIZENS_NUMBER:
        return checked_number(text)
    if not _DOCUMENT_NUMBER.fullmatch(text):
        raise refused("desk.document_number")
    return DocumentNumber(kind, text)


def _about(birth: str, sex: str) -> About:
    """Of a document whose number says neither; without an age nobody knows whether a guardian has
    to agree.
    """
    try:
        born = date.fromisoformat(birth)
    except ValueError:
        raise refused("desk.birth_missing") from None
    if sex not in _SEXES:
        raise refused("desk.birth_missing")
    return About(born, cast('Literal["male", "female"]', sex))


def _draft(
    staff: SignedIn,
    site: str,
    way: Literal["card", "typed"],
    number: IdNumber | DocumentNumber,
    name: str,
    about: About | None,
) -> Draft:
    return Draft(staff.account, staff.login, site, way, number, name, about)
