"""Where looking in happens: one hospital with its keys, its policy and its calibration."""

from dataclasses import dataclass
from datetime import datetime

from verifier.identity.galleries import Gallery
from verifier.policy.rules import PurposeRules
from verifier.policy.rules import Rules as Decided
from verifier.shifts.month import CHINA
from verifier.trust.keys import KeyRing

from .rules import Rules
from .terms import PURPOSE, PresenceTerms


@dataclass(frozen=True)
class Room:
    """One institution's.

    Attributes:
        decided: the policy under its calibration.
    """

    keyring: KeyRing
    gallery: Gallery
    decided: Decided

    @property
    def institution(self) -> str:
        """The gallery's."""
        return self.gallery.institution

    @property
    def terms(self) -> PresenceTerms:
        """What the hospital narrowed."""
        return self.decided.policy.presence

    @property
    def rules(self) -> Rules:
        """When somebody may be looked in on."""
        return self.terms.rules

    @property
    def purpose(self) -> PurposeRules | None:
        """The purpose's threshold; None where a policy has no such purpose: then no face."""
        return self.decided.purposes.get(PURPOSE)

    def notice(self, at: datetime) -> str:
        """The version of the notice to be shown now."""
        return self.decided.notice_for(PURPOSE, at.astimezone(CHINA).date())

    def covers(self, notice: str, at: datetime) -> bool:
        """Whether a consent under this notice is one to this purpose now."""
        return self.decided.accepts_notice(notice, PURPOSE, at.astimezone(CHINA).date())
