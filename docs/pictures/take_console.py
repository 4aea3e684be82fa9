"""Take pictures of the staff's pages: `python -m docs.pictures.take_console FOLDER`.

A hospital of invented people is put up, with somebody of every role before a real browser; each
page of each one's navigation is taken in both languages at three sizes. With a second folder
(`docs/console`) the pages that the documents show are laid there, Chinese beside English. Nobody's
photograph is on any of them.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from console.app import mount
from tests.console.browser import Screen, a_screen
from tests.console.ward import populated
from tests.verifier import fixtures
from tests.verifier.serving.his_feed import Feeder, item
from tests.verifier.serving.hospital import Hospital, invent, open_hospital, visit_of
from tests.verifier.serving.inpatients import at
from tests.verifier.serving.staff import member
from verifier.identity import galleries, institutions
from verifier.presence import wards
from verifier.presence.rules import WardKind
from verifier.store.database import open_embedded
from verifier.trust.accounts.roles import PERMISSIONS, Role
from verifier.trust.keys import KeyRing

WIDTH, TALL = 700, 0.8
"""Pixels of one language's half, and the most of a page's height for its width."""

SHOWN = {
    "board": "console-practice",
    "reviews": "console-practice-reviews",
    "roster": "console-roster",
    "fences": "console-fences",
    "reconcile": "console-practice-reconcile",
    "enrol": "console-enrol",
    "counter": "console-counter",
    "visits": "console-visits",
    "calibration": "console-calibration",
    "figures": "console-figures",
    "ratings": "console-ratings",
    "watch": "console-watch",
    "rights": "rights",
    "training": "training",
}
WARD = [("beds", "/console/ward/beds?ward=3病区"), ("bed", ".ward-beds a >> nth=0")]
"""A nurse's phone: a ward, and one bed."""
SIZES = {"phone": (390, 844), "laptop": (1366, 768), "desk": (1920, 1080)}


@contextmanager
def a_hospital() -> Iterator[Hospital]:
    """The demo institution with its pages, on a server of its own."""
    keyring, server = KeyRing.new(), fixtures.embedded_server()
    with open_embedded(fixtures.joined(server), "pictures") as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, fixtures.INSTITUTION, "演示医院", demo=True)
            gallery = galleries.open_gallery(conn, keyring, fixtures.INSTITUTION, fixtures.PACK)
        with (
            tempfile.TemporaryDirectory() as folder,
            open_hospital(database, keyring, gallery, data=Path(folder) / "d") as hospital,
        ):
            mount(hospital.http.app, hospital.site)
            yield hospital
            hospital.http.app.state.grounds.close()


def a_day(hospital: Hospital) -> None:
    """Practitioners of every status, expected visits, and people whom a terminal referred."""
    populated(hospital)
    people = [invent(n, name) for n, name in enumerate(("张甲", "李乙", "王丙", "赵丁"), 1)]
    feeder = Feeder(hospital)
    for n, person in enumerate(people):
        feeder.put("appointments", item(person, f"A-{n}"))
        lies = {"ward": "3病区", "bed": f"{n + 1}床", "valid_to": None}
        feeder.put("inpatients", item(person, f"Z-{n}", **lies))
    terminal = hospital.terminal(["settlement", "dispensing"])
    for person, other in pairwise(people):
        hospital.enrol(person)
        terminal.decide(visit_of(person, other.face), "dispensing")


def take(screen: Screen, folder: Path, name: str) -> None:
    """One page in both languages; where it is longer than the window, all of it."""
    address = screen.page.url
    for language in ("en", "zh"):
        screen.speak(language)
        screen.page.goto(address)
        screen.page.screenshot(path=folder / f"{name}-{language}.png", full_page=True)


def take_ward(chromium: str, hospital: Hospital, folder: Path) -> None:
    """A nurse's phone at ten in the morning, whatever the time is."""
    hospital.clock.ahead = at(10) - datetime.now(UTC)
    admin = member(hospital, "w0001", Role.HOSPITAL_ADMIN)
    with hospital.database.app.begin() as conn:
        kind = WardKind.ORDINARY
        wards.state(conn, fixtures.INSTITUTION, "3病区", kind, admin.account, at(8), "心内科病区")
    nurse = member(hospital, "w0002", Role.WARD_NURSE)
    with a_screen(chromium, hospital, SIZES["phone"]) as screen:
        screen.sign_in(nurse)
        screen.open(WARD[0][1])
        take(screen, folder, "ward-beds")
        screen.page.click(WARD[1][1])
        take(screen, folder, "ward-bed")
    shots = [cv2.imread(str(folder / f"ward-{page}-{language}.png"))
             for language in ("zh", "en") for page, _ in WARD]  # fmt: skip
    tall = max(len(shot) for shot in shots)
    padded = [cv2.copyMakeBorder(shot, 0, tall - len(shot), 0, 10, cv2.BORDER_CONSTANT,
                                 value=(255, 255, 255)) for shot in shots]  # fmt: skip
    cv2.imwrite(str(folder / "ward.png"), np.hstack(padded), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def take_rights_and_training(chromium: str, hospital: Hospital, folder: Path) -> None:
    """One person's rights before an administrator, and a clerk who has begun to practise."""
    hospital.clock.ahead = timedelta()
    admin = member(hospital, "w0003", Role.HOSPITAL_ADMIN)
    with a_screen(chromium, hospital, SIZES["laptop"]) as screen:
        screen.sign_in(admin)
        screen.open("/console/rights")
        screen.page.fill("#number", invent(1).number)
        screen.page.click("main form button")
        screen.page.wait_for_selector("form[action$='/copy']")
        take(screen, folder, "rights-laptop")
    clerk = member(hospital, "w0004", Role.ENROLMENT_CLERK)
    with a_screen(chromium, hospital, SIZES["laptop"]) as screen:
        screen.sign_in(clerk)
        screen.open("/console/training")
        screen.page.click("main form button")
        screen.page.wait_for_selector(".training-band")
        take(screen, folder, "training-laptop")


def lay_out(shots: Path, folder: Path) -> None:
    """For each page of the documents one picture in both languages."""
    shutil.copy(shots / "ward.png", folder / "ward.png")
    for name, page in SHOWN.items():
        both = []
        for language in ("zh", "en"):
            shot = cv2.imread(str(shots / f"{page}-laptop-{language}.png"))
            wide = shot[: round(shot.shape[1] * TALL)]
            height = round(wide.shape[0] * WIDTH / wide.shape[1])
            both.append(cv2.resize(wide, (WIDTH, height), interpolation=cv2.INTER_AREA))
        tall = min(len(each) for each in both)
        pair = np.hstack([both[0][:tall], np.full((tall, 10, 3), 255, np.uint8), both[1][:tall]])
        cv2.imwrite(str(folder / f"{name}.png"), pair, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def main(folder: Path) -> None:
    """Every page that any role finds in its navigation, once a size."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs a browser: apt-get install chromium fonts-noto-cjk")
    with a_hospital() as hospital:
        a_day(hospital)
        # Who may most comes first, so that a room is seen by those for whom it is there.
        roles = sorted(Role, key=lambda role: -len(PERMISSIONS[role]))
        staff = [member(hospital, f"g{n:04}", role) for n, role in enumerate(roles, 1)]
        for size, pixels in SIZES.items():
            seen: set[str] = set()
            with a_screen(chromium, hospital, pixels) as screen:
                for one in staff:
                    screen.open("/console/sign-in")
                    screen.speak("zh")
                    screen.sign_in(one)
                    links = screen.page.locator("nav a")
                    paths = [link.get_attribute("href") or "" for link in links.all()]
                    for path in paths:
                        if path not in seen:
                            seen.add(path)
                            screen.open(path)
                            take(screen, folder, f"{path.strip('/').replace('/', '-')}-{size}")
                    screen.page.context.clear_cookies()
        take_ward(chromium, hospital, folder)
        take_rights_and_training(chromium, hospital, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        lay_out(Path(sys.argv[1]), Path(sys.argv[2]))
