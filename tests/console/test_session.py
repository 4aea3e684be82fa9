"""Signing in and out on the pages, without a browser."""

import pytest

from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import Member, invited, member
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to


@pytest.fixture
def wang(hospital: Hospital) -> Member:
    """A system administrator with an account."""
    return member(hospital, "g0001", Role.SYSTEM_ADMIN)


def test_who_is_not_signed_in_is_led_to_the_form_and_back(hospital: Hospital, wang: Member) -> None:
    desk = Desk(hospital)
    way = leads_to(desk.get("/console/accounts?number=g1"))
    assert way == "/console/sign-in?back=%2Fconsole%2Faccounts%3Fnumber%3Dg1"
    assert 'value="/console/accounts?number=g1"' in desk.get(way).text
    assert desk.sign_in(wang, back="/console/accounts?number=g1").headers["location"] == (
        "/console/accounts?number=g1"
    )
    assert desk.get("/console/accounts").status_code == 200
    assert "系统管理员" in desk.get("/console").text
