"""From a row's cells to what somebody asks for: who, on which consent. No photo is touched."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Final

from codes.errors import InvalidCode
from codes.id_number import IdNumber
from codes.id_number import parse as parse_number
from codes.names import masked
from verifier.policy.models import ENROLMENT, NoticeText, Policy
from verifier.protocol.values import Consent

from .errors import PersonRefused
from .table import Row

CHINA: Final = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has had no summer time since 1991."""

MAX_NAME: Final = 64
MAX_EVIDENCE: Final = 64
_SEPARATE = frozenset({"separate", "单独同意", "书面单独同意", "单独书面同意"})
_GUARDIAN = frozenset({"guardian", "监护人同意", "监护人单独同意"})
_DECLINED = frozenset({"no_face", "declined", "不同意", "拒绝", "否"})
_CLOCK_SLACK = timedelta(minutes=5)
_LIST = re.compile(r"[;；]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True)
class GivenConsent:
    """A separate consent (单独同意) that was given before the enrolment."""

    kind: Consent
    notice_version: str
    given_at: datetime
    evidence: str = "import"


@dataclass(frozen=True)
class DocumentNumber:
    """The number of a document that is no ID card: passport, permit, 户口簿, birth certificate."""

    kind: str
    number: str = field(repr=False)


@dataclass(frozen=True)
class Application:
    """Who is to be enrolled. Its `repr` shows nothing personal.

    Attributes:
        look_alikes: numbers of enrolled people whom a clerk has found to be somebody else.
        told_apart: the same, by their ids.
        link_reason: why the clerk held them for two.
        by: who enrols, as the ledger names it.
    """

    number: IdNumber | DocumentNumber = field(repr=False)
    name: str = field(repr=False)
    consent: GivenConsent
    look_alikes: tuple[str, ...] = field(default=(), repr=False)
    told_apart: tuple[str, ...] = ()
    link_reason: str = "listed"
    by: str = "import"

    @property
    def kind(self) -> str:
        """Of the credential."""
        return self.number.kind if isinstance(self.number, DocumentNumber) else "resident_id"

    @property
    def masked_name(self) -> str:
        """Surname and stars."""
        return masked(self.name)


def application_of(row: Row, policy: Policy, today: date) -> Application:
    """What the row asks for. Raises `PersonRefused` with the first thing that is wrong."""
    number = _number(row.get("number"), "number_missing")
    name = _name(row.get("name"))
    consent = _consent(row)
    if consent.kind is Consent.GUARDIAN or number.age_on(today) < policy.guardian_below_age:
        raise PersonRefused("guardian_required")
    _notice(policy, consent)
    return Application(number, name, consent, _look_alikes(row))


def listed(cell: str) -> list[str]:
    """The parts of a cell that may hold several, parted by `;` or `；`."""
    return [part.strip() for part in _LIST.split(cell) if part.strip()]


def masked_number(number: str) -> str:
    """The last four characters behind stars; nothing of a text that is no number."""
    return "*" * 14 + number[-4:].upper() if re.fullmatch(r"[0-9]{17}[0-9Xx]", number) else ""


def _number(cell: str, missing: str) -> IdNumber:
    """A spreadsheet keeps a number as text behind an apostrophe."""
    text = cell.removeprefix("'").strip()
    if not text:
        raise PersonRefused(missing)
    try:
        return parse_number(text)
    except InvalidCode as error:
        raise PersonRefused(error.code) from None


def _look_alikes(row: Row) -> tuple[str, ...]:
    """Numbers of people told apart; a wrong one is told as this column's, not as the person's."""
    try:
        return tuple(_number(cell, "").number for cell in listed(row.get("look_alike")))
    except PersonRefused:
        raise PersonRefused("look_alike_invalid") from None


def _name(cell: str) -> str:
    if not cell:
        raise PersonRefused("name_missing")
    if len(cell) > MAX_NAME or any(unicodedata.category(c).startswith("C") for c in cell):
        raise PersonRefused("name_invalid")
    return cell


def _consent(row: Row) -> GivenConsent:
    said = "".join(row.get("consent").split()).casefold()
    if not said:
        raise PersonRefused("consent_missing")
    if said in _DECLINED:
        raise PersonRefused("consent_declined")
    if said not in _SEPARATE | _GUARDIAN:
        raise PersonRefused("consent_unknown")
    evidence = row.get("evidence") or "import"
    if len(evidence) > MAX_EVIDENCE:
        raise PersonRefused("evidence_invalid")
    kind = Consent.GUARDIAN if said in _GUARDIAN else Consent.SEPARATE
    given_at = _moment(row.get("consented_at"))
    version = row.get("notice_version")
    if not version:
        raise PersonRefused("notice_missing")
    return GivenConsent(kind, version, given_at, evidence)


def _notice(policy: Policy, consent: GivenConsent) -> NoticeText:
    notice = policy.notice(consent.notice_version)
    if notice is None:
        raise PersonRefused("notice_unknown")
    day = consent.given_at.astimezone(CHINA).date()
    if not notice.in_force(day):
        raise PersonRefused("notice_not_in_force")
    own = policy.own_in_force(ENROLMENT, day)
    if notice.purposes if not own else notice not in own:
        raise PersonRefused("notice_other_purpose")
    return notice


def _moment(cell: str) -> datetime:
    """ISO 8601, or a day as it is written in China; without an offset it is Chinese time."""
    if not cell:
        raise PersonRefused("consent_time_missing")
    text = _DAY.sub(_iso_day, cell, count=1).strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PersonRefused("consent_time_invalid") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
    if moment > datetime.now(CHINA) + _CLOCK_SLACK:
        raise PersonRefused("consent_time_invalid")
    return moment


def _iso_day(found: "re.Match[str]") -> str:
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"
