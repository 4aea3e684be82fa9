"""A decision of the counter: written, entered in the ledger and signed as a terminal's is.

No terminal made it and no challenge stands under it, so `claim_digest` is of what the counter said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from verifier import ledger
from verifier.ledger.rows import commitment
from verifier.policy.rules import Rules
from verifier.protocol.claim import LegalBasis
from verifier.protocol.decision import Comparison, Decision
from verifier.protocol.jose import SIGNING_SUITE
from verifier.protocol.values import Assurance, Consent, Liveness, Outcome, new_id, sha256_b64url
from verifier.receipts.issue import IssuedReceipt, issue
from verifier.store.counter_tables import CounterResult
from verifier.store.schema import DecisionRow, LedgerEntry, ReceiptRow
from verifier.trust.keys import KeyRing

from .items import Item
from .proxies import Standing

KIND = "counter.decided"


@dataclass(frozen=True)
class Counter:
    """Where the counter's decisions are made: one institution, its keys and its rules.

    Attributes:
        standing: tells of proxies' standing authorisations; None where nobody keeps any.
    """

    keyring: KeyRing
    institution: str
    rules: Rules
    standing: Standing | None = None


@dataclass(frozen=True)
class Basis:
    """On what a decision of the counter rests: the columns of `counter_results`."""

    way: str
    account: str
    document: str | None = None
    by_reader: bool = False
    number_key: str | None = None
    reason: str | None = None
    proxy_document: str | None = None
    proxy_key: str | None = None
    proxy: str | None = None
    second: str | None = None


@dataclass(frozen=True)
class Compared:
    """A live face and the photo on the card's chip, compared by the models.

    Attributes:
        basis: on what the face was looked at; the person agreed at the desk.
    """

    comparison: Comparison
    basis: LegalBasis


def decided(
    conn: Connection,
    counter: Counter,
    item: Item,
    person: str | None,
    basis: Basis,
    reasons: Sequence[str],
    at: datetime,
    *,
    simulated: bool,
    compared: Compared | None = None,
) -> IssuedReceipt:
    """An accepted decision for the item's visit, with its entry and its receipt."""
    decision = _decision(counter, item, basis, reasons, at, simulated, compared)
    body = _body(counter, item, decision, person, basis) | _compared(compared)
    mine = counter.institution
    leaf = ledger.leaf_hash(mine, KIND, at, body)
    conn.execute(
        insert(LedgerEntry).values(institution=mine, kind=KIND, at=at, body=body, leaf=leaf)
    )
    receipt = issue(
        counter.keyring,
        mine,
        decision,
        person,
        leaf,
        counter.rules.policy.receipt_lifetime_s,
    )
    _write(conn, mine, item, decision, person, basis, receipt, compared)
    return receipt


def _decision(
    counter: Counter,
    item: Item,
    basis: Basis,
    reasons: Sequence[str],
    at: datetime,
    simulated: bool,
    compared: Compared | None,
) -> Decision:
    said = ledger.canonical({"item": item.id, "at": at.isoformat(), **vars(basis)})
    return Decision(
        id=new_id(),
        visit=item.visit,
        purpose=item.purpose,
        outcome=Outcome.ACCEPTED,
        reasons=list(reasons),
        assurance=_assurance(basis, compared),
        next_steps=counter.rules.policy.steps(Outcome.ACCEPTED, list(reasons)),
        comparison=compared.comparison if compared else None,
        liveness=Liveness.NOT_ASSESSED,
        calibration=counter.rules.calibration,
        simulated=simulated,
        decided_at=at,
        claim_digest=sha256_b64url(said),
    )


def _assurance(basis: Basis, compared: Compared | None) -> Assurance | None:
    """What a clerk's eyes compared is a document that was seen, whoever took the photo."""
    if compared is not None:
        return Assurance.CARD_CHIP_PHOTO
    return None if basis.way == "let_pass" else Assurance.COUNTER_DOCUMENT


def _compared(compared: Compared | None) -> dict[str, Any]:
    """Of a comparison the ledger says on what it rests; its score is committed to, not shown."""
    if compared is None:
        return {}
    return {"notice": compared.basis.notice_version, "consent": compared.basis.consent.value}


def _body(
    counter: Counter, item: Item, decision: Decision, person: str | None, basis: Basis
) -> dict[str, Any]:
    """Ids, codes and times; keyed numbers stay in their table, from which they can be erased."""
    return {
        "item": item.id,
        "referred_by": item.decision,
        "claim": decision.claim_digest,
        "terminal": None,
        "visit": decision.visit,
        "purpose": decision.purpose,
        "decision": decision.id,
        "outcome": decision.outcome.value,
        "assurance": decision.assurance.value if decision.assurance else None,
        "reasons": decision.reasons,
        "person": person,
        "simulated": decision.simulated,
        "policy": counter.rules.policy_digest,
        "calibration": decision.calibration,
        "commitment": commitment(counter.keyring, counter.institution, decision, person),
        "way": basis.way,
        "document": basis.document,
        "by_reader": basis.by_reader,
        "proxy": basis.proxy_document is not None,
        "account": basis.account,
        "second": basis.second,
        "happened_at": item.happened_at.isoformat(),
    }


def _write(
    conn: Connection,
    institution: str,
    item: Item,
    decision: Decision,
    person: str | None,
    basis: Basis,
    receipt: IssuedReceipt,
    compared: Compared | None,
) -> None:
    agreed = compared.basis if compared else None
    conn.execute(
        insert(DecisionRow).values(
            id=decision.id,
            institution=institution,
            claim_digest=decision.claim_digest,
            visit=decision.visit,
            purpose=decision.purpose,
            outcome=decision.outcome.value,
            assurance=decision.assurance.value if decision.assurance else None,
            person=person,
            body=decision.model_dump(mode="json"),
            notice_version=agreed.notice_version if agreed else None,
            consent=agreed.consent.value if agreed else Consent.NO_FACE.value,
            touched_at=agreed.touched_at if agreed else None,
            decided_at=decision.decided_at,
        )
    )
    conn.execute(
        insert(ReceiptRow).values(
            id=receipt.id,
            institution=institution,
            decision=decision.id,
            suite=SIGNING_SUITE,
            compact=receipt.compact,
            expires_at=receipt.expires_at,
        )
    )
    conn.execute(
        insert(CounterResult).values(
            decision=decision.id,
            institution=institution,
            item=item.id,
            at=decision.decided_at,
            **vars(basis),
        )
    )
