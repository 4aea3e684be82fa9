"""How an item is resolved: by a document, or let pass with a reason; and how that is taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from codes.names import normalise
from verifier.identity import lost_cards, naming, people
from verifier.policy.models import Purpose
from verifier.receipts.issue import IssuedReceipt

from . import items, proxies
from .deciding import Basis, Counter, decided
from .documents import Document
from .errors import CounterRefused
from .items import Item

Why = Literal[
    "known_to_staff", "document_elsewhere", "appearance", "equipment", "minor", "helpless"
]
WHYS: tuple[Why, ...] = (
    "known_to_staff", "document_elsewhere", "appearance", "equipment", "minor", "helpless"
)  # fmt: skip
"""Why somebody is let pass without a document."""

BY_PROXY, LET_PASS, ENTERED_LATER = "by_proxy", "let_pass", "entered_later"
AUTHORISED, NAME_DIFFERS = "standing_authorisation", "name_differs"

_RESOLVED = text("""
UPDATE counter_items SET state = 'resolved', person = :person, ended_at = :at, ended_by = :account,
       pass_reason = NULL, pass_by = NULL, pass_at = NULL
WHERE institution = :institution AND id = :item
""")
_ASK = text("""
UPDATE counter_items SET pass_reason = :reason, pass_by = :account, pass_at = :at
WHERE institution = :institution AND id = :item
""")
# Whose the visit was by the terminal's card, if it read one: the wrong document may have been seen.
_AGAIN = text("""
UPDATE counter_items SET state = 'taken', handler = :account, ended_at = NULL, ended_by = NULL,
       person = (SELECT d.person FROM decisions AS d WHERE d.id = counter_items.decision)
WHERE institution = :institution AND id = :item
""")
_STANDING = text("""
SELECT r.decision, r.way, r.document, r.by_reader, r.reason, r.proxy_document, r.at,
       a.login AS login, s.login AS second_login, r.account, c.id AS receipt, d.person,
       CAST(d.body->'comparison'->>'score' AS float) AS score
FROM counter_results AS r JOIN decisions AS d ON d.id = r.decision
JOIN receipts AS c ON c.decision = r.decision JOIN accounts AS a ON a.id = r.account
LEFT JOIN accounts AS s ON s.id = r.second
WHERE r.institution = :institution AND r.item = :item AND r.reversed_at IS NULL
""")
_REVERSE = text("""
UPDATE counter_results SET reversed_at = :at, reversed_by = :account
WHERE institution = :institution AND decision = :decision
""")


@dataclass(frozen=True)
class Result:
    """What stands for an item now: on what it rests and which receipt says it.

    Attributes:
        score: cosine of the live face and the chip's photo, where the models compared them.
    """

    decision: str
    way: str
    document: str | None
    by_reader: bool
    reason: str | None
    proxy_document: str | None
    at: datetime
    login: str
    second_login: str | None
    account: str
    receipt: str
    person: str | None
    score: float | None


def result_of(conn: Connection, institution: str, item: str) -> Result | None:
    """The result that stands; None where there is none, or it was taken back."""
    row = conn.execute(_STANDING, {"institution": institution, "item": item}).one_or_none()
    return None if row is None else Result(*row)


def by_document(
    conn: Connection,
    counter: Counter,
    item_id: str,
    account: str,
    document: Document,
    proxy: Document | None,
    at: datetime,
) -> IssuedReceipt:
    """The clerk saw the original; the visit is accepted on it.

    Raises `CounterRefused`: as `items.held`, `counter.other_person` where the terminal read
    somebody else's card, `counter.card_lost`, `counter.no_proxy`, `counter.proxy_same`.
    """
    item = items.held(conn, counter.institution, item_id, account)
    person = holder_for(conn, counter, item, document)
    basis = Basis(
        way="document",
        account=account,
        document=document.kind,
        by_reader=document.by_reader,
        number_key=number_key(counter, document),
        **_proxied(conn, counter, item, document, proxy),
    )
    reasons = reasons_of(item, proxy)
    if _stands(conn, counter, item, person, basis.proxy, at):
        reasons.append(AUTHORISED)
    if not named(conn, counter, person, document):
        reasons.append(NAME_DIFFERS)
    simulated = document.simulated or (proxy is not None and proxy.simulated)
    receipt = decided(conn, counter, item, person, basis, reasons, at, simulated=simulated)
    close(conn, counter, item, person, account, at)
    return receipt


def let_pass(
    conn: Connection, counter: Counter, item_id: str, account: str, why: Why, at: datetime
) -> IssuedReceipt | None:
    """Without a document, for a reason; None where the policy wants a second person first.

    An emergency is never let pass: who it was is what is to be found out (`counter.later_no_pass`).
    """
    item = items.held(conn, counter.institution, item_id, account)
    if item.emergency:
        raise CounterRefused("counter.later_no_pass")
    if not purpose_of(counter, item).counter_second:
        return _passed(conn, counter, item, Basis("let_pass", account, reason=why), at)
    bound = {
        "institution": counter.institution,
        "item": item.id,
        "account": account,
        "reason": why,
        "at": at,
    }
    conn.execute(_ASK, bound)
    mine = counter.institution
    items.note(conn, mine, "counter.pass_asked", item.id, item.visit, account, reason=why)
    return None


def second(
    conn: Connection, counter: Counter, item_id: str, account: str, at: datetime, *, agreed: bool
) -> IssuedReceipt | None:
    """A second person, in a session of their own, agrees or does not.

    Raises `CounterRefused`: `counter.state` where nothing waits for one, `counter.second_self`.
    """
    mine = counter.institution
    item = items.locked(conn, mine, item_id)
    if item.state != "taken" or item.pass_by is None:
        raise CounterRefused("counter.state")
    if account in (item.pass_by, item.handler):
        raise CounterRefused("counter.second_self")
    if agreed:
        basis = Basis("let_pass", item.pass_by, reason=item.pass_reason, second=account)
        return _passed(conn, counter, item, basis, at)
    nothing = {"account": None, "reason": None, "at": None}
    conn.execute(_ASK, {"institution": mine, "item": item.id, **nothing})
    items.note(conn, mine, "counter.pass_declined", item.id, item.visit, account)
    return None


def take_back(conn: Connection, counter: Counter, item_id: str, account: str, at: datetime) -> None:
    """The result does not stand any more, and the item is dealt with again. Both stay on record.

    Raises `CounterRefused`: `counter.state`, `counter.not_yours`, `counter.too_late`.
    """
    mine = counter.institution
    item = items.locked(conn, mine, item_id)
    found = result_of(conn, mine, item_id) if item.state == "resolved" else None
    if found is None:
        raise CounterRefused("counter.state", item.state)
    if found.account != account:
        raise CounterRefused("counter.not_yours")
    if at - found.at > counter.rules.policy.counter.undo:
        raise CounterRefused("counter.too_late")
    bound = {"institution": mine, "item": item.id, "account": account, "at": at}
    conn.execute(_REVERSE, bound | {"decision": found.decision})
    conn.execute(_AGAIN, bound)
    facts = {"decision": found.decision, "receipt": found.receipt}
    items.note(conn, mine, "counter.reversed", item.id, item.visit, account, **facts)


def _passed(
    conn: Connection, counter: Counter, item: Item, basis: Basis, at: datetime
) -> IssuedReceipt:
    reasons = [*reasons_of(item, None), LET_PASS, f"{LET_PASS}.{basis.reason}"]
    receipt = decided(conn, counter, item, item.person, basis, reasons, at, simulated=False)
    close(conn, counter, item, item.person, basis.account, at)
    return receipt


def close(
    conn: Connection, counter: Counter, item: Item, person: str | None, account: str, at: datetime
) -> None:
    """The item is the person's, and done."""
    bound = {"institution": counter.institution, "item": item.id, "person": person}
    conn.execute(_RESOLVED, bound | {"account": account, "at": at})


def reasons_of(item: Item, proxy: Document | None) -> list[str]:
    """What is said beside an acceptance: by whom, and when it was entered."""
    later = item.origin in ("emergency", "downtime")
    return [*([ENTERED_LATER] if later else []), *([BY_PROXY] if proxy is not None else [])]


def holder_for(conn: Connection, counter: Counter, item: Item, document: Document) -> str | None:
    """As `holder`, of a document for this visit; `counter.other_person` where the terminal read
    somebody else's card."""
    person = holder(conn, counter, document)
    if item.person is not None and person != item.person:
        raise CounterRefused("counter.other_person")
    return person


def holder(conn: Connection, counter: Counter, document: Document) -> str | None:
    """Whose document it is; None of somebody who is not registered here.

    Raises `CounterRefused` with `counter.card_lost`.
    """
    mine, keyring = counter.institution, counter.keyring
    if lost_cards.is_lost(conn, keyring, mine, document.kind, document.number):
        raise CounterRefused("counter.card_lost")
    known = people.find_by_number(conn, keyring, mine, document.registered_as, document.number)
    return known.id if known else None


def named(conn: Connection, counter: Counter, person: str | None, document: Document) -> bool:
    """Whether the name that a reader read is the registered one; the clerk compares a typed one."""
    if person is None or document.name is None:
        return True
    known = naming.names_of(conn, counter.keyring, counter.institution, [person])
    return normalise(known.get(person, document.name)) == normalise(document.name)


def _proxied(
    conn: Connection,
    counter: Counter,
    item: Item,
    document: Document,
    proxy: Document | None,
) -> dict[str, str | None]:
    if proxy is None:
        return {}
    proxies.check(purpose_of(counter, item), document, proxy)
    who = holder(conn, counter, proxy)
    return {"proxy_document": proxy.kind, "proxy_key": number_key(counter, proxy), "proxy": who}


def _stands(
    conn: Connection,
    counter: Counter,
    item: Item,
    patient: str | None,
    proxy: str | None,
    at: datetime,
) -> bool:
    """Whether a standing authorisation of the patient covers this proxy."""
    if counter.standing is None or patient is None or proxy is None:
        return False
    return counter.standing(conn, patient=patient, proxy=proxy, purpose=item.purpose, at=at)


def number_key(counter: Counter, document: Document) -> str:
    """A document's number as the rows hold it: keyed."""
    keyring, mine = counter.keyring, counter.institution
    return people.value_key(keyring, mine, document.registered_as, document.number)


def purpose_of(counter: Counter, item: Item) -> Purpose:
    """The item's purpose, as the policy in force has it."""
    found = counter.rules.policy.purposes.get(item.purpose)
    if found is None:
        raise CounterRefused("counter.state", "the policy has no such purpose any more")
    return found
