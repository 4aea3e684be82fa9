"""What a desk prints for the clerk who sits there: an emergency's wristband (急诊先救腕带条).

The desk asks the verifier; nobody calls the desk, and no page does. What comes is a temporary
number and a time.
"""

import asyncio
from collections.abc import Callable

import structlog

import web
from devices.manager import Manager
from devices.printer import Field, Paragraph, Printer, Proof, Rule, Slip, Status
from verifier.protocol.desk import DeskAsks, JobDone, Printed, PrinterIs, PrintJob

from .errors import KioskError
from .reading import CHINA
from .slip import SLIP_SECONDS, outcome_of
from .verifier_client import VerifierClient

log = structlog.get_logger("kiosk")

ASK_S = 2.0
"""Between two questions."""


def wristband(job: PrintJob, hospital: str) -> Slip:
    """The slip: hospital, number, time of coming, and the number once more as a code."""
    t = web.catalogue(job.language).__getitem__
    return Slip(
        title=job.number,
        heading=t("slip.wristband.heading"),
        rows=(
            Field(t("slip.name"), t("slip.wristband.name")),
            Field(t("slip.wristband.came"), job.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")),
            Rule(),
            Paragraph(t("slip.wristband.line"), bold=True),
        ),
        qr=job.number,
        footer=(hospital,),
    )


def printer_is(status: Status) -> PrinterIs:
    """How the printer is, for a clerk."""
    if status.trouble is None:
        return "ready"
    return "no_paper" if status.trouble == "printer.paper_out" else "trouble"


class DeskPrinting:
    """Asks and prints until it is cancelled."""

    def __init__(
        self,
        manager: Manager,
        printer: str,
        client: VerifierClient,
        hospital: str,
        told: Callable[[str], None],
    ) -> None:
        """`printer` is the device's name; `told` hears what became of each slip."""
        self._manager, self.printer, self._client = manager, printer, client
        self._hospital, self._told = hospital, told
        self.state: PrinterIs = "trouble"
        """As the printer said last; set from the devices' thread."""

    async def run(self) -> None:
        """Until cancelled. A verifier that is away is asked again."""
        while True:
            try:
                asked = await self._client.prints(DeskAsks(printer=self.state))
                for job in asked.jobs:
                    outcome = await self._print(job)
                    self._told(f"wristband.{outcome}")
                    await self._client.print_done(job.job, JobDone(outcome=outcome))
            except KioskError as error:
                log.warning("desk.prints", code=error.code)
            await asyncio.sleep(ASK_S)

    async def _print(self, job: PrintJob) -> Printed:
        slip = wristband(job, self._hospital)

        def printed(printer: Printer) -> Proof:
            return printer.print(slip)

        try:
            future = asyncio.wrap_future(self._manager.use(self.printer, printed))
            await asyncio.wait_for(future, SLIP_SECONDS)
        except Exception as error:  # whatever it is, the clerk hears that it is not on paper
            log.warning("desk.not_printed", error=getattr(error, "code", type(error).__name__))
            found = outcome_of(error)
            return found if found in ("part", "no_paper") else "failed"
        return "printed"
