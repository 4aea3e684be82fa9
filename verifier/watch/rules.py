"""The rules as data: what each looks for, on which basis, and what lawful causes it may have."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SHIPPED = Path(__file__).with_name("rules.toml")

RuleId = Literal[
    "one_face_two_identities",
    "one_credential_two_faces",
    "two_places_too_soon",
    "refused_then_passed_alone",
    "one_proxy_for_many",
    "terminal_accepts_oddly",
]
Severity = Literal["low", "medium", "high"]
Cause = Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,32}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=200)]


class Rule(BaseModel):
    """One rule.

    Attributes:
        basis: on which law or rule of the hospital it rests.
        lawful: causes for which a case is closed without anything being wrong.
        parameters: numbers that the rule's own function reads; `days` is how far back it looks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: RuleId
    title_zh: Words
    title_en: Words
    basis: Words
    severity: Severity
    lawful: Annotated[list[Cause], Field(min_length=1)]
    parameters: dict[str, float]


class Rules(BaseModel):
    """All of them, as one version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    rules: Annotated[list[Rule], Field(min_length=1)]

    @model_validator(mode="after")
    def _once(self) -> "Rules":
        ids = [rule.id for rule in self.rules]
        if len(set(ids)) != len(ids):
            raise ValueError("a rule stands there twice")
        return self

    def get(self, rule: str) -> Rule | None:
        """The rule of an id."""
        return next((one for one in self.rules if one.id == rule), None)


@cache
def load(path: Path = SHIPPED) -> Rules:
    """The rules of a file. Raises `ValueError` for what is none."""
    return Rules.model_validate(tomllib.loads(path.read_text("utf-8")))


def digest(rule: Rule) -> str:
    """SHA-256 of one rule as it stands, so that a changed one has to be tried again."""
    return hashlib.sha256(rule.model_dump_json().encode()).hexdigest()[:43]
