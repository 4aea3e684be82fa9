"""Batch enrolment from the pages with the whole system running: `python -m benchmarks.batch`.

Starts the demo hospital (verifier, PostgreSQL, a terminal with its simulated camera, 2,000 people),
hands a table and a ZIP over through the staff's pages, starts the batch, kills its process once
with SIGKILL, and waits for the end. Pictures are those of `faces/lfw-grey` with a border (they are
cut close) at 480 x 480, 400 that the quality gate lets pass, used again and again with bytes behind
them that change nothing; whoever has the same face is named as told apart, so that each row is
judged, searched for among everybody, and enrolled. Figures are counts and times alone.
"""

import argparse
import base64
import functools
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from codes.id_number import check_digit
from enroll.batch.spool import PART_BYTES
from enroll.errors import PersonRefused
from enroll.photos import Photo
from enroll.samples import samples_of
from models.engine import load_engine
from shualian.demo import hospital
from verifier.protocol.values import from_b64url, now
from verifier.trust.accounts import accounts, second_factor
from verifier.trust.accounts.roles import Role

from .record import recording

SHARED = Path(os.environ.get("SHUALIAN_SHARED", Path(__file__).parents[2] / "shared"))
PICTURES = 400
PASSWORD = "Sunny-Harbour-27"
HEADER = "number,name,photo,consent,notice_version,consented_at,look_alike"
BROWSER = {"origin": "null", "sec-fetch-site": "same-origin"}


def main(rows: int, seed: int, out: Path | None) -> None:
    """Run it once and write `benchmarks/results/batch.json`."""
    command = f"python -m benchmarks.batch --rows {rows}"
    with recording("batch", command, seed, out) as record, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        table, photos = handed(rows, seed)
        ports = free_port(), free_port()
        system = started(place, ports)
        try:
            record.figures = measured(place, ports[0], table, photos, rows)
        finally:
            system.send_signal(signal.SIGINT)
            system.wait(60)
    print(json.dumps(record.figures, indent=2))


def handed(rows: int, seed: int) -> tuple[bytes, bytes]:
    """A table and a ZIP."""
    pictures = sorted((SHARED / "faces" / "lfw-grey").glob("*.jpg"))
    random.Random(seed).shuffle(pictures)
    pictures = usable(pictures, min(rows, PICTURES))
    numbers = [numbered(index) for index in range(rows)]
    people = {path: path.name.rpartition("_")[0] for path in pictures}
    lines, before, made = [HEADER], {}, io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for index, number in enumerate(numbers):
            picture = pictures[index % len(pictures)]
            same = before.setdefault(people[picture], [])
            data = portrait(picture) + b"\0" * (index // len(pictures))
            archive.writestr(f"{index}.jpg", data)
            said = f"{number},张{index},{index}.jpg,单独同意,2025-11,2025-11-03 09:30"
            lines.append(f"{said},{';'.join(same[:200])}")
            same.append(number)
    return "\n".join(lines).encode(), made.getvalue()


def usable(pictures: list[Path], most: int) -> list[Path]:
    """So many pictures that the quality gate lets pass: a refused one would cost less."""
    engine, found = load_engine(), list[Path]()
    for picture in pictures:
        try:
            samples_of(engine, [Photo(picture.name, portrait(picture))])
        except PersonRefused:
            continue
        found.append(picture)
        if len(found) == most:
            break
    return found


@functools.cache
def portrait(path: Path) -> bytes:
    """The picture with room around the face, as a camera would have taken it; a JPEG."""
    picture = cv2.imread(str(path))
    side = max(picture.shape[:2]) // 3
    wide = cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_REPLICATE)
    done, data = cv2.imencode(".jpg", cv2.resize(wide, (480, 480)))
    assert done
    return bytes(data)


def numbered(index: int) -> str:
    """A number in a region that no province has."""
    first = f"990101{1940 + index // 10_000}{1 + index // 700 % 12:02d}{1 + index % 28:02d}"
    first += f"{index // 28 % 900 + 1:03d}"
    return first + check_digit(first)


def started(folder: Path, ports: tuple[int, int]) -> "subprocess.Popen[bytes]":
    """The whole system, answering."""
    command = [sys.executable, "-m", "shualian", "run"]
    options = ["--verifier-port", str(ports[0]), "--page-port", str(ports[1])]
    env = {**os.environ, "SHUALIAN_DATA": str(folder)}
    process = subprocess.Popen([*command, *options], env=env, stdout=subprocess.DEVNULL)
    for port, path in zip(ports, ("readyz", ""), strict=True):
        deadline = time.monotonic() + 300
        while not answers(f"http://127.0.0.1:{port}/{path}"):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit("the system does not start")
            time.sleep(0.5)
    return process


def measured(folder: Path, port: int, table: bytes, photos: bytes, rows: int) -> dict[str, Any]:
    """Hand over, start, kill once, wait."""
    http = signed_in(folder, port)
    pulse = Pulse(f"http://127.0.0.1:{port}/readyz")
    begun = time.perf_counter()
    batch = handed_over(http, table, photos)
    sent = time.perf_counter()
    pulse.start()
    act(http, batch, "start")
    outcomes, killed_at = followed(http, batch, rows)
    took = time.perf_counter() - sent
    return {
        "rows": rows,
        "pictures_bytes": len(photos),
        "hand_over_s": round(sent - begun, 2),
        "batch_s": round(took, 2),
        "photos_per_second": round(rows / took, 2),
        "killed_once_after_rows": killed_at,
        "outcomes": outcomes,
        "rows_reported": sum(outcomes.values()),
        "readyz_ms_while_at_work": pulse.ended(),
        "load_average_at_end": os.getloadavg()[0],
        "what": "from the click on start to the end, one SIGKILL of the batch's process and its "
        "start again included; verifier, PostgreSQL and a terminal with its camera run beside it",
    }


def signed_in(folder: Path, port: int) -> httpx.Client:
    """A clerk's session."""
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, headers=BROWSER)
    with_hospital = hospital.open_hospital(folder, port)
    with with_hospital.database.app.begin() as conn:
        made = accounts.create(conn, with_hospital.keyring, hospital.INSTITUTION, "g9001", now())
        accounts.grant(conn, hospital.INSTITUTION, made.account, Role.ENROLMENT_CLERK, now())
    with_hospital.close()
    answer = http.post("/v1/activation", json={"code": made.code, "password": PASSWORD}).json()
    found = re.search(r"secret=([A-Z2-7]+)", answer["uri"])
    assert found is not None
    secret = base64.b32decode(found[1] + "=" * (-len(found[1]) % 8))
    code = second_factor.code_at(secret, now())
    http.post("/v1/activation/confirmation", json={"code": made.code, "totp": code})
    while second_factor.code_at(secret, now()) == code:
        time.sleep(1)  # a code counts once
    said = {"login": "g9001", "password": PASSWORD, "totp": second_factor.code_at(secret, now())}
    http.cookies.set("session", http.post("/v1/sessions", json=said).json()["token"])
    return http


def handed_over(http: httpx.Client, table: bytes, photos: bytes) -> str:
    """As the page does it; the batch."""
    sizes = {"table_bytes": str(len(table)), "photo_bytes": str(len(photos))}
    batch = str(http.post("/console/batches", data=sizes | token(http)).json()["batch"])
    for what, data in (("table", table), ("photos", photos)):
        for index in range(-(-len(data) // PART_BYTES)):
            part = data[index * PART_BYTES : (index + 1) * PART_BYTES]
            fields = {"what": what, "index": str(index)} | token(http)
            path = f"/console/batches/{batch}/parts"
            assert http.post(path, data=fields, files={"part": ("p", part)}).status_code == 204
    act(http, batch, "look")
    return batch


def act(http: httpx.Client, batch: str, what: str) -> None:
    """One button."""
    answer = http.post(f"/console/batches/{batch}/{what}", data=token(http))
    assert answer.status_code == 303, answer.text


def token(http: httpx.Client) -> dict[str, str]:
    """Of the page's forms."""
    found = re.search(r'name="form_token" value="([^"]+)"', http.get("/console/batches").text)
    assert found is not None
    assert from_b64url(found[1])
    return {"form_token": found[1]}


def followed(http: httpx.Client, batch: str, rows: int) -> tuple[dict[str, int], int]:
    """To the end, with one kill after a third."""
    killed = 0
    while True:
        time.sleep(1)
        text = http.get(f"/console/batches/{batch}/progress").text
        done = int((re.search(r'class="far" max="\d+" value="(\d+)"', text) or [0, "0"])[1])
        if not killed and done > rows // 3:
            killed, worker = done, worker_of(batch)
            os.kill(worker, signal.SIGKILL)
        if "data-live" not in text:
            break
    report = http.get(f"/console/batches/{batch}/report?kind=csv").content.decode("utf-8-sig")
    lines = report.splitlines()[1:]
    codes = (line.split(",")[2] or line.split(",")[1].split()[-1] for line in lines)
    return dict(Counter(codes)), killed


def worker_of(batch: str) -> int:
    """The process at work on it."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if batch.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
        except OSError:
            continue
    raise SystemExit("nobody is at work")


class Pulse:
    """How long the verifier takes to answer while a batch is at work."""

    def __init__(self, url: str) -> None:
        self._url, self._times = url, list[float]()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ended(self) -> dict[str, float]:
        """Milliseconds."""
        self._end.set()
        self._thread.join()
        p50, p99 = np.percentile(np.array(self._times) * 1e3, [50, 99])
        return {"count": len(self._times), "p50": round(p50, 1), "p99": round(p99, 1)}

    def _beat(self) -> None:
        with httpx.Client(timeout=60) as http:
            while not self._end.wait(0.25):
                begun = time.perf_counter()
                http.get(self._url)
                self._times.append(time.perf_counter() - begun)


def answers(url: str) -> bool:
    """Whether somebody is there."""
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.HTTPError:
        return False


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    main(given.rows, given.seed, given.out)
