"""What the demo's bar may do to the simulated devices. A terminal without it has no such bar and no
such messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .messages import Shown


@dataclass(frozen=True)
class DemoPerson:
    """One invented person of the demo hospital."""

    id: str
    label: str
    enrolled: bool


class DemoControls(Protocol):
    """Implemented by the composition with its simulators. Each call may take a moment; none may
    raise.
    """

    def people(self) -> Sequence[DemoPerson]:
        """Whom the bar offers."""

    def credentials(self) -> Sequence[Shown]:
        """Which credentials the bar can present."""

    def present(self, person_id: str, credential: Shown) -> None:
        """Present this person's credential to its device, in place of whatever is presented."""

    def take_away(self) -> None:
        """Take away whatever is presented."""

    def stand(self, person_id: str | None) -> None:
        """Put this person, or nobody, in front of the camera."""

    def slips(self) -> Sequence[bytes]:
        """Pictures (PNG) of what the simulated printer printed, oldest first."""
