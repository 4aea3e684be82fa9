"""What the sandbox remembers: codes, face authorisations, sign-ins, business numbers, knobs."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from codes.regions import UNASSIGNED_REGION

from .knobs import Fault, Knob
from .people import Insured

CODE_LIFE = timedelta(seconds=60)
"""Commonly quoted; not confirmed."""

PROVINCE = UNASSIGNED_REGION[:2]
"""Digits of a sandbox's codes: 99 is no province's, so no code of ours can be somebody's. Whoever
recognises codes takes it for an invented one (`codes.qr`)."""

CodeKind = Literal["nhsa_qr", "e_social_card", "face"]


@dataclass(frozen=True)
class Issued:
    """A code that lives."""

    kind: CodeKind
    person: Insured
    expires_at: datetime


@dataclass
class State:
    """Touched by the sandbox's own event loop only, but for `clock`, which a test may replace."""

    clock: Callable[[], datetime]
    codes: dict[str, Issued] = field(default_factory=dict)
    tokens: dict[str, Insured] = field(default_factory=dict)
    sign_ins: set[str] = field(default_factory=set)
    business_numbers: set[str] = field(default_factory=set)
    knobs: list[Knob] = field(default_factory=list)
    present: Insured | None = None
    """Who stands before the platform's own terminal."""
    asked: dict[str, int] = field(default_factory=dict)
    """How often each transType and infno was asked."""

    def issue(self, kind: CodeKind, person: Insured) -> tuple[str, Issued]:
        """A fresh code."""
        issued = Issued(kind, person, self.clock() + CODE_LIFE)
        code = _new_code(kind)
        self.codes[code] = issued
        return code, issued

    def holder(self, code: str, kind: CodeKind) -> Insured | None:
        """Whose code it is, while it lives."""
        issued = self.codes.get(code)
        if issued is None or issued.kind != kind or self.clock() >= issued.expires_at:
            return None
        return issued.person

    def ec_token(self, person: Insured) -> str:
        """A fresh 电子凭证令牌 of 38 characters, which 1101 takes."""
        token = f"{UNASSIGNED_REGION}ec{secrets.token_hex(15)}"
        self.tokens[token] = person
        return token

    def sign_in(self) -> str:
        """A fresh sign-in's number."""
        number = secrets.token_hex(15)
        self.sign_ins.add(number)
        return number

    def faults(self, question: str) -> frozenset[Fault]:
        """What spoils the answer to this question; counts it as asked."""
        self.asked[question] = self.asked.get(question, 0) + 1
        taken = frozenset(knob.fault for knob in self.knobs if knob.takes(question))
        self.knobs = [knob for knob in self.knobs if knob.times != 0]
        return taken


def _new_code(kind: CodeKind) -> str:
    """`424` or `ano`, 17 and 2 digits, the province, 4 zeros; for 电子社保卡 any text at all."""
    if kind == "e_social_card":
        return f"SANDBOX-{secrets.token_urlsafe(24)}"
    digits = f"{secrets.randbelow(10**19):019d}"
    return f"{'ano' if kind == 'face' else '424'}{digits}{PROVINCE}0000"
