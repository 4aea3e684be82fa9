"""Ratings and matters over the wire: each counts once, is nobody's, and waits for who must act."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from verifier.api.attempts import Allowance, Attempts
from verifier.api.rating import book_of
from verifier.identity import institutions
from verifier.protocol.desk import DESK
from verifier.protocol.errors import Refused
from verifier.protocol.rating import IntakeBrought, Rating
from verifier.ratings import figures, intakes, taking
from verifier.ratings.figures import Range
from verifier.ratings.rules import there
from verifier.ratings.taking import Sender
from verifier.store.database import open_embedded
from verifier.store.rating_tables import Intake as IntakeRow
from verifier.store.rating_tables import Rating as RatingRow

from ..fixtures import INSTITUTION, dump, embedded_server, joined
from .hospital import Hospital, Terminal
from .raters import Office, Rater, matter, noon, rating

OTHER = "H99010100002"
SECRET, PHONE = "药房的叫号屏看不见", "13900000000"


@pytest.fixture
def rater(hospital: Hospital) -> Rater:
    return Rater(hospital)


def rows(hospital: Hospital, table: str = "ratings") -> list[Any]:
    with hospital.database.app.connect() as conn:
        return list(conn.execute(text(f"SELECT * FROM {table}")).mappings())


def test_a_rating_counts_once_however_often_it_comes(rater: Rater) -> None:
    said = rating("satisfied", reasons=["waiting"])
    assert rater.send("/v1/ratings", said).json() == {
        "result": "created", "intake": None, "due_at": None,
    }  # fmt: skip
    assert rater.send("/v1/ratings", said).json()["result"] == "unchanged"
    assert rater.refused(said | {"grade": "very_satisfied"}) == (409, "rating.differs")
    assert len(rows(rater.hospital)) == 1


def test_two_senders_may_use_the_same_number(hospital: Hospital, rater: Rater) -> None:
    said = rating()
    rater.rate(**said)
    assert Rater(hospital, "hotline").rate(**said)["result"] == "created"


@pytest.mark.parametrize("grade", ["dissatisfied", "very_dissatisfied"])
def test_a_poor_rating_opens_a_matter_with_a_number_and_a_due_time(
    hospital: Hospital, rater: Rater, grade: str
) -> None:
    said = rating(grade, reasons=["signs"], text=SECRET, rated_at=noon().isoformat())
    told = rater.rate(**said)
    assert told["intake"] == f"{noon().year}-00001"
    assert rater.rate(**said) == told | {"result": "unchanged"}
    (one,) = Office(hospital).list()
    assert (one.kind, one.grade, one.reasons, one.owner) == ("poor_rating", grade, ["signs"], None)
    assert one.due_at - one.received_at > timedelta(days=5)


def test_who_leaves_a_way_to_be_reached_is_answered_whatever_the_grade(
    hospital: Hospital, rater: Rater
) -> None:
    assert rater.rate("very_satisfied", reach=PHONE)["intake"] is not None
    office = Office(hospital)
    assert office.list()[0].kind == "reply"
    assert office.sees(office.only()).reach == PHONE


def test_a_matter_comes_in_once_and_says_where_it_stands(rater: Rater) -> None:
    said = matter(received_at=noon().isoformat())
    first = rater.bring(**said)
    assert (first["result"], first["state"]) == ("created", "received")
    again = rater.bring(**said)
    assert again == first | {"result": "unchanged"}
    assert rater.refused(said | {"said": "别的"}, "/v1/intakes") == (409, "rating.differs")
    assert rater.bring(received_at=noon().isoformat())["intake"] == f"{noon().year}-00002"


def test_many_at_once_count_once_each_and_share_no_number(rater: Rater) -> None:
    said = [rating("dissatisfied", rated_at=noon().isoformat()) for _ in range(6)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda body: rater.rate(**body), said * 3))
    assert [each["result"] for each in told].count("created") == 6
    numbers = {each["intake"] for each in told}
    assert numbers == {f"{noon().year}-{n:05d}" for n in range(1, 7)}
    assert len(rows(rater.hospital)) == 6


def test_no_field_and_no_column_can_name_a_worker_or_a_patient(rater: Rater) -> None:
    spoken = {"name", "person", "patient", "worker", "employee", "staff", "doctor", "practitioner"}
    fields = set(Rating.model_fields) | set(IntakeBrought.model_fields)
    columns = {c.name for c in RatingRow.__table__.columns}
    assert not spoken & (fields | columns | {c.name for c in IntakeRow.__table__.columns})
    for name in sorted(spoken):
        assert rater.refused(rating() | {name: "张三"}) == (422, "request.malformed")


def test_of_a_rating_only_the_day_is_kept(hospital: Hospital, rater: Rater) -> None:
    rater.rate("dissatisfied", rated_at=noon().isoformat())
    assert rows(hospital)[0]["day"] == noon().date()
    one = Office(hospital).list()[0]
    assert one.received_at == noon().replace(hour=0), "no time of day that a shift could tell"


def test_words_and_the_way_to_be_reached_are_nowhere_in_the_clear(
    hospital: Hospital, rater: Rater
) -> None:
    rater.rate("dissatisfied", text=SECRET, reach=PHONE)
    rater.bring(said=SECRET, reach=PHONE)
    office = Office(hospital)
    one = office.list(kind="complaint")[0].id
    office.does(intakes.take, one)
    with hospital.database.app.connect() as conn:
        stored = dump(conn)
    assert SECRET.encode() not in stored
    assert PHONE.encode() not in stored
    assert office.sees(one).said == SECRET


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"grade": "excellent"}, 422, "request.malformed"),
        ({"door": "window"}, 422, "request.malformed"),
        ({"external_id": "A\0"}, 422, "request.malformed"),
        ({"text": "a\0b"}, 422, "request.malformed"),
        ({"text": "字" * 201}, 422, "request.malformed"),
        ({"reach": "1" * 65}, 422, "request.malformed"),
        ({"reasons": ["signs"] * 6}, 422, "request.malformed"),
        ({"reasons": ["doctor"]}, 422, "request.malformed"),
        ({"site": "nowhere"}, 422, "rating.place_unknown"),
        ({"purpose": "research"}, 422, "rating.place_unknown"),
        ({"rated_at": "2020-01-01T00:00:00Z"}, 422, "rating.time_outside"),
        ({"rated_at": "2199-01-01T00:00:00Z"}, 422, "rating.time_outside"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_code(
    rater: Rater, changes: dict[str, Any], status: int, code: str
) -> None:
    assert rater.refused(rating() | changes) == (status, code)
    assert rows(rater.hospital) == []


def test_an_hour_old_rating_of_a_policy_s_purpose_is_taken(rater: Rater) -> None:
    at = rater.hospital.clock() - timedelta(hours=1)
    assert rater.rate(purpose="settlement", rated_at=at.isoformat())["result"] == "created"
    assert rows(rater.hospital)[0]["day"] == there(at)


def test_a_refusal_repeats_no_word_of_what_was_sent(rater: Rater) -> None:
    answer = rater.send("/v1/ratings", rating(text=SECRET * 99, reach=PHONE))
    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert PHONE not in answer.text


@pytest.mark.parametrize("path", ["/v1/ratings", "/v1/intakes"])
def test_without_a_token_or_with_another_scope_nothing_is_taken(
    hospital: Hospital, path: str
) -> None:
    body = json.dumps(rating()).encode()
    assert hospital.http.post(path, content=body).json()["code"] == "auth.missing"
    headers = {"authorization": "Bearer nothing"}
    answer = hospital.http.post(path, content=body, headers=headers)
    assert answer.json()["code"] == "auth.invalid"
    reader = Rater(hospital, "reader", "receipts:read")
    assert reader.refused(rating(), path) == (403, "auth.forbidden")


def test_a_terminal_hands_in_what_was_touched_at_it(hospital: Hospital, terminal: Terminal) -> None:
    body = json.dumps(rating("dissatisfied", door="terminal", reasons=["device"])).encode()
    assert terminal.post("/v1/ratings", body).json()["result"] == "created"
    assert terminal.post("/v1/ratings", body).json()["result"] == "unchanged"
    (row,) = rows(hospital)
    assert (row["terminal"], row["site"]) == (terminal.id, "outpatient hall")
    phone = json.dumps(rating(door="phone")).encode()
    assert terminal.post("/v1/ratings", phone).json()["code"] == "rating.place_unknown"
    assert terminal.post("/v1/intakes", json.dumps(matter()).encode()).status_code in (401, 403)


def test_a_desk_hands_in_no_rating_for_it_is_one_clerk_s_place(hospital: Hospital) -> None:
    desk = hospital.terminal([DESK])
    body = json.dumps(rating("dissatisfied", door="terminal")).encode()
    assert desk.post("/v1/ratings", body).json()["code"] == "purpose.unknown"
    assert rows(hospital) == []


def test_a_body_too_large_is_not_read(rater: Rater) -> None:
    answer = rater.send("/v1/ratings", b" " * 3_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_a_sender_that_floods_is_told_to_wait(hospital: Hospital, rater: Rater) -> None:
    few, many = Allowance(2, 60.0), Allowance(100, 60.0)
    hospital.site.ratings = Attempts(few, many, "rating.too_many")
    rater.rate()
    rater.bring()
    answer = rater.send("/v1/ratings", rating())
    assert (answer.status_code, answer.json()["code"]) == (429, "rating.too_many")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_simulated_one_is_for_the_demo_alone(hospital: Hospital, rater: Rater) -> None:
    rater.rate(simulated=True)
    book = replace(book_of(hospital.site), demo=False)
    said = Rating.model_validate(rating(simulated=True))
    with hospital.database.app.begin() as conn, pytest.raises(Refused) as told:
        taking.take_rating(conn, book, Sender("rater"), said, hospital.clock())
    assert told.value.code == "rating.simulated"


def test_another_institution_sees_none_of_it(hospital: Hospital, rater: Rater) -> None:
    rater.rate("dissatisfied")
    office = Office(hospital)
    office.does(intakes.take, office.only())
    with hospital.database.app.begin() as conn:
        institutions.ensure(conn, OTHER, "另一医院", demo=True)
    name = str(hospital.database.app.url.database)
    with open_embedded(joined(embedded_server()), name, OTHER) as theirs, theirs.app.connect() as c:
        for table in ("ratings", "intakes", "intake_steps"):
            assert c.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_weeks_count_each_grade_and_a_week_without_one_is_there(
    hospital: Hospital, rater: Rater
) -> None:
    rater.rate("very_satisfied", rated_at=noon().isoformat())
    rater.rate("dissatisfied", rated_at=noon().isoformat(), reasons=["told", "signs"])
    rater.rate("dissatisfied", rated_at=noon().isoformat(), reasons=["told"], door="phone")
    at = hospital.clock()

    def found(door: str = "") -> figures.Figures:
        asked = Range.asked("", "", door, there(at))
        with hospital.database.app.connect() as conn:
            return figures.figures(conn, INSTITUTION, asked, at)

    every = found()
    assert len(every.weeks) == figures.WEEKS
    assert (every.total, every.poor_total) == (3, 2)
    assert [(why.value, times) for why, times in every.reasons] == [("told", 2), ("signs", 1)]
    assert (every.poor.in_time, every.poor.ended, every.poor.waiting) == (0, 0, 2)
    assert found("phone").total == 1


def test_a_body_that_is_no_rating_never_breaks_it(rater: Rater) -> None:
    for body in (b"", b"[]", b"null", b'{"grade":', b"\xff\xfe", b'{"text":"\\ud800"}'):
        answer = rater.send("/v1/ratings", body)
        assert answer.status_code == 422, body
    assert set(Rating.model_fields) >= {"grade", "door", "reasons"}
