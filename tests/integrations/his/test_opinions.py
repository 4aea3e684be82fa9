"""What invented people say of a day reaches the verifier once, and is told as simulated."""

from collections import Counter
from datetime import datetime, timedelta

from integrations.his.client import HisClient
from integrations.his.opinions import CHINA, MOST, hand_in, opinions
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from verifier.protocol.rating import Grade, IntakeBrought, Rating
from verifier.trust import clients

from .conftest import SCOPES

TODAY = datetime.now(CHINA).date()
TOLD = opinions(TODAY, 500, 0.2)


def test_a_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert opinions(TODAY, 500, 0.2) == TOLD
    assert opinions(TODAY, 500, 0.2, seed=2) != TOLD
    assert opinions(TODAY - timedelta(days=1), 500, 0.2) != TOLD
    assert len(opinions(TODAY, 100_000, 1.0)) <= MOST * 1.1


def test_every_body_is_one_that_the_verifier_takes() -> None:
    kinds = Counter(each.path for each in TOLD)
    assert kinds == {"/v1/ratings": 100, "/v1/intakes": 4}
    for each in TOLD:
        (Rating if each.path == "/v1/ratings" else IntakeBrought).model_validate(each.body)
    grades = {each.body["grade"] for each in TOLD if "grade" in each.body}
    assert len(grades) == len(Grade)


def test_a_day_handed_in_twice_counts_once(hospital: Hospital, his: HisClient) -> None:
    first = hand_in(his, TOLD)
    poor = sum(Grade(each.body["grade"]).poor for each in TOLD if "grade" in each.body)
    assert first["opinions_created"] == len(TOLD)
    assert first["intakes"] >= poor + 4
    assert hand_in(his, TOLD)["opinions_unchanged"] == len(TOLD)
    assert hospital.count("ratings") == 100
    with hospital.database.app.connect() as conn:
        assert conn.exec_driver_sql("SELECT bool_and(simulated) FROM ratings").scalar_one()


def test_a_client_that_may_not_is_told_of_and_the_day_goes_on(
    hospital: Hospital, his: HisClient
) -> None:
    public = his._key.as_dict(private=False)
    with hospital.database.app.begin() as conn:
        clients.register(conn, "feeder", INSTITUTION, public, SCOPES[:2])
    his._client = "feeder"
    assert hand_in(his, TOLD) == {"opinions_forbidden": 1}
    assert hospital.count("ratings") == 0
