"""What staff see of a HIS: how many are expected, how fresh; notifications and dead letters."""

import re
from datetime import timedelta

import pytest

from console.freshness import OLD, freshness
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.his_feed import Feeder, item
from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.staff import Member, member
from verifier.his import webhooks
from verifier.his.dispatcher import Dispatcher
from verifier.protocol.his import Kind
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import PROVEN

from .browser import SIZES, a_screen
from .desk import Desk, code, leads_to

VISITS, WEBHOOKS = "/console/visits", "/console/webhooks"
ZHANG, LI = invent(1), invent(2, "李四")
HOOK = "http://127.0.0.1:9/his"


def desk_of(hospital: Hospital, someone: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = someone.token
    return desk


def told(hospital: Hospital) -> Feeder:
    feeder = Feeder(hospital)
    feeder.put("appointments", item(ZHANG), item(LI, "A-2", department="外科"))
    feeder.put("inpatients", item(ZHANG, "I-1", ward="3A", bed="01", valid_to=None))
    return feeder


def with_dead_letters(hospital: Hospital, count: int) -> None:
    hospital.site.dispatcher.close()
    parts, at = hospital.site.parts, hospital.clock()
    with hospital.database.app.begin() as conn:
        for _ in range(count):
            webhooks.add(conn, INSTITUTION, HOOK, "operator", at)
    Dispatcher(parts.engine, parts.keyring, INSTITUTION, hospital.clock, delays=()).turn()


def test_the_counter_sees_counts_and_how_fresh_they_are_and_no_person(hospital: Hospital) -> None:
    told(hospital)
    page = desk_of(hospital, member(hospital, "g0001", Role.COUNTER)).get(VISITS).text
    assert re.search(r"<strong>2</strong>", page)
    # With its day where signing in went past midnight.
    assert re.search(r"数据更新于</span> <time [^>]+>(\d\d-\d\d )?\d\d:\d\d</time>", page)
    assert "还没有收到数据" in page, "of admissions nothing was heard"
    assert "外科" in page
    assert "3A" in page
    for personal in (ZHANG.number, ZHANG.name, "A-2", "I-1"):
        assert personal not in page


def test_data_that_are_old_are_said_to_be(hospital: Hospital) -> None:
    told(hospital)
    fresh = freshness(hospital.site, [Kind.APPOINTMENTS, Kind.INPATIENTS])
    assert fresh.heard_at is not None
    assert not fresh.old
    assert freshness(hospital.site, [Kind.DISPENSING]).old
    hospital.clock.ahead += OLD + timedelta(minutes=1)
    assert freshness(hospital.site).old
    page = desk_of(hospital, member(hospital, "g0001", Role.COUNTER)).get(VISITS).text
    assert "已超过30分钟没有更新" in page


def test_an_administrator_adds_pauses_and_removes_an_address(hospital: Hospital) -> None:
    hospital.site.dispatcher.close()
    desk = desk_of(hospital, member(hospital, "g0001", Role.SYSTEM_ADMIN))
    assert leads_to(desk.post(WEBHOOKS, WEBHOOKS, url=HOOK)) == WEBHOOKS
    page = desk.get(WEBHOOKS).text
    assert HOOK in page
    assert "等待 1 条" in page
    (found,) = re.findall(rf'action="{WEBHOOKS}/(\S+)/state" class', page)
    state = f"{WEBHOOKS}/{found}/state"
    assert leads_to(desk.post(state, WEBHOOKS, state="paused")) == WEBHOOKS
    assert "已暂停" in desk.get(WEBHOOKS).text
    assert code(desk.post(state, WEBHOOKS, state="removed")) == "form.malformed", "not sure"
    assert leads_to(desk.post(state, WEBHOOKS, state="removed", sure="yes")) == WEBHOOKS
    assert "还没有通知地址" in desk.get(WEBHOOKS).text
    assert hospital.count("ledger", "kind = 'webhook.changed'") == 3


@pytest.mark.parametrize("url", ["", "http://8.8.8.8/x", "javascript:alert(1)"])
def test_an_address_elsewhere_is_not_taken_and_stays_in_the_form(
    hospital: Hospital, url: str
) -> None:
    desk = desk_of(hospital, member(hospital, "g0001", Role.SYSTEM_ADMIN))
    answer = desk.post(WEBHOOKS, WEBHOOKS, url=url)
    assert answer.status_code == 422
    assert f'value="{url}"' in answer.text
    assert hospital.count("webhooks") == 0


def test_changing_an_address_asks_for_the_password_again(hospital: Hospital) -> None:
    desk = desk_of(hospital, member(hospital, "g0001", Role.SYSTEM_ADMIN))
    hospital.clock.ahead += PROVEN
    assert leads_to(desk.post(WEBHOOKS, WEBHOOKS, url=HOOK)).startswith("/console/proof")


def test_a_dead_letter_is_shown_and_sent_again_with_an_entry(hospital: Hospital) -> None:
    with_dead_letters(hospital, 3)
    desk = desk_of(hospital, member(hospital, "g0001", Role.SYSTEM_ADMIN))
    page = desk.get(WEBHOOKS).text
    letters = re.findall(r'name="delivery" value="([\w-]{22})"', page)
    assert len(letters) == 3
    assert "连接不上对方" in page
    desk.post(f"{WEBHOOKS}/again", WEBHOOKS, delivery=letters[0])
    assert hospital.count("webhook_deliveries", "state = 'dead'") == 2
    desk.post(f"{WEBHOOKS}/again", WEBHOOKS, delivery="all")
    assert hospital.count("webhook_deliveries", "state = 'dead'") == 0
    assert hospital.count("ledger", "kind = 'webhook.resent'") == 2
    answer = desk.post(f"{WEBHOOKS}/again", WEBHOOKS, delivery=letters[0])
    assert code(answer) == "webhook.unknown"


def test_an_auditor_sees_notifications_and_changes_nothing(hospital: Hospital) -> None:
    with_dead_letters(hospital, 1)
    desk = desk_of(hospital, member(hospital, "g0001", Role.AUDITOR))
    page = desk.get(WEBHOOKS).text
    assert HOOK in page
    assert f'action="{WEBHOOKS}' not in page
    assert code(desk.post(f"{WEBHOOKS}/again", "/console", delivery="all")) == "account.forbidden"


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_the_rooms_stand_at_every_size_in_both_languages(
    chromium: str, hospital: Hospital, size: str
) -> None:
    told(hospital)
    with_dead_letters(hospital, 2)
    people = [
        (member(hospital, "g0001", Role.COUNTER), VISITS),
        (member(hospital, "g0002", Role.SYSTEM_ADMIN), WEBHOOKS),
    ]
    for someone, path in people:
        with a_screen(chromium, hospital, SIZES[size]) as screen:
            screen.sign_in(someone)
            for language in ("zh", "en"):
                screen.open(path)
                screen.speak(language)
                assert screen.wrong() == []
        assert screen.complaints == []
