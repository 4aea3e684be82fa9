"""What a HIS waits for: introspection at 200 questions a second, on 5,000 people's 180 days.

Open loop: each question has its moment, and its time counts from there, so a slow answer is not
hidden by asking later. Load generator, verifier and PostgreSQL share the two cores.
"""

import argparse
import json
import random
import socket
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import Connection, text

from models.engine import load_engine
from verifier.protocol import jose
from verifier.protocol.values import new_id
from verifier.receipts.issue import issuer_of
from verifier.store.database import open_database
from verifier.trust import clients

from . import claims_world as world
from .claims import _percentiles, _server
from .claims_load import JSON, _post
from .record import recording

SEED = 21
BUDGET_MS = 20.0
HIS = "his"
PATH = "/v1/practice/introspect"
WARM_S = 3.0

_FILL = (
    """
INSERT INTO people (id, institution, state, synthetic, suite, created_at, updated_at)
SELECT 'bench' || lpad(n::text, 17, '0'), :institution, 'confirmed', true, 'intl', now(), now()
FROM generate_series(1, :people) AS n
""",
    """
INSERT INTO practitioners (person, institution, code, profession, department, created_at)
SELECT 'bench' || lpad(n::text, 17, '0'), :institution, 'D990101' || lpad(n::text, 6, '0'),
       'physician', 'd' || n % 40, now() FROM generate_series(1, :people) AS n
""",
    """
INSERT INTO practice_registrations (id, institution, practitioner, site, basis, practice_right,
                                    document, from_day, recorded_at)
SELECT 'regis' || lpad(n::text, 17, '0'), :institution, 'bench' || lpad(n::text, 17, '0'), NULL,
       'registered', 'independent', '', date '2020-01-01', now()
FROM generate_series(1, :people) AS n
""",
    """
INSERT INTO qualifications (id, institution, practitioner, state, since, source, recorded_at)
SELECT 'quali' || lpad(n::text, 17, '0'), :institution, 'bench' || lpad(n::text, 17, '0'),
       'normal', now() - interval '1 year', 'bench', now() FROM generate_series(1, :people) AS n
""",
    """
INSERT INTO practice_windows (id, institution, practitioner, site, department, state, opened_at,
                              until, closed_at, closed_by, way, liveness, shift, proof, simulated,
                              leaf)
SELECT 'wind' || lpad((n * 1000 + d)::text, 18, '0'), :institution,
       'bench' || lpad(n::text, 17, '0'), 'east', 'd' || n % 40, 'confirmed',
       now() - d * interval '1 day' - interval '4 hours', now() - d * interval '1 day'
       + interval '6 hours', CASE WHEN d > 0 THEN now() - d * interval '1 day'
       + interval '4 hours' END, CASE WHEN d > 0 THEN 'out' END, 'face', 'not_assessed',
       'on_shift', 'surveyed_terminal', false, repeat('A', 43)
FROM generate_series(1, :people) AS n, generate_series(0, :days - 1) AS d
""",
    """
INSERT INTO practice_locks (practice_window, practitioner_key, institution, site, datum, latitude,
                            longitude, since, until, closed_at)
SELECT id, rpad(practitioner, 43, 'K'), institution, 'east', 'wgs84', 30.3, 120.3, opened_at,
       until, closed_at FROM practice_windows
""",
    """
ANALYZE practitioners, practice_registrations, qualifications, practice_windows, practice_locks
""",
)


@dataclass(frozen=True)
class Load:
    """How much is asked."""

    people: int
    days: int
    rate: float
    seconds: float
    connections: int


def main() -> None:
    """Measure and write `benchmarks/results/practice.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--connections", type=int, default=8)
    said = parser.parse_args()
    load = Load(said.people, said.days, said.rate, said.seconds, said.connections)
    command = (
        f"python -m benchmarks.practice --people {load.people} --days {load.days} "
        f"--rate {load.rate:g} --seconds {load.seconds:g} --connections {load.connections}"
    )
    temporary = tempfile.TemporaryDirectory(prefix="shualian-bench-")
    with recording("practice", command, SEED, said.out) as record, temporary as folder:
        record.figures = _measured(Path(folder), load)
    print(json.dumps(record.figures, indent=2))


def _measured(folder: Path, load: Load) -> dict[str, Any]:
    settings, key = world.settings(folder), ECKey.generate_key("P-256")
    world.furnish(settings, load_engine().pack, [])
    with open_database(settings) as database:
        with database.app.begin() as conn:
            public = key.as_dict(private=False)
            clients.register(conn, HIS, world.INSTITUTION, public, ["practice:read"])
        with database.owner.begin() as conn:
            windows = _fill(conn, load)
    with _server(folder, False) as (port, _):
        token = _token(port, key)
        seconds, active = _press(port, token, load)
    found = _percentiles(seconds)
    return {
        "people": load.people,
        "windows": windows,
        "questions": len(seconds),
        "asked_per_s": load.rate,
        "answered_per_s": round(len(seconds) / load.seconds, 1),
        "active": active,
        **found,
        "budget_ms": BUDGET_MS,
        "ratio": round(found["p99_ms"] / BUDGET_MS, 3),
    }


def _fill(conn: Connection, load: Load) -> int:
    conn.execute(text("SET LOCAL statement_timeout = 0"))
    bound = {"institution": world.INSTITUTION, "people": load.people, "days": load.days}
    for statement in _FILL:
        needed = {name: value for name, value in bound.items() if f":{name}" in statement}
        conn.execute(text(statement), needed)
    return int(conn.scalar(text("SELECT count(*) FROM practice_windows")) or 0)


def _token(port: int, key: ECKey) -> str:
    said = {
        "iss": HIS,
        "sub": HIS,
        "aud": issuer_of(world.INSTITUTION),
        "jti": new_id(),
        "exp": int(time.time()) + 120,
    }
    header = {"alg": "ES256", "typ": jose.CLIENT_ASSERTION.typ, "kid": HIS}
    assertion = jws.serialize_compact(header, json.dumps(said).encode(), key)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/token", data=form)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _press(port: int, token: str, load: Load) -> tuple[list[float], int]:
    """Seconds from each question's moment to its answer, after the warm-up; how many were yes."""
    begin = time.perf_counter() + 0.5
    took: list[float] = []
    yes = [0] * load.connections
    guard = threading.Lock()

    def run(mine: int) -> None:
        dice, step = random.Random(SEED + mine), load.connections / load.rate
        found = []
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for turn in range(int((load.seconds + WARM_S) / step)):
                due = begin + (turn + mine / load.connections) * step
                time.sleep(max(0.0, due - time.perf_counter()))
                answer = _post(line, PATH, _question(dice, load), JSON, f"Bearer {token}")
                if due - begin >= WARM_S:
                    found.append(time.perf_counter() - due)
                    yes[mine] += bool(answer["active"])
        with guard:
            took.extend(found)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(load.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, sum(yes)


def _question(dice: random.Random, load: Load) -> bytes:
    """Half of now, half of some moment of the days before."""
    back = timedelta() if dice.random() < 0.5 else timedelta(days=load.days * dice.random())
    at = datetime.now(UTC) - back
    code = f"D990101{dice.randrange(1, load.people + 1):06d}"
    return json.dumps({"code": code, "at": at.isoformat()}).encode()


if __name__ == "__main__":
    main()
