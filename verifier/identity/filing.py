"""How many people's faces are kept, and the mark at which a hospital must file (令第19号 Art. 15).

Distinct people: one who was merged into another counts once, one who was erased or withdrew not at
all, fillers of the demo's gallery never.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from verifier.ledger import append

WARN, FILE = 80_000, 100_000
REACHED = "filing.mark_reached"
SAID = {
    WARN: "近10万人，请准备备案材料。Close to the mark: prepare the filing.",
    FILE: (
        "已达10万人，应在30个工作日内向省级以上网信部门备案。"
        "File with the provincial cyberspace administration within 30 working days."
    ),
}

_PEOPLE = text("""
SELECT count(DISTINCT p.id) FROM people AS p JOIN templates AS t ON t.person = p.id
WHERE p.institution = :institution AND NOT p.synthetic AND NOT t.synthetic
AND p.state IN ('confirmed', 'provisional')
""")
_KNOWN = text("SELECT body->>'mark' FROM ledger WHERE institution = :institution AND kind = :kind")


@dataclass(frozen=True)
class Filing:
    """Where the institution stands."""

    people: int
    reached: tuple[int, ...]
    """Marks that the number has passed now."""


def count(conn: Connection, institution: str, marks: tuple[int, ...] = (WARN, FILE)) -> Filing:
    """Of this moment."""
    people = int(conn.scalar(_PEOPLE, {"institution": institution}) or 0)
    return Filing(people, tuple(mark for mark in marks if people >= mark))


def note(conn: Connection, institution: str, marks: tuple[int, ...] = (WARN, FILE)) -> list[int]:
    """Enter each mark in the ledger when it is first passed; those that are new."""
    known = set(conn.scalars(_KNOWN, {"institution": institution, "kind": REACHED}))
    found = count(conn, institution, marks)
    new = [mark for mark in found.reached if str(mark) not in known]
    for mark in new:
        append(conn, institution, REACHED, {"mark": mark, "people": found.people})
    return new
