"""The order in which a claim is judged.

1. signature; 2. and 3. the challenge is spent by these bytes, or what stands under it is answered
again; 4. terms and legal basis, with the evidence still closed; 5. evidence, pixels, the verifier's
own embedding; 6. one transaction that reads the person again and writes everything; 7. the answer.
Between 4 and 5 a code is resolved by its platform, while no transaction is open.
From 3 on a refusal is a result: it is stored and committed, and the same bytes get it again.
"""

from datetime import datetime

from sqlalchemy import Connection

from models.types import Floats
from verifier.counter import arriving
from verifier.ledger.rows import commitment
from verifier.matching import embedding
from verifier.protocol import jose
from verifier.protocol.claim import Claim, Crop, Evidence, claim_hash
from verifier.protocol.decision import ClaimAnswer, Decision
from verifier.protocol.errors import Refused, refusal
from verifier.protocol.values import Outcome, new_id
from verifier.receipts.issue import IssuedReceipt, issue

from . import challenges, clones, records, resolving, terms, tickets
from .again import answer_again
from .bench import Bench, Case, health
from .capture import DecodedCapture, decode_capture, decode_crops
from .challenges import Spent
from .decide import decide
from .exchange import connected
from .facts import Verdict
from .gathering import Gathered, Probe, gather, held
from .greeting import greet
from .records import Judged
from .resolving import Resolving, Told


class Judge:
    """Judges claims. Holds no state of its own; safe to call from many threads."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._resolving = Resolving(bench)

    def judge(self, compact: str) -> ClaimAnswer:
        """The answer to a signed claim as it came over the wire. Raises `Refused`."""
        judged = self._authenticated(compact)
        claim = judged.claim
        with connected(self._bench.engine) as conn:
            spent = self._spent(conn, judged)
            if spent is None:
                return answer_again(self._bench, conn, judged)
            case = Case(judged, spent)
            try:
                return self._first(conn, case)
            finally:
                if case.holds_lock:
                    challenges.release(conn, claim.challenge)

    def _spent(self, conn: Connection, judged: Judged) -> Spent | None:
        claim, at = judged.claim, self._bench.clock()
        if claim.ticket is not None:
            tickets.refuse_a_strange_one(claim, self._bench.keyring, judged.institution)
            return tickets.spend(conn, claim, judged.claim_digest, at)
        return challenges.spend(conn, claim.terminal, claim.challenge, judged.claim_digest, at)

    def _authenticated(self, compact: str) -> Judged:
        try:
            payload = jose.verify(jose.CLAIM, compact, self._key_of)
            signer = jose.protected_header(compact)["kid"]
        except jose.BadSignature as error:
            raise refusal("claim.signature_invalid", note=str(error)) from None
        claim = Claim.parse(payload)
        if claim.terminal != signer:
            raise refusal("claim.signature_invalid", note="signed by another terminal")
        skew = self._bench.directory.skew(claim.terminal)
        return Judged(self._bench.institution, claim, claim_hash(compact), skew)

    def _key_of(self, terminal: str) -> jose.SigningKey | None:
        record = self._bench.directory.find(terminal)
        return record.public_key if record and record.kind == "fixed" else None

    def _first(self, conn: Connection, case: Case) -> ClaimAnswer:
        bench, claim = self._bench, case.claim
        if case.judged.skew_s is None:
            case.judged = Judged(
                bench.institution, claim, case.judged.claim_digest, case.spent.clock_skew_s
            )
        try:
            clones.refuse_a_fork(claim, case.spent)
            terms.refuse_bad_terms(
                claim, case.spent, bench.rules, bench.institution, bench.mode, bench.clock()
            )
            evidence = Evidence.unseal(claim.evidence, bench.keyring.seal_key)
            terms.refuse_bad_evidence(claim, evidence, bench.rules, bench.demo, bench.clock())
            told = self._resolving.told(conn, claim, evidence)
            probe = None if told.why_not else self._probe(conn, case, told.evidence)
            return self._decided(conn, case, told, probe)
        except Refused as refused:
            raise self._store_refusal(conn, case, refused) from None

    def _probe(self, conn: Connection, case: Case, evidence: Evidence) -> Probe | None:
        """The capture's face, or None where there is none."""
        capture, embedder = evidence.capture, self._bench.embedder
        if capture is None:
            return None
        if capture.pack_digest != embedder.pack.digest:
            raise refusal("capture.pack_mismatch")
        decoded = decode_capture(capture, self._bench.keyring.crop_key())
        case.crops = decoded.keys
        try:
            vector = self._own_probe(decoded, mirrored=evidence.reading is None)
            return Probe(vector, self._chip_score(vector, evidence.chip_photo))
        except Refused:
            # A crop seen before is injected, whatever is claimed of it. Where nothing else is wrong
            # the statement that writes the decision finds that out, without a look of its own.
            if records.any_seen(conn, decoded.keys):
                raise refusal("capture.injected") from None
            raise

    def _own_probe(self, decoded: DecodedCapture, mirrored: bool) -> Floats:
        embedder = self._bench.embedder
        own = embedder.embed(decoded.crops)
        embedding.refuse_unless_they_agree(own, decoded.claimed)
        # Mirror averaging costs the embedder's time again; 1:N needs what it gives, 1:1 does not.
        return embedding.probe_of(embedder.embed(decoded.crops, mirror=True) if mirrored else own)

    def _chip_score(self, probe: Floats, photo: Crop | None) -> float | None:
        """The verifier's own embedding decides here too. The same photo comes at every visit, so it
        is not looked for among the crops that were seen.
        """
        if photo is None:
            return None
        decoded = decode_crops([photo], self._bench.keyring.crop_key())
        own = self._bench.embedder.embed(decoded.crops)
        embedding.refuse_unless_they_agree(own, decoded.claimed)
        return embedding.cosine(own[0], probe)

    def _decided(
        self, conn: Connection, case: Case, told: Told, probe: Probe | None
    ) -> ClaimAnswer:
        bench, claim, evidence = self._bench, case.claim, told.evidence
        rules = bench.rules.purposes[claim.purpose]
        with conn.begin():
            at = bench.clock()
            resolving.use(conn, told, at)
            gathered = told.gathered() or gather(
                conn,
                bench.keyring,
                bench.gallery,
                rules,
                evidence,
                probe,
                at,
                bench.expected,
            )
            gathered = held(conn, bench.keyring, bench.institution, told.said.reading, gathered)
            verdict = decide(gathered.facts, rules, bench.rules.policy.liveness.required)
            person = verdict.identified or gathered.person
            decision = self._decision(case, verdict, gathered, terms.is_simulated(evidence), at)
            receipt = self._recorded(conn, case, decision, person)
            if decision.outcome is not Outcome.ACCEPTED and claim.ticket is None:
                arriving.refer(
                    conn,
                    bench.institution,
                    bench.rules.policy,
                    decision,
                    claim.terminal,
                    gathered.person,
                )
            greeting = greet(conn, bench.keyring, decision.outcome, told.said, person)
            challenges.commit_and_release(conn, claim.challenge)
            case.holds_lock = False
        return ClaimAnswer(
            decision=decision,
            receipt=receipt.compact,
            receipt_id=receipt.id,
            greeting=greeting,
            health=health(case.judged.skew_s),
        )

    def _decision(
        self, case: Case, verdict: Verdict, gathered: Gathered, simulated: bool, at: datetime
    ) -> Decision:
        claim, rules = case.claim, self._bench.rules
        reasons = [*verdict.reasons, *((tickets.REASON,) if claim.ticket else ())]
        return Decision(
            id=new_id(),
            visit=claim.visit,
            purpose=claim.purpose,
            outcome=verdict.outcome,
            reasons=reasons,
            assurance=verdict.assurance,
            next_steps=rules.policy.steps(verdict.outcome, reasons),
            enrolment_offered=verdict.enrolment_offered,
            comparison=verdict.comparison,
            identification=verdict.identification,
            liveness=gathered.facts.liveness,
            calibration=rules.calibration,
            simulated=simulated,
            decided_at=at,
            claim_digest=case.judged.claim_digest,
        )

    def _recorded(
        self, conn: Connection, case: Case, decision: Decision, person: str | None
    ) -> IssuedReceipt:
        bench, judged = self._bench, case.judged
        entry = records.entry_of(
            judged,
            "claim.decided",
            decision.decided_at,
            decision=decision.id,
            outcome=decision.outcome.value,
            reasons=decision.reasons,
            assurance=decision.assurance.value if decision.assurance else None,
            person=person,
            simulated=decision.simulated,
            policy=bench.rules.policy_digest,
            calibration=decision.calibration,
            commitment=commitment(bench.keyring, judged.institution, decision, person),
        )
        receipt = issue(
            bench.keyring,
            judged.institution,
            decision,
            person,
            entry.leaf,
            bench.rules.policy.receipt_lifetime_s,
        )
        records.write_decision(conn, judged, decision, person, entry, receipt, case.crops)
        return receipt

    def _store_refusal(self, conn: Connection, case: Case, refused: Refused) -> Refused:
        """The refusal that was stored: another one where the claim turns out to be a fork."""
        at, judged = self._bench.clock(), case.judged
        if refused.code != clones.SUSPECTED:
            with conn.begin() as transaction:
                if records.write_refusal(conn, judged, refused, at, case.crops):
                    return refused
                transaction.rollback()
        with conn.begin():
            stored = clones.store(conn, judged, at, case.crops)
        if stored.code == clones.SUSPECTED:
            self._bench.directory.forget(judged.claim.terminal)
            self._bench.on_clone(judged.claim.terminal)
        return stored
