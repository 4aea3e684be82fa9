"""How long the page of figures takes to read: 30 days of 5,000 visits, and a year of them.

Rows are inserted in bulk and read on a warm store as a verifier reads them: one connection, one
page at a time, each of the page's questions in turn. Decisions are as long as real ones. Beside the
time on the clock stands the processor's time in PostgreSQL, which others at work change less.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from models.types import PackInfo
from verifier.figures import counters, enrolled, erasures, machines, scores, visits
from verifier.figures.asked import Asked
from verifier.store.database import Database, open_database

from . import claims_world as world
from .record import recording

SEED = 33
BUDGET_S = 1.0
TIMES = 7
PACK = PackInfo(name="bench", digest="A" * 43, dim=128, commercial_use=True)

_FILL = (
    """
INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at, spent_at)
SELECT 'chal' || lpad(n::text, 18, '0'), (:terminals)[1 + n % :machines], 'settlement',
       'visi' || lpad((n - (n % 10 = 0)::int)::text, 18, '0'), 'spent', at, at, at
FROM (SELECT n, CAST(:since AS timestamptz) + (n::float8 / :rows) * :days * interval '1 day' AS at
      FROM generate_series(1, :rows) AS n) AS made
""",
    """
INSERT INTO decisions (id, institution, terminal, challenge, claim_digest, visit, purpose, outcome,
                       refusal_code, assurance, body, notice_version, consent, touched_at,
                       decided_at)
SELECT 'deci' || lpad(n::text, 18, '0'), :mine, c.terminal, c.id, rpad(n::text, 43, 'D'), c.visit,
  CASE n % 4 WHEN 0 THEN 'settlement' WHEN 1 THEN 'dispensing' ELSE 'outpatient_registration' END,
  CASE WHEN n % 50 = 7 THEN 'refused' WHEN n % 20 = 3 THEN 'refer' WHEN n % 33 = 5 THEN 'rejected'
       WHEN n % 40 = 9 THEN 'retry' ELSE 'accepted' END,
  CASE WHEN n % 50 = 7 THEN 'capture.undecodable' END, 'card+face',
  CASE WHEN n % 50 = 7 THEN jsonb_build_object('type', 'about:blank', 'title', repeat('t', 80),
    'status', 422, 'detail', repeat('d', 90), 'code', 'capture.undecodable') ELSE
  jsonb_build_object('id', 'deci' || lpad(n::text, 18, '0'), 'visit', c.visit, 'purpose',
    'settlement', 'outcome', 'accepted', 'reasons', CASE WHEN n % 20 = 3 THEN
    '["card_unauthenticated","not_enrolled"]'::jsonb WHEN n % 33 = 5 THEN '["face_differs"]'::jsonb
    ELSE '[]'::jsonb END, 'assurance', 'card+face', 'next_steps',
    '["counter","self_pay_or_treat_first"]'::jsonb, 'enrolment_offered', false, 'comparison',
    jsonb_build_object('score', ((n * 7919) % 1000) / 1000.0, 'threshold', CASE WHEN n * 2 > :rows
    THEN 0.363 ELSE 0.401 END, 'fmr', 0.0001, 'extrapolated', false), 'identification', NULL,
    'liveness', 'not_assessed', 'calibration', 'opencv-zoo-1', 'simulated', false, 'decided_at',
    c.spent_at, 'claim_digest', rpad(n::text, 43, 'D')) END,
  '2025-11', 'separate', c.spent_at, c.spent_at
FROM generate_series(1, :rows) AS n
JOIN challenges AS c ON c.id = 'chal' || lpad(n::text, 18, '0')
""",
    """
INSERT INTO ledger (institution, kind, at, body, leaf)
SELECT institution, 'claim.decided', decided_at, jsonb_build_object('decision', id, 'challenge',
       challenge, 'claim', claim_digest, 'visit', visit, 'terminal', terminal, 'pad',
       repeat('p', 500)), claim_digest FROM decisions
""",
    """
INSERT INTO counter_items (id, institution, number, origin, visit, purpose, terminal, state,
                           happened_at, entered_at, due_at)
SELECT 'item' || lpad(n::text, 18, '0'), :mine, n::text, 'terminal',
       'visi' || lpad(n::text, 18, '0'), 'settlement', (:terminals)[1 + n % :machines], 'left', at,
       at, at
FROM (SELECT n, CAST(:since AS timestamptz) + (n::float8 / :rows) * :days * interval '1 day' AS at
      FROM generate_series(3, :rows, 20) AS n) AS made
""",
    """
INSERT INTO people (id, institution, state, synthetic, suite, created_at, updated_at)
SELECT 'bench' || lpad(n::text, 17, '0'), :mine, 'confirmed', false, 'intl', now(), now()
FROM generate_series(1, :people) AS n
""",
    """
INSERT INTO templates (id, gallery, person, samples, quality, vector_sealed, synthetic, created_at)
SELECT 'temp' || lpad(n::text, 18, '0'), (SELECT id FROM galleries LIMIT 1),
       'bench' || lpad(n::text, 17, '0'), 3, 0.9, decode(repeat('00', 540), 'hex'), false, now()
FROM generate_series(1, :people) AS n
""",
    """
INSERT INTO ledger (institution, kind, at, body, leaf)
SELECT :mine, 'template.enrolled', CAST(:since AS timestamptz)
       + (n::float8 / :people) * :days * interval '1 day', jsonb_build_object('template',
       'temp' || lpad(n::text, 18, '0'), 'person', 'bench' || lpad(n::text, 17, '0'), 'samples', 3),
       rpad(n::text, 43, 'E') FROM generate_series(1, :people) AS n
""",
    "ANALYZE challenges, decisions, ledger, counter_items, people, templates, terminals",
)


@dataclass(frozen=True)
class Load:
    """How much there is."""

    days: int
    a_day: int
    people: int
    machines: int = 24

    @property
    def rows(self) -> int:
        """Decisions."""
        return self.days * self.a_day


def main() -> None:
    """Measure and write `benchmarks/results/figures.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--a-day", type=int, default=5000)
    parser.add_argument("--people", type=int, default=90_000)
    said = parser.parse_args()
    load = Load(said.days, said.a_day, said.people)
    command = (
        f"python -m benchmarks.figures --days {load.days} --a-day {load.a_day} "
        f"--people {load.people}"
    )
    temporary = tempfile.TemporaryDirectory(prefix="shualian-bench-")
    with recording("figures", command, SEED, said.out) as record, temporary as folder:
        record.figures = _measured(Path(folder), load)
    print(json.dumps(record.figures, indent=2))


def _measured(folder: Path, load: Load) -> dict[str, Any]:
    settings = world.settings(folder)
    world.furnish(settings, PACK, [])
    names = [name for name, _ in world.register_terminals(settings, load.machines)]
    last = datetime.now(UTC).date() - timedelta(days=1)
    whole = Asked(last - timedelta(days=load.days - 1), last)
    with open_database(settings) as database:
        with database.owner.begin() as conn:
            _fill(conn, load, names, whole)
        with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM decisions"))  # as autovacuum does in the days meanwhile
        day = Asked(last, last)
        narrow = Asked(whole.first, last, purpose="settlement", terminal=names[0])
        return {
            "decisions": load.rows,
            "people": load.people,
            "terminals": load.machines,
            "whole_range": _page(database, whole),
            "one_terminal": _page(database, narrow),
            "one_day": _page(database, day),
            "budget_s": BUDGET_S,
            "load_1m": round(os.getloadavg()[0], 1),
        }


def _fill(conn: Connection, load: Load, names: list[str], whole: Asked) -> None:
    conn.execute(text("SET LOCAL statement_timeout = 0"))
    bound = {
        "mine": world.INSTITUTION,
        "rows": load.rows,
        "days": load.days,
        "since": whole.since,
        "people": load.people,
        "machines": load.machines,
    }
    array = "ARRAY[" + ",".join(f"'{name}'" for name in names) + "]"
    for statement in _FILL:
        told = statement.replace("(:terminals)", f"({array})")
        needed = {name: value for name, value in bound.items() if f":{name}" in told}
        conn.execute(text(told), needed)


def _page(database: Database, asked: Asked) -> dict[str, Any]:
    """Milliseconds: the whole page, and each of its questions; medians of some turns."""
    mine, at = world.INSTITUTION, datetime.now(UTC)
    questions: dict[str, Callable[[Connection], object]] = {
        "visits": lambda conn: visits.visits(conn, mine, asked),
        "answers": lambda conn: visits.reasons(visits.answers(conn, mine, asked)),
        "scores": lambda conn: scores.scores(conn, mine, asked),
        "policies": lambda conn: scores.policies(conn, mine, asked),
        "machines": lambda conn: machines.machines(conn, mine, asked, []),
        "counter": lambda conn: counters.at_counter(conn, mine, asked),
        "enrolled": lambda conn: enrolled.enrolled(conn, mine, asked, at),
        "erasures": lambda conn: erasures.erasures(conn, mine, asked),
    }
    took: dict[str, list[float]] = {name: [] for name in ("page", "processor", *questions)}
    for turn in range(TIMES + 1):
        with database.app.connect() as conn:
            backend = int(conn.scalar(text("SELECT pg_backend_pid()")) or 0)
            begun, worked = time.perf_counter(), _worked_s(backend)
            for name, ask in questions.items():
                before = time.perf_counter()
                ask(conn)
                if turn:
                    took[name].append(time.perf_counter() - before)
            if turn:
                took["page"].append(time.perf_counter() - begun)
                took["processor"].append(_worked_s(backend) - worked)
    return {
        "days": asked.days,
        "until": asked.last.isoformat(),
        **{f"{name}_ms": round(1000 * statistics.median(each), 1) for name, each in took.items()},
        "page_best_ms": round(1000 * min(took["page"]), 1),
        "page_worst_ms": round(1000 * max(took["page"]), 1),
    }


def _worked_s(process: int) -> float:
    """Seconds of processor that a process of this machine has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
