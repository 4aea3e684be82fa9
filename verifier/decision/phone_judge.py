"""How a face from a practitioner's own phone is judged: 1:1, against the phone's holder only.

The order is that of `judge`. What differs: the phone's key says who is meant, so that nobody is
looked up; the verifier's own embedding is the only one; and the consent to a face from a phone is
read, and held, in the deciding transaction.
"""

from sqlalchemy import Connection

from verifier.identity import consents
from verifier.matching import embedding
from verifier.protocol import jose
from verifier.protocol.claim import claim_hash
from verifier.protocol.decision import ClaimAnswer, Decision
from verifier.protocol.errors import Refused, refusal
from verifier.protocol.phone_claim import PhoneCapture, PhoneClaim
from verifier.protocol.values import Liveness

from . import challenges, records
from .again import stored_under
from .bench import Bench, Case, health
from .challenges import Spent, StoredResult
from .decide import decide
from .exchange import connected
from .facts import CardFacts, Facts
from .gathering import Gathered, Probe, Reader
from .judge import Judge
from .phone_capture import Finder, found_in
from .records import Judged


class PhoneJudge(Judge):
    """Judges the claims of phones. Safe to call from many threads."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._finder = bench.embedder if isinstance(bench.embedder, Finder) else None

    @property
    def possible(self) -> bool:
        """Whether faces from phones can be judged here at all."""
        return self._finder is not None and self._bench.mode == "central"

    def judge(self, compact: str) -> ClaimAnswer:
        """The answer to a phone's signed claim as it came over the wire. Raises `Refused`."""
        claim, digest = self._proved(compact), claim_hash(compact)
        bench = self._bench
        with connected(bench.engine) as conn:
            at = bench.clock()
            spent = challenges.spend(conn, claim.terminal, claim.challenge, digest, at)
            if spent is None:
                judged = Judged(bench.institution, claim.following(1, None), digest, None)
                return _answered(stored_under(conn, judged))
            last = claim.following(spent.last_counter + 1, spent.last_claim)
            case = Case(Judged(bench.institution, last, digest, spent.clock_skew_s), spent)
            try:
                return self._judged(conn, case, claim)
            finally:
                if case.holds_lock:
                    challenges.release(conn, claim.challenge)

    def _proved(self, compact: str) -> PhoneClaim:
        try:
            payload = jose.verify(jose.PHONE_CLAIM, compact, self._phone_key)
            signer = jose.protected_header(compact)["kid"]
        except jose.BadSignature as error:
            raise refusal("claim.signature_invalid", note=str(error)) from None
        claim = PhoneClaim.parse(payload)
        if claim.terminal != signer:
            raise refusal("claim.signature_invalid", note="signed by another phone")
        return claim

    def _phone_key(self, phone: str) -> jose.SigningKey | None:
        record = self._bench.directory.find(phone)
        return record.public_key if record and record.kind == "phone" else None

    def _judged(self, conn: Connection, case: Case, claim: PhoneClaim) -> ClaimAnswer:
        try:
            self._refuse_bad_terms(claim, case.spent)
            with conn.begin():
                self._refuse_without_consent(conn, claim)
            probe = self._own_face(conn, case, claim)
            return self._by_holder(conn, case, claim, probe)
        except Refused as refused:
            raise self._store_refusal(conn, case, refused) from None

    def _refuse_bad_terms(self, claim: PhoneClaim, spent: Spent) -> None:
        bench = self._bench
        if bench.clock() >= spent.expires_at:
            raise refusal("challenge.expired")
        if (claim.purpose, claim.visit) != (spent.purpose, spent.visit):
            raise refusal("challenge.mismatch")
        if spent.terminal_state != "active":
            raise refusal("terminal.suspended")
        if claim.aud != bench.institution:
            raise refusal("claim.wrong_audience")
        if not self.possible:
            raise refusal("claim.mode_mismatch", note="no faces from phones here")

    def _holder(self, claim: PhoneClaim) -> str:
        record = self._bench.directory.find(claim.terminal)
        if record is None or record.holder is None:
            raise refusal("terminal.suspended")
        return record.holder

    def _refuse_without_consent(self, conn: Connection, claim: PhoneClaim) -> None:
        notice = self._bench.rules.policy.practice.phone_face
        given = consents.by_phone(conn, self._holder(claim))
        if notice is None or given is None:
            raise refusal("legal_basis.missing")
        if not notice.version == given.notice_version == claim.notice_version:
            raise refusal("legal_basis.notice_unknown")

    def _own_face(self, conn: Connection, case: Case, claim: PhoneClaim) -> Probe:
        keyring, embedder = self._bench.keyring, self._bench.embedder
        capture = PhoneCapture.unseal(claim.evidence, keyring.phone_seal_key)
        assert self._finder is not None  # noqa: S101  (`possible` was asked)
        found = found_in(capture, self._finder, keyring.crop_key())
        if records.any_seen(conn, found.keys):
            raise refusal("capture.injected", note="seen before")
        case.crops = found.keys
        return Probe(embedding.probe_of(embedder.embed(found.crops)))

    def _by_holder(
        self, conn: Connection, case: Case, claim: PhoneClaim, probe: Probe
    ) -> ClaimAnswer:
        bench, holder = self._bench, self._holder(claim)
        rules = bench.rules.purposes[claim.purpose]
        with conn.begin():
            at = bench.clock()
            self._refuse_without_consent(conn, claim)
            reader = Reader(conn, bench.keyring, bench.gallery, bench.expected)
            facts = _facts(reader, holder, probe)
            verdict = decide(facts, rules, bench.rules.policy.liveness.required)
            decision = self._decision(case, verdict, Gathered(facts, holder), False, at)
            receipt = self._recorded(conn, case, decision, holder)
            challenges.commit_and_release(conn, claim.challenge)
            case.holds_lock = False
        return _answer(decision, receipt.compact, receipt.id, case.judged.skew_s)


def _facts(reader: Reader, holder: str, probe: Probe) -> Facts:
    """As of a card that proves nothing but a name: what accepts is the face."""
    template = reader.template(holder)
    known = CardFacts(
        authenticated=False, expired=False, name_agrees=None, enrolled=template is not None
    )
    score = reader.score(probe.vector, template) if template else None
    return Facts(Liveness.NOT_ASSESSED, face=True, card=known, score=score)


def _answered(stored: StoredResult) -> ClaimAnswer:
    decision = Decision.model_validate(stored.body)
    return _answer(decision, str(stored.receipt), str(stored.receipt_id), None)


def _answer(decision: Decision, receipt: str, receipt_id: str, skew_s: float | None) -> ClaimAnswer:
    return ClaimAnswer(
        decision=decision,
        receipt=receipt,
        receipt_id=receipt_id,
        greeting=None,
        health=health(skew_s),
    )
