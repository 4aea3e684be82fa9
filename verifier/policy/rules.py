"""A policy and a calibration made one: every rate has its cosine, before the first person comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from models.calibration import PolicyBelowFloor, ThresholdAt

from .load import LoadedPolicy, PolicyRefused
from .models import Policy, Purpose


class Calibrated(Protocol):
    """What the rules need of a calibration (`models.calibration.Calibration`)."""

    @property
    def name(self) -> str:
        """What decisions and receipts cite."""

    @property
    def floor(self) -> float:
        """The least rate that its data can show."""

    def threshold(self, fmr: float, allow_tail: bool = False) -> ThresholdAt:
        """The cosine of a rate; raises `PolicyBelowFloor`."""


@dataclass(frozen=True)
class IdentifyRules:
    """1:N of one purpose, in cosines. `match` is None where the rate lies under the floor."""

    match: ThresholdAt | None
    ambiguity_cosine: float
    max_fpir: float
    narrowing: tuple[str, ...]


@dataclass(frozen=True)
class PurposeRules:
    """One purpose, in cosines. `identify` is None where 1:N is off."""

    id: str
    purpose: Purpose
    verify: ThresholdAt
    identify: IdentifyRules | None


@dataclass(frozen=True)
class Rules:
    """What decides. Immutable; built once at start."""

    policy: Policy
    policy_digest: str
    notice_version: str
    calibration: str
    purposes: Mapping[str, PurposeRules]

    def notice_for(self, purpose: str, day: date) -> str:
        """Which version a terminal shows before a claim of this purpose."""
        own = self.policy.own_in_force(purpose, day)
        return own[-1].version if own else self.notice_version

    def accepts_notice(self, version: str, purpose: str, day: date) -> bool:
        """Whether a claim of this purpose may rest on this version today.

        A purpose with a notice of its own takes no other, and no purpose takes another's.
        """
        notice = self.policy.notice(version)
        if notice is None or not notice.in_force(day):
            return False
        own = self.policy.own_notices(purpose)
        return notice in own if own else not notice.purposes


def resolve(loaded: LoadedPolicy, calibration: Calibrated, notice_version: str) -> Rules:
    """The rules of a policy under a pack's calibration.

    Raises:
        PolicyRefused: the notice is none of the policy's, or a 1:1 rate is below the floor.
    """
    policy = loaded.policy
    if policy.notice(notice_version) is None:
        known = ", ".join(notice.version for notice in policy.notices)
        raise PolicyRefused(
            "policy.notice_unknown",
            f"the notice {notice_version!r} is none of the policy's: {known}",
        )
    purposes = {name: _purpose(name, p, calibration) for name, p in policy.purposes.items()}
    return Rules(policy, loaded.digest, notice_version, calibration.name, purposes)


def _purpose(name: str, purpose: Purpose, calibration: Calibrated) -> PurposeRules:
    try:
        verify = calibration.threshold(purpose.fmr, allow_tail=purpose.allow_tail)
    except PolicyBelowFloor as error:
        raise PolicyRefused("policy.below_floor", f"purpose {name}: {error}") from error
    return PurposeRules(name, purpose, verify, _identify(purpose, calibration))


def _identify(purpose: Purpose, calibration: Calibrated) -> IdentifyRules | None:
    terms = purpose.identify
    if not terms.enabled:
        return None
    try:
        match = calibration.threshold(terms.fmr, allow_tail=purpose.allow_tail)
    except PolicyBelowFloor:
        match = None  # served: each such person is referred, as the design asks
    ambiguity = max(terms.ambiguity_fmr, calibration.floor)
    return IdentifyRules(
        match=match,
        ambiguity_cosine=calibration.threshold(ambiguity).cosine,
        max_fpir=terms.max_fpir,
        narrowing=tuple(terms.narrowing),
    )
