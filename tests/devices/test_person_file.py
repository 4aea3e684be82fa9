"""Person files: what they give, and what is wrong with each that is refused."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codes.sex import Sex
from devices.resident_id import person_file
from devices.resident_id.invented import invented_card
from devices.resident_id.person_file import PersonFileError

NUMBER = invented_card(2).number
GOOD = {"name": "赵演一", "number": NUMBER}


def load(tmp_path: Path, person: object) -> object:
    path = tmp_path / "person.json"
    path.write_text(json.dumps(person), "utf-8")
    return person_file.load(path)


def test_name_and_number_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "person.json"
    path.write_text("\ufeff" + json.dumps(GOOD), "utf-8")
    card = person_file.load(path)
    assert (card.name, card.number) == ("赵演一", NUMBER)
    assert card.birth == invented_card(2).birth
    assert card.sex in (Sex.MALE, Sex.FEMALE)
    assert card.valid_to is None


def test_toml_may_use_its_own_dates(tmp_path: Path) -> None:
    path = tmp_path / "person.toml"
    dates = 'valid_from = 2020-02-29\nvalid_to = "2030-02-28"'
    path.write_text(f'name = "赵"\nnumber = "{NUMBER}"\n{dates}', "utf-8")
    card = person_file.load(path)
    assert (card.valid_from, card.valid_to) == (date(2020, 2, 29), date(2030, 2, 28))


@pytest.mark.parametrize(
    "person",
    [
        [],
        {"name": "赵"},
        {**GOOD, "name": "  "},
        {**GOOD, "name": 7},
        {**GOOD, "name": "长" * 16},
        {**GOOD, "name": "\ud800"},
        {**GOOD, "nation": "99"},
        {**GOOD, "nation": []},
        {**GOOD, "address": 1},
        {**GOOD, "valid_from": "long_term"},
        {**GOOD, "valid_to": "soon"},
        {**GOOD, "photo": "x"},
    ],
)
def test_a_person_that_fits_no_card_is_malformed(tmp_path: Path, person: object) -> None:
    with pytest.raises(PersonFileError) as refused:
        load(tmp_path, person)
    assert refused.value.code == "person_file.malformed"
    assert NUMBER not in str(refused.value)


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(PersonFileError) as refused:
        person_file.load(tmp_path / "nobody.toml")
    assert refused.value.code == "person_file.unreadable"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(content=st.binary(max_size=60), suffix=st.sampled_from([".toml", ".json"]))
def test_any_file_is_a_person_or_a_typed_error(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"person{suffix}"
    path.write_bytes(content)
    with pytest.raises(PersonFileError):
        person_file.load(path)
