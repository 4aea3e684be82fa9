"""The bodies in docs/ratings.md are such as the verifier takes, and its table has every word."""

import json
import re
from pathlib import Path

from verifier.protocol.rating import Because, Door, Grade, IntakeBrought, Rating

PAGE = (Path(__file__).parents[3] / "docs" / "ratings.md").read_text("utf-8")


def test_what_the_page_sends_is_taken() -> None:
    sent = re.findall(r"/v1/(\w+) -d '(.*?)'", PAGE, re.DOTALL)
    assert [path for path, _ in sent] == ["ratings", "intakes"]
    Rating.model_validate(json.loads(sent[0][1]))
    IntakeBrought.model_validate(json.loads(sent[1][1]))


def test_every_grade_door_and_reason_is_on_the_page() -> None:
    for each in (*Grade, *Door, *Because):
        assert f"`{each.value}`" in PAGE, each
