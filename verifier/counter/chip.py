"""By the photo on the card's chip: a clerk's eyes, or the models, compare it with the person.

The photo is in memory for the minutes of the visit and in no row; what is kept is who decided, on
which card, and of a comparison its rates.
"""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, text

from codes.errors import InvalidCode
from codes.id_number import parse
from verifier.policy.models import Policy
from verifier.policy.rules import PurposeRules
from verifier.protocol.claim import CredentialReading
from verifier.protocol.decision import Comparison
from verifier.protocol.values import Assurance, Consent
from verifier.receipts.issue import IssuedReceipt

from . import items, resolving
from .arriving import CHINA
from .deciding import Basis, Compared, Counter, decided
from .documents import Document
from .errors import CounterRefused
from .items import Item

WhyNot = Literal["", "minor", "unproved", "chose_no_face", "policy"]
"""Why the camera is not asked for; empty where it may be."""

COMPARED = "counter.compared"
_CONSENT = text("SELECT consent FROM decisions WHERE institution = :institution AND id = :decision")


def laid(
    conn: Connection, counter: Counter, item_id: str, account: str, document: Document
) -> Item:
    """The visit for which a card was laid on the reader.

    Raises `CounterRefused`: as `items.held`, `counter.other_person` where the terminal read
    somebody else's card, `counter.card_lost`.
    """
    item = items.held(conn, counter.institution, item_id, account)
    resolving.holder_for(conn, counter, item, document)
    return item


def why_no_camera(
    conn: Connection, counter: Counter, item: Item, reading: CredentialReading, at: datetime
) -> WhyNot:
    """Whether a live face may be compared with this card's photo; the clerk's eyes always may.

    A chip that nobody proved is copyable, and its photo with it. Who chose a way without a face at
    the terminal is not asked a second time.
    """
    policy, rules = counter.rules.policy, counter.rules.purposes.get(item.purpose)
    if not reading.authenticated:
        return "unproved"
    if _age(reading, at) < policy.guardian_below_age:
        return "minor"
    bound = {"institution": counter.institution, "decision": item.decision}
    if item.decision and conn.scalar(_CONSENT, bound) == Consent.NO_FACE:
        return "chose_no_face"
    return "" if rules is not None and _lets(policy, rules) else "policy"


def compared(counter: Counter, item: Item, score: float) -> Comparison:
    """A cosine by the threshold of the visit's purpose, as at a terminal."""
    rules = counter.rules.purposes.get(item.purpose)
    if rules is None:
        raise CounterRefused("counter.state", "the policy has no such purpose any more")
    return Comparison(
        score=score,
        threshold=rules.verify.cosine,
        fmr=rules.verify.fmr,
        extrapolated=rules.verify.extrapolated,
    )


def note_compared(
    conn: Connection, institution: str, item: Item, account: str, comparison: Comparison
) -> None:
    """That the models compared, and whether both looked like one person, in the ledger."""
    said = agrees(comparison)
    items.note(conn, institution, COMPARED, item.id, item.visit, account, agrees=said)


def agrees(comparison: Comparison) -> bool:
    """Whether strangers reach this score no oftener than the policy lets them."""
    return comparison.score >= comparison.threshold


def by_chip_photo(
    conn: Connection,
    counter: Counter,
    item_id: str,
    account: str,
    document: Document,
    seen: Compared | None,
    at: datetime,
) -> IssuedReceipt:
    """The visit is accepted on the card and its photo; `seen` is None where the clerk compared.

    Raises `CounterRefused`: as `laid`, `counter.chip_differs` where the models say no.
    """
    item = items.held(conn, counter.institution, item_id, account)
    person = resolving.holder_for(conn, counter, item, document)
    if seen is not None and not agrees(seen.comparison):
        raise CounterRefused("counter.chip_differs")
    basis = Basis(
        way="chip_photo",
        account=account,
        document=document.kind,
        by_reader=True,
        number_key=resolving.number_key(counter, document),
    )
    reasons = resolving.reasons_of(item, None)
    if not resolving.named(conn, counter, person, document):
        reasons.append(resolving.NAME_DIFFERS)
    simulated = document.simulated
    receipt = decided(
        conn, counter, item, person, basis, reasons, at, simulated=simulated, compared=seen
    )
    resolving.close(conn, counter, item, person, account, at)
    return receipt


def _lets(policy: Policy, rules: PurposeRules) -> bool:
    """Nobody assesses liveness here, and the assurance must be enough for the purpose."""
    enough = Assurance.CARD_CHIP_PHOTO in rules.purpose.enough
    return enough and not policy.liveness.required


def _age(reading: CredentialReading, at: datetime) -> int:
    """Whole years in China today, by the number or else the card's date; unknown counts as none."""
    day = at.astimezone(CHINA).date()
    try:
        return parse(reading.fields.get("number", "")).age_on(day)
    except InvalidCode:
        pass
    try:
        born = date.fromisoformat(reading.fields.get("birth", ""))
    except ValueError:
        return 0
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
