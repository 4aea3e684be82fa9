"""What a hospital decides about practice windows."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class PhoneNotice(BaseModel):
    """What somebody reads before agreeing to a face from the own phone; a new text is a new
    version, and is agreed to anew.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")


class PracticeRules(BaseModel):
    """The policy's table `[practice]`.

    Attributes:
        grace_min: minutes that a window goes on after the shift, or after a declared operation.
        provisional_h: hours that a window outside a shift lasts where nobody closes it.
        review_h: hours in which medical affairs reviews such a window.
        recheck: ask to be recognised once more, once a window, at a moment that nobody foresees;
            never in theatre, ICU, delivery or emergency. Off as shipped.
        recheck_min: minutes in which that is answered.
        recheck_by_code: a site's code on the own phone answers it as well as a face.
        identity_s: seconds that a decision counts for a check-in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grace_min: int = Field(default=120, ge=0, le=720)
    provisional_h: int = Field(default=8, ge=1, le=36)
    review_h: int = Field(default=72, ge=1, le=240)
    identity_s: int = Field(default=120, ge=10, le=600)
    longest_h: int = Field(default=36, ge=1, le=72, description="Of any window.")
    recheck: bool = False
    recheck_min: int = Field(default=60, ge=15, le=240)
    recheck_by_code: bool = False
    phone_face: PhoneNotice | None = Field(
        default=None, description="None: no face is taken by a phone."
    )

    @property
    def grace(self) -> timedelta:
        """After a shift or an operation."""
        return timedelta(minutes=self.grace_min)

    @property
    def longest(self) -> timedelta:
        """Of any window, whatever is declared."""
        return timedelta(hours=self.longest_h)
