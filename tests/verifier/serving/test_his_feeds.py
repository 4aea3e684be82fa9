"""Expected visits over the wire: idempotent, in any order, item by item, and nobody else's."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from verifier.his import expected, intake
from verifier.identity import erasure, institutions, subject, subject_page
from verifier.identity.retention import Sweeper
from verifier.protocol.his import Kind
from verifier.store.database import open_embedded
from verifier.trust import clients

from ..fixtures import INSTITUTION, dump, embedded_server, joined
from .his_feed import Feeder, item, rows
from .hospital import Hospital, invent
from .test_api_access import His

ZHANG, LI = invent(1), invent(2, "李四")
OTHER = "H99010100002"


def other_check(number: str) -> str:
    return number[:-1] + ("0" if number[-1] != "0" else "1")


@pytest.fixture
def feeder(hospital: Hospital) -> Feeder:
    return Feeder(hospital)


def test_the_same_body_again_changes_nothing(feeder: Feeder) -> None:
    body = [item(ZHANG), item(LI, "A-2")]
    assert feeder.put("appointments", *body) == ["created", "created"]
    before = rows(feeder.hospital)
    assert feeder.put("appointments", *body) == ["unchanged", "unchanged"]
    assert rows(feeder.hospital) == before


def test_an_older_message_never_overwrites_a_newer(feeder: Feeder) -> None:
    assert feeder.put("appointments", item(ZHANG, version=5)) == ["created"]
    assert feeder.put("appointments", item(ZHANG, version=4, state="cancelled")) == ["older"]
    assert rows(feeder.hospital)[0][9] == "planned"
    assert feeder.put("appointments", item(ZHANG, version=6, state="cancelled")) == ["changed"]
    assert rows(feeder.hospital)[0][9] == "cancelled"


def test_a_version_may_be_the_time_of_the_change(feeder: Feeder) -> None:
    early, late = "2026-03-01T08:00:00+08:00", "2026-03-01T00:00:01Z"
    assert feeder.put("appointments", item(ZHANG, version=late)) == ["created"]
    assert feeder.put("appointments", item(ZHANG, version=early, bed="1")) == ["older"]


def test_two_texts_under_one_version_end_the_same_whichever_came_first(feeder: Feeder) -> None:
    one, two = item(ZHANG, department="外科"), item(ZHANG, department="内科")
    assert feeder.put("appointments", one) == ["created"]
    assert feeder.put("appointments", two) == ["same_version"]
    ended = rows(feeder.hospital)
    assert feeder.put("appointments", one) in (["same_version"], ["unchanged"])
    assert rows(feeder.hospital) == ended


def test_an_item_that_is_refused_does_not_keep_the_others_out(feeder: Feeder) -> None:
    wrong = item(ZHANG, "A-1", person={"kind": "resident_id", "number": other_check(ZHANG.number)})
    backwards = item(ZHANG, "A-2", valid_to=item(ZHANG)["valid_from"])
    stranger = item(LI, "A-3", name="李四")
    open_end = item(LI, "A-4", valid_to=None)
    said = feeder.put("appointments", wrong, backwards, stranger, open_end, item(LI, "A-5"))
    malformed = "his.item_malformed"
    assert said == ["his.number_malformed", malformed, malformed, "his.end_missing", "created"]
    assert [row[1] for row in rows(feeder.hospital)] == ["A-5"]
    answer = feeder.raw("appointments", {"items": [wrong]}).json()
    assert (answer["taken"], answer["refused"]) == (0, 1)
    assert answer["results"][0]["field"] == "person.number"
    assert "1980" not in feeder.raw("appointments", {"items": [wrong]}).text


def test_one_batch_may_hold_one_thing_more_than_once(feeder: Feeder) -> None:
    said = [item(ZHANG, version=2), item(ZHANG, version=1), item(ZHANG, version=2)]
    assert feeder.put("dispensing", *said) == ["created", "older", "unchanged"]


def test_a_thousand_items_are_taken_and_one_more_is_not(feeder: Feeder) -> None:
    many = [item(ZHANG, f"A-{number}") for number in range(1001)]
    assert set(feeder.put("appointments", *many[:1000])) == {"created"}
    assert feeder.raw("appointments", {"items": many}).status_code == 422


@pytest.mark.parametrize("body", [[], {}, {"items": 1}, {"items": [1]}, {"items": [], "x": 1}])
def test_what_is_no_list_of_items_is_malformed(feeder: Feeder, body: Any) -> None:
    answer = feeder.raw("appointments", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.malformed")


def test_an_unknown_kind_and_a_client_without_the_scope_are_refused(hospital: Hospital) -> None:
    feeder = Feeder(hospital)
    assert feeder.raw("visits", {"items": []}).status_code == 422
    feeder.token = His(hospital, "other", scopes=("receipts:read",)).token()
    assert feeder.raw("appointments", {"items": []}).status_code == 403
    assert feeder.get("decisions").status_code == 403


def test_a_number_is_kept_as_a_keyed_hash_only(feeder: Feeder) -> None:
    feeder.put("appointments", item(ZHANG))
    with feeder.hospital.database.owner.connect() as conn:
        assert ZHANG.number.encode() not in dump(conn)


def test_a_social_security_card_is_the_same_person(feeder: Feeder) -> None:
    card = {"kind": "social_security_card", "number": ZHANG.number}
    feeder.put("appointments", item(ZHANG), item(ZHANG, "A-2", person=card))
    first, second = rows(feeder.hospital)
    assert first[2] == second[2]


def test_freshness_is_of_the_last_message_and_an_empty_one_counts(feeder: Feeder) -> None:
    def state() -> dict[str, Any]:
        feeds = feeder.get("feeds").json()["feeds"]
        assert [each["kind"] for each in feeds] == [kind.value for kind in Kind]
        found: dict[str, Any] = feeds[0]
        return found

    assert (state()["heard_at"], state()["current"]) == (None, 0)
    feeder.put("appointments", item(ZHANG), item(LI, "A-2", state="done"))
    first = state()
    assert first["current"] == 1
    feeder.put("appointments")
    later = state()
    assert later["heard_at"] > first["heard_at"]
    assert later["changed_at"] == first["changed_at"]


# Any order


MESSAGES = st.lists(
    st.builds(
        lambda person, name, version, state, ward: item(
            (ZHANG, LI)[person],
            f"I-{name}",
            version=version,
            state=state,
            ward=ward,
            valid_from="2026-01-01T00:00:00Z",
            valid_to=None,
        ),
        st.integers(0, 1),
        st.integers(1, 3),
        st.integers(0, 4),
        st.sampled_from(["planned", "cancelled", "done"]),
        st.sampled_from(["3A", "3B"]),
    ),
    max_size=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=MESSAGES, seed=st.integers(0, 2**32))
def test_any_order_of_the_same_messages_ends_in_the_same_state(
    hospital: Hospital, messages: list[dict[str, Any]], seed: int
) -> None:
    dice = random.Random(seed)
    other = dice.sample(messages, len(messages))
    assert _ended(hospital, messages, dice) == _ended(hospital, other, dice)


def _ended(
    hospital: Hospital, messages: list[dict[str, Any]], dice: random.Random
) -> list[tuple[Any, ...]]:
    """The rows after these messages in batches of any size, some sent twice."""
    with hospital.database.owner.begin() as conn:
        conn.execute(text("DELETE FROM expected_visits"))
    _a_client(hospital)
    left = list(messages)
    while left:
        size = dice.randint(1, len(left))
        batch, left = left[:size], left[size:]
        for _ in range(dice.randint(1, 2)):
            with hospital.database.app.begin() as conn:
                said = (hospital.keyring, INSTITUTION, Kind.INPATIENTS, batch, "feeder")
                intake.take(conn, *said, datetime.now(UTC))
    return rows(hospital)


def _a_client(hospital: Hospital) -> None:
    if not hospital.count("clients"):
        Feeder(hospital)


# Institutions, wards, lives, rights


def test_another_institutions_rows_are_not_there_and_its_client_is_nobody_here(
    hospital: Hospital,
) -> None:
    feeder = Feeder(hospital)
    feeder.put("inpatients", item(ZHANG, ward="3A"))
    with hospital.database.app.begin() as conn:
        institutions.ensure(conn, OTHER, "另一医院", demo=True)
        public = feeder.his.key.as_dict(private=False)
        clients.register(conn, "theirs", OTHER, public, ["his:feed"])
    assert hospital.http.post("/v1/token", data=_theirs(feeder)).status_code == 401
    name = str(hospital.database.app.url.database)
    with open_embedded(joined(embedded_server()), name, OTHER) as theirs, theirs.app.connect() as c:
        for table in ("expected_visits", "his_feeds", "webhooks", "webhook_deliveries"):
            assert c.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        assert expected.inpatients_of(c, INSTITUTION, "3A", datetime.now(UTC)) == []


def _theirs(feeder: Feeder) -> dict[str, str]:
    said = {"iss": "theirs", "sub": "theirs", "header": {"kid": "theirs"}}
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": feeder.his.assertion(**said),
    }


def test_a_ward_knows_who_lies_there_by_bed(hospital: Hospital) -> None:
    feeder, known = Feeder(hospital), hospital.register(ZHANG)
    open_end = {"valid_to": None}
    feeder.put(
        "inpatients",
        item(ZHANG, "I-1", ward="3A", bed="02", **open_end),
        item(LI, "I-2", ward="3A", bed="01"),
        item(LI, "I-3", ward="3B"),
        item(LI, "I-4", ward="3A", state="done"),
    )
    at = datetime.now(UTC)

    def beds(when: datetime) -> list[tuple[str | None, str | None]]:
        with hospital.database.app.connect() as conn:
            found = expected.inpatients_of(conn, INSTITUTION, "3A", when)
        return [(each.bed, each.person) for each in found]

    assert beds(at) == [("01", None), ("02", known)]
    assert beds(at + timedelta(hours=2)) == [("02", known)]
    assert beds(at + expected.OPEN_END + timedelta(hours=1)) == [], "nobody spoke of them since"
    moved = item(ZHANG, "I-1", ward="3B", bed="09", version=2, **open_end)
    assert feeder.put("inpatients", moved) == ["changed"]
    assert beds(at) == [("01", None)]


def test_an_inpatient_needs_a_ward(feeder: Feeder) -> None:
    assert feeder.put("inpatients", item(ZHANG)) == ["his.ward_missing"]


def test_a_visit_goes_a_week_after_its_end_and_an_open_one_once_unheard(
    hospital: Hospital,
) -> None:
    feeder = Feeder(hospital)
    feeder.put("appointments", item(ZHANG))
    feeder.put("inpatients", item(ZHANG, ward="3A", valid_to=None))

    def swept(days: float) -> int:
        at = datetime.now(UTC) + timedelta(days=days)
        return Sweeper(hospital.database.app, hospital.gallery).sweep(at)["his"]

    assert (swept(6.9), swept(7.1), swept(37), swept(39)) == (0, 1, 0, 1)
    assert hospital.count("ledger", "kind = 'retention.swept' AND body->>'what' = 'his'") == 2


def test_telling_an_open_one_again_keeps_it(hospital: Hospital) -> None:
    feeder, open_one = Feeder(hospital), item(ZHANG, ward="3A", valid_to=None)
    feeder.put("inpatients", open_one)
    hospital.clock.ahead += timedelta(days=20)
    feeder.token = feeder.his.token(client_assertion=_later(feeder))
    assert feeder.put("inpatients", open_one) == ["unchanged"]
    at = datetime.now(UTC) + timedelta(days=40)
    with hospital.database.app.connect() as conn:
        assert len(expected.inpatients_of(conn, INSTITUTION, "3A", at)) == 1


def _later(feeder: Feeder) -> str:
    end = feeder.hospital.clock() + timedelta(minutes=2)
    return feeder.his.assertion(exp=int(end.timestamp()))


def test_a_copy_shows_expected_visits_and_erasure_removes_them(hospital: Hospital) -> None:
    feeder, known = Feeder(hospital), hospital.enrol(ZHANG)
    feeder.put("appointments", item(ZHANG, "A-77"), item(LI, "A-78"))
    with hospital.database.app.begin() as conn:
        copy = subject.export(conn, hospital.keyring, INSTITUTION, known)
    assert [each.external_id for each in copy.expected] == ["A-77"]
    assert "A-77" in subject_page.render(copy)
    with hospital.database.app.begin() as conn:
        erasure.erase(conn, hospital.gallery, known)
    assert [row[1] for row in rows(hospital)] == ["A-78"]
