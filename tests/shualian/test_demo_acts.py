"""What a row says of a visit that got no answer."""

from kiosk.errors import VerifierRefused, VerifierUnreachable
from kiosk.session import VisitResult
from kiosk.states import Step
from shualian.demo.acts import CARD_FACE, failed, played
from shualian.demo.results import Seen
from verifier.protocol.errors import Problem


def unanswered(
    *path: Step, reason: str | None = None, troubles: tuple[str, ...] = ()
) -> VisitResult:
    return VisitResult("v", path[-1], path, troubles, None, reason)


def test_a_visit_that_ended_at_the_counter_says_why() -> None:
    result = unanswered(Step.CARD, Step.COUNTER, reason="kiosk.verifier_unreachable")
    row = played("i", "张甲", Seen("counter", "kiosk.verifier_unreachable"), result)
    assert row.ok
    assert row.recorded == 0


def test_a_visit_that_stood_still_is_a_row_that_is_not_as_expected_and_says_where() -> None:
    row = played("a", "张甲", CARD_FACE, unanswered(Step.CARD, troubles=("unreadable", "removed")))
    assert row.seen == Seen("stuck", "at card unreadable removed")
    assert not row.ok


def test_a_claim_that_got_no_answer_is_a_row_with_its_code_and_a_refusal_another() -> None:
    problem = Problem(type="about:blank", title="t", status=409, code="challenge.spent", detail="d")
    assert failed(VerifierUnreachable("ConnectError")) == Seen(
        "stuck", "kiosk.verifier_unreachable"
    )
    assert failed(VerifierRefused(problem)) == Seen("refused", "challenge.spent")
