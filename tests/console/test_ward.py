"""在院核验 without a browser: a played hospital's day on the pages, and what they refuse."""

from datetime import UTC, datetime, timedelta
from itertools import groupby

import cv2
import numpy as np
import pytest

from integrations.his.day import WARDS, hospital_day
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.inpatients import NURSE, PHYSICIAN, WARD, Beds, at
from tests.verifier.serving.staff import member
from verifier.presence import stays, wards
from verifier.presence.rules import Found, WardKind
from verifier.protocol.his import Kind
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to

ZHANG = invent(1, "张甲")


def at_work(hospital: Hospital, login: str, role: Role) -> Desk:
    """Somebody signed in."""
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, login, role).token
    return desk


@pytest.fixture
def beds(hospital: Hospital) -> Beds:
    """Ten o'clock; one registered person in bed since yesterday."""
    made = Beds(hospital)
    hospital.register(ZHANG)
    made.admit(ZHANG, "Z-1")
    hospital.clock.ahead = at(10) - datetime.now(UTC)
    return made


@pytest.fixture
def nurse(beds: Beds) -> Desk:
    return at_work(beds.hospital, "n0002", Role.WARD_NURSE)


def bed_of(beds: Beds, stay: str = "Z-1") -> str:
    """Its address."""
    return f"/console/ward/stays/{stays.token(beds.hospital.keyring, INSTITUTION, stay)}"


def test_a_played_day_stands_on_the_pages_by_ward_and_bed(hospital: Hospital) -> None:
    beds = Beds(hospital, None)
    said = [one for one in hospital_day(at(7), 80) if one.kind is Kind.INPATIENTS]
    lie_here = [one for one in said if one.at <= at(7)]
    for _, group in groupby(lie_here, key=lambda one: one.at):
        beds.feeder.put("inpatients", *(dict(one.item) for one in group))
    places = [(one.item["ward"], one.item["bed"]) for one in lie_here]
    assert len(places) == len(set(places)) >= 10, "nobody shares a bed"
    hospital.clock.ahead = at(10) - datetime.now(UTC)
    admin = at_work(hospital, "h0001", Role.HOSPITAL_ADMIN)
    nurse = at_work(hospital, "n0002", Role.WARD_NURSE)
    assert "还没有可核验的病区" in nurse.get("/console/ward").text
    kinds = "/console/ward/kinds"
    for ward in WARDS:
        kind = "ordinary" if ward != "3B" else "icu"
        leads_to(admin.post(kinds, kinds, ward=ward, name=f"{ward}病区", kind=kind))
    shown = nurse.get("/console/ward").text
    assert "3A病区" in shown
    assert "3B病区" not in shown
    assert code(nurse.get("/console/ward/beds?ward=3B")) == "presence.ward"
    page = nurse.get("/console/ward/beds?ward=3A").text
    assert page.count('class="bed"') == sum(ward == "3A" for ward, _ in places)
    assert "数据更新于" in page
    assert "本院未建档" in page


def test_a_bed_is_entered_once_and_its_page_says_so(beds: Beds, nurse: Desk) -> None:
    bed = bed_of(beds)
    said = {"wristband": "Z-1", "nurse": NURSE, "physician": PHYSICIAN}
    form = {"identifier": ["name", "birth"], "form_token": nurse.token(bed)} | said
    to = leads_to(nurse.send(f"{bed}/band", form))
    assert to == f"/console/ward/beds?ward={WARD}"
    again = nurse.send(f"{bed}/band", form)
    assert again.status_code == 409
    assert "今天已经核验" in again.text
    assert "今天已经核验" in nurse.get(bed).text
    assert beds.hospital.count("presence_looks") == 1


@pytest.mark.parametrize("found", ["face", "unsure", "wristband", "undone", "", "away"])
def test_one_touch_enters_no_more_than_it_may(beds: Beds, nurse: Desk, found: str) -> None:
    bed = bed_of(beds)
    refused = code(nurse.post(f"{bed}/found", bed, found=found))
    assert refused in ("form.malformed", "presence.unknown")
    assert beds.hospital.count("presence_looks") == 0


def test_no_frame_is_looked_at_without_a_consent(beds: Beds, nurse: Desk) -> None:
    bed = bed_of(beds)
    done, picture = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))
    assert done
    files = {"frame": ("frame.jpg", picture.tobytes(), "image/jpeg")}
    fields = {"form_token": nurse.token(bed)}
    answer = nurse.send(f"{bed}/frame", fields, files=files)
    # This verifier has no model that sees frames; with one it is the consent that lacks.
    assert code(answer) == "presence.no_face"
    assert leads_to(nurse.get(f"{bed}/face")) == bed


def test_another_s_address_and_another_day_lead_nowhere(beds: Beds, nurse: Desk) -> None:
    assert code(nurse.get("/console/ward/stays/AAAAAAAAAAAAAAAAAAAAAA")) == "presence.unknown"
    assert code(nurse.get("/console/ward/beds?ward=9Z")) == "presence.ward"
    assert code(nurse.post("/console/ward/looks/A/undone", "/console", ward=WARD)) == (
        "presence.unknown"
    )


def test_hints_show_the_his_and_no_member_of_staff(beds: Beds) -> None:
    for when in (at(8, -1), at(13, -1)):
        beds.enter("Z-1", Found.EMPTY, when + timedelta(hours=2))
    office = at_work(beds.hospital, "i0001", Role.INSURANCE_OFFICE)
    auditor = at_work(beds.hospital, "a0001", Role.AUDITOR)
    hints = "/console/ward/hints"
    for page in (office.get(hints).text, auditor.get(hints).text):
        assert "张*" in page
        assert "张甲" not in page
        assert "Z-1" not in page
        assert "n0001" not in page, "whoever looked is nobody's business here"
        assert "医院信息系统" in page
        assert "不是结论" in page
    assert "/explained" not in auditor.get(hints).text
    with beds.hospital.database.app.connect() as conn:
        hint = conn.exec_driver_sql("SELECT id FROM presence_hints").scalar_one()
    leads_to(office.post(f"{hints}/{hint}/explained", hints, cause="leave"))
    assert "已请假" in office.get(hints).text


def test_a_ward_s_kind_is_said_by_the_administrator_and_known_from_then(beds: Beds) -> None:
    admin = at_work(beds.hospital, "h0001", Role.HOSPITAL_ADMIN)
    kinds = "/console/ward/kinds"
    for wrong in ({"kind": "cosy"}, {"kind": "icu", "site": "nowhere"}):
        assert code(admin.post(kinds, kinds, ward=WARD, **wrong)) == "form.malformed"
    leads_to(admin.post(kinds, kinds, ward=WARD, kind="isolation", name=""))
    assert "隔离病区" in admin.get(kinds).text
    with beds.hospital.database.app.connect() as conn:
        assert wards.kind_of(conn, INSTITUTION, WARD) is WardKind.ISOLATION
    assert beds.refused("Z-1", Found.EMPTY, at(10)) == "presence.ward"
