"""The random question on the physician's phone, in a real Chromium that asks again by itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from console.app import mount
from tests.kiosk.browser import PHONE
from tests.verifier.serving.asked import asked, asking_clinic
from tests.verifier.serving.physicians import Clinic, ahead
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .browser import a_screen
from .physician import Physician

pytestmark = pytest.mark.browser

MINUTE_MS = 61_000
NAMES = "演示医院|东院区|心内科|门上|华佗|中文"


@dataclass
class Asking:
    """A physician who is in, with a phone whose page stands open and whose clock the test moves."""

    clinic: Clinic
    physician: Physician

    def a_minute_later(self) -> None:
        """The page asks by itself; what it says then stands."""
        with self.physician.page.expect_response("**/v1/practice/phone/state"):
            self.physician.page.clock.run_for(MINUTE_MS)
        self.physician.settle()

    def card(self) -> str:
        """What stands on top."""
        return str(self.physician.page.inner_text("main > section:first-of-type"))


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """Of the page."""
    return str(request.param)


@pytest.fixture
def asking(
    chromium: str, database: Database, keyring: KeyRing, gallery: Gallery, language: str
) -> Iterator[Asking]:
    with (
        asking_clinic(database, keyring, gallery, by_code=True) as clinic,
        a_screen(chromium, clinic.hospital, PHONE) as screen,
    ):
        mount(clinic.hospital.http.app, clinic.hospital.site)
        physician = Physician(clinic.hospital, clinic.east, clinic.west, clinic.hua, screen)
        screen.page.clock.install()
        physician.enrol()
        screen.speak(language)
        physician.settle()
        yield Asking(clinic, physician)
        assert screen.complaints == []


def test_it_is_said_by_itself_on_top_and_answered_by_the_face(
    asking: Asking, language: str
) -> None:
    page = asking.physician.page
    assert page.locator(".recheck").count() == 0
    opened = asked(asking.clinic)
    asking.a_minute_later()
    title, by = (
        ("请确认您在岗", "请在") if language == "zh" else ("confirm that", "Please do so by")
    )
    said = asking.card()
    assert title in said
    assert by in said
    assert re.search(r"\d\d:\d\d", said)
    assert asking.physician.screen.wrong() == []
    if language == "en":
        assert not re.findall("[一-鿿]+", re.sub(NAMES, "", page.inner_text("body")))
    assert asking.clinic.check(asking.clinic.east).until == opened.until
    asking.a_minute_later()
    assert page.locator(".recheck").count() == 0
    done = "核对已完成" if language == "zh" else "Confirmed."
    assert done in asking.physician.told()


def test_the_site_s_code_answers_it_where_the_policy_allows(asking: Asking, language: str) -> None:
    asked(asking.clinic)
    asking.a_minute_later()
    ahead(asking.clinic, minutes=1)
    page = asking.physician.page
    page.fill("#recheck-code", asking.physician.code())
    page.click(".recheck form button[type=submit]")
    asking.physician.settle()
    assert ("核对已完成" if language == "zh" else "Confirmed.") in asking.physician.told()
    assert asking.physician.count("rechecked_at IS NOT NULL AND until = planned_until") == 1


def test_what_is_typed_stays_while_the_page_asks(asking: Asking) -> None:
    asking.physician.page.fill("#site-code", "4F7K")
    asked(asking.clinic)
    asking.a_minute_later()
    assert asking.physician.page.locator(".recheck").count() == 1
    assert asking.physician.page.input_value("#site-code") == "4F7K"


def test_without_an_answer_the_page_says_what_to_do_next(asking: Asking, language: str) -> None:
    asked(asking.clinic)
    asking.a_minute_later()
    ahead(asking.clinic, minutes=61)
    asking.a_minute_later()
    said = asking.card()
    words = ("没有收到答复", "再签到一次") if language == "zh" else ("was not answered", "check in")
    assert [each for each in words if each not in said] == []
    assert "东院区" in said
    assert asking.physician.screen.wrong() == []
