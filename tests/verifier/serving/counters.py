"""Clerks at a hospital's counter, without a screen: each act in a transaction of its own."""

from dataclasses import dataclass
from datetime import datetime

from tests.verifier.fixtures import INSTITUTION
from verifier.counter import arriving, items, resolving
from verifier.counter.deciding import Counter
from verifier.counter.documents import Document, typed
from verifier.counter.items import Item
from verifier.counter.proxies import Standing
from verifier.counter.resolving import Why
from verifier.ledger.verifying import verify
from verifier.protocol.receipt import Receipt, check_receipt
from verifier.receipts.issue import IssuedReceipt
from verifier.receipts.read import read_receipt
from verifier.trust.accounts import accounts

from .hospital import Hospital, Person


@dataclass
class Clerk:
    """An account that works at the counter."""

    hospital: Hospital
    account: str
    standing: Standing | None = None

    @property
    def counter(self) -> Counter:
        site = self.hospital.site
        return Counter(self.hospital.keyring, INSTITUTION, site.rules, self.standing)

    @property
    def now(self) -> datetime:
        return self.hospital.clock()

    def queue(self) -> list[Item]:
        with self.hospital.database.app.connect() as conn:
            return items.waiting(conn, INSTITUTION)

    def get(self, item: str) -> Item:
        with self.hospital.database.app.connect() as conn:
            return items.get(conn, INSTITUTION, item)

    def take(self, item: str) -> None:
        with self.hospital.database.app.begin() as conn:
            items.take(conn, INSTITUTION, item, self.account, self.now)

    def hand_on(self, item: str) -> None:
        with self.hospital.database.app.begin() as conn:
            items.hand_on(conn, INSTITUTION, item, self.account)

    def leave(self, item: str, end: items.End = "self_pay") -> None:
        with self.hospital.database.app.begin() as conn:
            items.leave(conn, INSTITUTION, item, self.account, end, self.now)

    def sees(self, item: str, document: Document, proxy: Document | None = None) -> IssuedReceipt:
        with self.hospital.database.app.begin() as conn:
            return resolving.by_document(
                conn, self.counter, item, self.account, document, proxy, self.now
            )

    def lets_pass(self, item: str, why: Why = "appearance") -> IssuedReceipt | None:
        with self.hospital.database.app.begin() as conn:
            return resolving.let_pass(conn, self.counter, item, self.account, why, self.now)

    def agrees(self, item: str, *, agreed: bool = True) -> IssuedReceipt | None:
        with self.hospital.database.app.begin() as conn:
            return resolving.second(conn, self.counter, item, self.account, self.now, agreed=agreed)

    def takes_back(self, item: str) -> None:
        with self.hospital.database.app.begin() as conn:
            resolving.take_back(conn, self.counter, item, self.account, self.now)

    def emergency(self) -> str:
        with self.hospital.database.app.begin() as conn:
            policy = self.hospital.site.rules.policy
            return arriving.emergency(conn, INSTITUTION, policy, self.account, self.now)


def clerk(hospital: Hospital, login: str) -> Clerk:
    """Somebody with an account."""
    with hospital.database.app.begin() as conn:
        made = accounts.create(conn, hospital.keyring, INSTITUTION, login, hospital.clock())
    return Clerk(hospital, made.account)


def id_card(person: Person) -> Document:
    """The person's ID card, typed."""
    return typed("resident_id", person.number)


def checked(hospital: Hospital, receipt: IssuedReceipt, visit: str) -> Receipt:
    """What a HIS reads of it: the receipt as it is handed out, checked from the public keys."""
    with hospital.database.app.connect() as conn:
        compact = read_receipt(conn, receipt.id, INSTITUTION)
    assert compact == receipt.compact
    jwks = hospital.http.get("/.well-known/jwks.json").json()
    return check_receipt(compact, jwks, audience=INSTITUTION, visit=visit, accept_simulated=True)


def findings(hospital: Hospital) -> list[str]:
    """What `ledger verify` finds."""
    hospital.site.sealer.seal()
    key = hospital.keyring.checkpoint_key
    with hospital.database.app.connect() as conn:
        report = verify(conn, INSTITUTION, {key.kid or "": key}.get, keyring=hospital.keyring)
    return [finding.code for finding in report.findings]
