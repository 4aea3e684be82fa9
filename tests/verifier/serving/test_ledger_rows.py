"""Decisions, receipts and consents against what the ledger says of them, by a superuser's SQL."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from verifier.identity import erasure
from verifier.ledger.verifying import Report, verify

from ..fixtures import INSTITUTION
from .hospital import Hospital, Terminal, faceless, invent, visit_of

ZHANG, LI = invent(1), invent(2)


@dataclass
class Story:
    """Two people's visits, one refused claim, all sealed."""

    hospital: Hospital
    zhang: str

    def verified(self) -> Report:
        keyring = self.hospital.keyring
        key = keyring.checkpoint_key
        with self.hospital.database.app.connect() as conn:
            return verify(conn, INSTITUTION, {key.kid or "": key}.get, keyring=keyring)

    def codes(self) -> list[str]:
        return [finding.code for finding in self.verified().findings]

    def as_owner(self, *statements: str) -> None:
        with self.hospital.database.owner.begin() as conn:
            for statement in statements:
                assert conn.execute(text(statement)).rowcount > 0, statement


@pytest.fixture
def story(hospital: Hospital, terminal: Terminal) -> Story:
    zhang = hospital.enrol(ZHANG)
    hospital.enrol(LI)
    assert terminal.decide(visit_of(ZHANG)).decision.outcome == "accepted"
    assert terminal.decide(visit_of(LI)).decision.outcome == "accepted"
    assert terminal.decide(visit_of(ZHANG, LI.face)).decision.outcome == "rejected"
    assert terminal.refused(faceless(ZHANG), legal_basis=None) == "legal_basis.missing"
    hospital.site.sealer.seal()
    return Story(hospital, zhang)


def test_what_happened_verifies(story: Story) -> None:
    report = story.verified()
    assert report.ok
    assert report.entries >= 6
    assert report.proved == report.entries


REJECTED = "outcome = 'rejected'"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (
            (
                "UPDATE decisions SET body = jsonb_set(body, '{comparison,score}', '0.9') "
                f"WHERE {REJECTED}"
            ),
            "decision.changed",
        ),
        (
            (
                "UPDATE decisions SET body = jsonb_set(body, '{reasons}', '[\"no_match\"]') "
                f"WHERE {REJECTED}"
            ),
            "decision.changed",
        ),
        (f"UPDATE decisions SET outcome = 'accepted' WHERE {REJECTED}", "decision.changed"),
        ("UPDATE decisions SET person = NULL WHERE person IS NOT NULL", "decision.changed"),
        (
            f"UPDATE decisions SET decided_at = decided_at - interval '1 day' WHERE {REJECTED}",
            "decision.changed",
        ),
        ("UPDATE decisions SET purpose = 'dispensing'", "decision.changed"),
        ("UPDATE decisions SET claim_digest = repeat('A', 43)", "decision.changed"),
        (
            "UPDATE decisions SET refusal_code = 'claim.malformed' WHERE outcome = 'refused'",
            "decision.changed",
        ),
        ("DELETE FROM decisions WHERE outcome = 'refused'", "decision.removed"),
        (
            f"DELETE FROM receipts WHERE decision IN (SELECT id FROM decisions WHERE {REJECTED})",
            "receipt.removed",
        ),
        ("UPDATE receipts SET compact = compact || 'A'", "receipt.changed"),
        ("UPDATE consents SET notice_version = '2020-01'", "consent.changed"),
        ("UPDATE consents SET given_at = given_at - interval '1 day'", "consent.changed"),
        ("UPDATE consents SET evidence = 'form 9'", "consent.changed"),
        ("UPDATE consents SET withdrawn_at = now()", "consent.changed"),
    ],
)
def test_a_row_that_was_touched_is_named(story: Story, statement: str, code: str) -> None:
    story.as_owner(statement)
    report = story.verified()
    assert {finding.code for finding in report.findings} == {code}
    assert report.first is not None
    assert report.first.seq is not None


def test_a_consent_that_was_removed_is_named(story: Story) -> None:
    story.as_owner("DELETE FROM templates", "DELETE FROM consents")
    assert set(story.codes()) == {"consent.removed"}


def swap(table: str, column: str) -> str:
    """Exchange this column between the two oldest rows of accepted decisions."""
    return (
        "WITH two AS (SELECT r.id, row_number() OVER (ORDER BY d.decided_at) AS n, "
        f"r.{column} AS value FROM {table} AS r JOIN decisions AS d ON d.id = "
        f"{'r.decision' if table == 'receipts' else 'r.id'} WHERE d.outcome = 'accepted') "
        f"UPDATE {table} AS r SET {column} = other.value FROM two AS own, two AS other "
        "WHERE r.id = own.id AND other.n = 3 - own.n"
    )


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (swap("receipts", "compact"), "receipt.changed"),
        (swap("decisions", "body"), "decision.changed"),
        (swap("decisions", "person"), "decision.changed"),
    ],
)
def test_rows_that_changed_places_are_found(story: Story, statement: str, code: str) -> None:
    story.as_owner(statement)
    assert story.codes() == [code, code]


def test_rows_that_were_put_in_are_found(story: Story) -> None:
    story.as_owner(
        "INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at) "
        "SELECT repeat('C', 22), terminal, purpose, visit, 'spent', issued_at, expires_at "
        "FROM challenges LIMIT 1",
        "INSERT INTO decisions (id, institution, terminal, challenge, claim_digest, visit, purpose,"
        " outcome, body, decided_at) SELECT repeat('D', 22), institution, terminal, "
        "repeat('C', 22), claim_digest, visit, purpose, 'accepted', body, decided_at "
        "FROM decisions LIMIT 1",
        "INSERT INTO consents (id, institution, person, kind, notice_version, given_at, evidence) "
        "SELECT repeat('E', 22), institution, person, kind, notice_version, given_at, evidence "
        "FROM consents LIMIT 1",
    )
    assert sorted(story.codes()) == ["consent.added", "decision.added"]


def test_a_withdrawal_and_an_erasure_leave_a_ledger_that_verifies(story: Story) -> None:
    hospital = story.hospital
    with hospital.database.app.begin() as conn:
        erasure.erase(conn, hospital.gallery, story.zhang)
    hospital.site.sealer.seal()
    assert story.verified().ok


def test_a_withdrawal_that_was_undone_is_found(story: Story) -> None:
    with story.hospital.database.app.begin() as conn:
        erasure.withdraw(conn, story.hospital.gallery, story.zhang)
    story.hospital.site.sealer.seal()
    story.as_owner(f"UPDATE consents SET withdrawn_at = NULL WHERE person = '{story.zhang}'")
    assert story.codes() == ["consent.changed"]


def test_the_claims_of_a_copied_terminal_verify_as_what_they_got(
    hospital: Hospital, terminal: Terminal, story: Story
) -> None:
    terminal.decide(faceless(ZHANG))
    copy = terminal.copy()
    terminal.decide(faceless(ZHANG))
    assert copy.refused(faceless(ZHANG)) == "terminal.clone_suspected"
    hospital.site.sealer.seal()
    assert story.verified().ok


def test_entries_say_nothing_of_scores_or_of_how_a_consent_was_given(story: Story) -> None:
    with story.hospital.database.app.connect() as conn:
        ledger = "\n".join(str(body) for body in conn.scalars(text("SELECT body FROM ledger")))
    assert "score" not in ledger
    assert "form 1" not in ledger
    assert ZHANG.number not in ledger
