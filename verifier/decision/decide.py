"""The rule that concludes: facts and rules in, a verdict out. No clock, no store, no chance.

A person without a face in the gallery is never `rejected`: the card alone decides what follows.
Only a face that differs from the enrolled one of the card's own person rejects.
"""

from verifier.matching.rates import fpir
from verifier.policy.rules import IdentifyRules, PurposeRules
from verifier.protocol.decision import Comparison, Identification
from verifier.protocol.values import Assurance, Liveness, Outcome

from .facts import Answer, CardFacts, Facts, Reason, SearchFacts, Verdict

NO_NARROWING = "none"

SHOW_ANOTHER = frozenset({Reason.CODE_EXPIRED, Reason.CODE_FOREIGN})
"""What a fresh or another code mends; for the rest the person takes another door."""


def decide(facts: Facts, rules: PurposeRules, liveness_required: bool = False) -> Verdict:
    """The verdict. Total: every combination of facts has one."""
    if facts.liveness is Liveness.ATTACK:
        return Verdict(Outcome.RETRY, (Reason.LIVENESS_FAILED,))
    if facts.unresolved is not None:
        again = facts.unresolved in SHOW_ANOTHER
        return Verdict(Outcome.RETRY if again else Outcome.REFER, (facts.unresolved,))
    if facts.face and liveness_required and facts.liveness is Liveness.NOT_ASSESSED:
        return Verdict(Outcome.REFER, (Reason.LIVENESS_NOT_ASSESSED,))
    if facts.card is not None:
        return _by_card(facts, facts.card, rules)
    return _by_face(facts.search or SearchFacts(None, 0, 0), rules)


def _by_card(facts: Facts, card: CardFacts, rules: PurposeRules) -> Verdict:
    if card.on_hold:
        return Verdict(Outcome.REFER, (Reason.CARD_ON_HOLD,))
    if card.expired:
        return Verdict(Outcome.REFER, (Reason.CARD_EXPIRED,))
    if card.name_agrees is False:
        return Verdict(Outcome.REFER, (Reason.NAME_DIFFERS,))
    if facts.face and card.enrolled and facts.score is not None:
        return _one_to_one(facts.score, card, rules)
    if facts.chip_score is not None and card.authenticated and not card.enrolled:
        return _against_chip(facts.chip_score, rules)
    return _card_alone(card, rules)


def _compared(score: float, rules: PurposeRules) -> Comparison:
    return Comparison(
        score=score,
        threshold=rules.verify.cosine,
        fmr=rules.verify.fmr,
        extrapolated=rules.verify.extrapolated,
    )


def _against_chip(score: float, rules: PurposeRules) -> Verdict:
    """A proved card of somebody who never enrolled, against its own photo.

    Such a photo may be twenty years old, so a difference is a reason to look, never to reject.
    """
    comparison = _compared(score, rules)
    if score < comparison.threshold:
        return Verdict(Outcome.REFER, (Reason.CHIP_PHOTO_DIFFERS,), comparison=comparison)
    outcome, reasons = _enough(Assurance.CARD_CHIP_PHOTO, rules)
    return Verdict(
        outcome,
        (*reasons, Reason.NOT_ENROLLED),
        Assurance.CARD_CHIP_PHOTO,
        enrolment_offered=rules.purpose.offer_enrolment,
        comparison=comparison,
    )


def _one_to_one(score: float, card: CardFacts, rules: PurposeRules) -> Verdict:
    comparison = _compared(score, rules)
    if score < comparison.threshold:
        return Verdict(Outcome.REJECTED, (Reason.FACE_DIFFERS,), comparison=comparison)
    # A chip that nobody proved is a copyable number: what proves the person is the face.
    assurance = Assurance.CARD_FACE if card.authenticated else Assurance.FACE
    outcome, reasons = _enough(assurance, rules)
    return Verdict(outcome, reasons, assurance, comparison=comparison)


def _card_alone(card: CardFacts, rules: PurposeRules) -> Verdict:
    assurance = Assurance.CARD if card.authenticated else Assurance.CARD_UNAUTHENTICATED
    outcome, reasons = _enough(assurance, rules)
    if card.enrolled:
        return Verdict(outcome, reasons, assurance)
    if rules.purpose.unenrolled == "refer":
        outcome = Outcome.REFER
    return Verdict(
        outcome,
        (*reasons, Reason.NOT_ENROLLED),
        assurance,
        enrolment_offered=rules.purpose.offer_enrolment,
    )


def _enough(assurance: Assurance, rules: PurposeRules) -> tuple[Outcome, tuple[str, ...]]:
    if assurance in rules.purpose.enough:
        return Outcome.ACCEPTED, ()
    if assurance is Assurance.CARD_UNAUTHENTICATED:
        return Outcome.REFER, (Reason.CARD_UNAUTHENTICATED,)
    return Outcome.REFER, (Reason.ASSURANCE_INSUFFICIENT,)


def _by_face(search: SearchFacts, rules: PurposeRules) -> Verdict:
    if rules.identify is None:
        return Verdict(Outcome.REFER, (Reason.IDENTIFY_OFF,))
    refused = may_search(search.searched, search.narrowed_by, rules.identify)
    if refused is not None:
        stated = _stated("not_searched", search, rules.identify)
        return Verdict(Outcome.REFER, (refused,), identification=stated)
    return _one_to_many(search, rules, rules.identify)


def may_search(searched: int, narrowed_by: str | None, rules: IdentifyRules) -> Reason | None:
    """Why a search over so many people is not made, or None where it is."""
    if narrowed_by not in rules.narrowing:
        return Reason.NARROWING_REQUIRED
    if rules.match is None:
        return Reason.FMR_BELOW_FLOOR
    if fpir(rules.match.fmr, searched) > rules.max_fpir:
        return Reason.FPIR_EXCEEDED
    return None


def _one_to_many(search: SearchFacts, rules: PurposeRules, terms: IdentifyRules) -> Verdict:
    match = terms.match
    if match is None or not search.best or search.best[0].score < match.cosine:
        return Verdict(
            Outcome.REFER,
            (Reason.NO_MATCH,),
            identification=_stated("no_match", search, terms),
        )
    first, others = search.best[0], search.best[1:]
    if any(other.score >= terms.ambiguity_cosine for other in others):
        stated = _stated("ambiguous", search, terms)
        return Verdict(Outcome.REFER, (Reason.AMBIGUOUS,), identification=stated)
    stated = _stated("match", search, terms)
    if first.linked:
        return Verdict(Outcome.REFER, (Reason.LOOK_ALIKES,), identification=stated)
    outcome, reasons = _enough(Assurance.FACE, rules)
    comparison = Comparison(
        score=first.score,
        threshold=match.cosine,
        fmr=match.fmr,
        extrapolated=match.extrapolated,
    )
    return Verdict(
        outcome,
        reasons,
        Assurance.FACE,
        comparison=comparison,
        identification=stated,
        identified=first.person if outcome is Outcome.ACCEPTED else None,
    )


def _stated(answer: Answer, search: SearchFacts, terms: IdentifyRules) -> Identification:
    rate = fpir(terms.match.fmr, search.searched) if terms.match else 1.0
    return Identification(
        answer=answer,
        searched=0 if answer == "not_searched" else search.searched,
        gallery=search.gallery,
        fpir=rate,
        max_fpir=terms.max_fpir,
        narrowed_by=search.narrowed_by or NO_NARROWING,
    )
