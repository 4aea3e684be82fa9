"""What enrolment decides by: rates, turned into cosines by the pack's calibration."""

from dataclasses import dataclass

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from verifier.matching.rates import fmr_needed
from verifier.policy.rules import Calibrated


class EnrollSettings(BaseSettings):
    """Read from `SHUALIAN_ENROLL_…`."""

    model_config = SettingsConfigDict(
        env_prefix="SHUALIAN_ENROLL_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    duplicate_max_fpir: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="At most so many new people may be taken for somebody by mere chance (FPIR).",
    )
    duplicate_fmr: float = Field(
        1e-4,
        gt=0,
        lt=1,
        description="FMR above which nobody is taken for another, however few are enrolled.",
    )
    same_person_fmr: float = Field(
        1e-3,
        gt=0,
        lt=1,
        description="FMR at which photos of one row, or a new photo and the old template, agree.",
    )


@dataclass(frozen=True)
class EnrolRules:
    """The settings under a calibration."""

    calibration: Calibrated
    settings: EnrollSettings

    @property
    def same_person(self) -> float:
        """Cosine from which two samples are taken for one person's."""
        fmr = max(self.settings.same_person_fmr, self.calibration.floor)
        return self.calibration.threshold(fmr).cosine

    def duplicate(self, people: int) -> float:
        """Cosine from which somebody looks like another among `people`.

        The rate that keeps `duplicate_max_fpir` over so many, but none below what the calibration
        can show, since beyond that a larger gallery sends more people to a clerk and never lets
        more through. Nor one above `duplicate_fmr`: who looks like nobody much is no duplicate.
        """
        wanted = fmr_needed(self.settings.duplicate_max_fpir, people)
        fmr = max(min(wanted, self.settings.duplicate_fmr), self.calibration.floor)
        return self.calibration.threshold(fmr).cosine
