"""A physician with a phone in a real Chromium: a hospital with two sites, a terminal at each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.kiosk.browser import PHONE
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.practice.clinic import Doctor, build, doctor, shift
from tests.verifier.serving.hospital import Hospital, Terminal
from tests.verifier.serving.phones import at_site, invite, shown

from .browser import Screen, a_screen

PAGE = "/console/phone"
STEP = timedelta(seconds=31)
"""After this long a terminal shows another code."""


@dataclass
class Physician:
    """Somebody before a phone's page."""

    hospital: Hospital
    east: Terminal
    west: Terminal
    doctor: Doctor
    screen: Screen

    @property
    def page(self) -> Any:
        """The browser's page."""
        return self.screen.page

    def on_shift(self, hours: float = 8, ago: float = 1, site: str = "east") -> None:
        """A stretch of the roster around now."""
        start = self.hospital.clock() - timedelta(hours=ago)
        with self.hospital.database.app.begin() as conn:
            shift(conn, INSTITUTION, self.doctor, start, hours, site=site)

    def code(self, terminal: Terminal | None = None) -> str:
        """What a terminal shows now."""
        return str(shown(terminal or self.east)["code"])

    def stand(self, point: tuple[float, float] | None, accuracy: float = 20.0) -> None:
        """Where the browser says that the phone is; None: the person gives no position."""
        context = self.page.context
        context.clear_permissions()
        if point is not None:
            context.grant_permissions(["geolocation"])
            place = {"latitude": point[0], "longitude": point[1], "accuracy": accuracy}
            context.set_geolocation(place)

    def open(self) -> None:
        """Look at the page until it stands."""
        self.screen.open("/console/sign-in")
        self.screen.open(PAGE)
        self.settle()

    def enrol(self) -> None:
        """From medical affairs' QR code to a phone that may check in."""
        code = invite(self.hospital, self.doctor.person)
        self.screen.open("/console/sign-in")
        self.screen.open(f"{PAGE}#{code}")
        self.settle()
        assert self.page.input_value("#own-code") == code
        self.page.fill("#site-code", self.code())
        self.press("登记")
        assert "手机已登记" in self.told()
        self.later(STEP)

    def enter(self, code: str | None = None, button: str = "签到") -> str:
        """Type the site's code, touch the button; what the page says."""
        if code is not None:
            self.page.fill("#site-code", code)
        self.press(button)
        return self.told()

    def press(self, button: str) -> None:
        """Touch a button and wait for what follows."""
        self.page.locator("main").get_by_role("button", name=button, exact=True).click()
        self.settle()

    def settle(self) -> None:
        """Nothing is being asked any more."""
        self.page.wait_for_function(
            "() => document.querySelector('#phone > :not(h1):not([role=status]:only-of-type)')"
            " && !document.querySelector('#phone[aria-busy]')"
        )

    def told(self) -> str:
        """The sentence where the eyes are."""
        return str(self.page.inner_text("main > .flash, main > .trouble"))

    def stands(self) -> str:
        """Whether they are in, as the page says it."""
        return str(self.page.inner_text(".stands"))

    def later(self, by: timedelta) -> None:
        """Time goes by at the verifier."""
        self.hospital.clock.ahead += by

    def count(self, where: str = "true") -> int:
        """Windows."""
        return self.hospital.count("practice_windows", where)

    def now(self) -> datetime:
        """The verifier's time."""
        return self.hospital.clock()


@contextmanager
def a_physician(chromium: str, hospital: Hospital) -> Iterator[Physician]:
    """Before a browser of a phone's size, not enrolled yet."""
    with hospital.database.app.begin() as conn:
        build(conn, INSTITUTION)
        hua = doctor(conn, hospital.keyring, INSTITUTION)
    terminals = (at_site(hospital, "east"), at_site(hospital, "west"))
    with a_screen(chromium, hospital, PHONE) as screen:
        yield Physician(hospital, *terminals, hua, screen)
