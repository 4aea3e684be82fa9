"""An emergency's wristband on a desk's ESC/POS printer, from the page to the paper."""

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from devices.manager import DeviceConfig
from devices.printer.simulator import PrinterFault, PrinterSimulator
from kiosk.desk_agent import DeskAgent
from kiosk.identity import TerminalIdentity
from kiosk.verifier_client import VerifierClient
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, Terminal
from tests.verifier.serving.staff import member
from verifier.api.prints import HEARD_S, WAITS_S, Prints
from verifier.protocol.desk import DESK, DeskAsks, JobDone, PrinterIs, PrintJobs
from verifier.trust import terminals
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to

COUNTER = "/console/counter"


@pytest.fixture
def clerk(hospital: Hospital) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, "c0001", Role.COUNTER).token
    return desk


def emergency(clerk: Desk) -> str:
    """One touch: the wristband's address."""
    return leads_to(clerk.post(f"{COUNTER}/emergency", COUNTER))


def ask(desk: Terminal, printer: PrinterIs = "ready") -> PrintJobs:
    body = DeskAsks(printer=printer).model_dump_json().encode()
    return PrintJobs.model_validate_json(desk.post("/v1/prints", body).content)


def done(desk: Terminal, job: str, outcome: str = "printed") -> httpx.Response:
    return desk.post(f"/v1/prints/{job}", JobDone(outcome=outcome).model_dump_json().encode())  # type: ignore[arg-type]


def test_a_wristband_goes_from_the_page_through_the_desk_s_agent_onto_paper(
    hospital: Hospital, clerk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "desk.json"
    public = TerminalIdentity.create(path, INSTITUTION, "http://127.0.0.1")
    with hospital.database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "急诊", "急诊1号窗口", public, [DESK])
    identity = TerminalIdentity.register(path, name)
    one = emergency(clerk)
    assert "没有连着的窗口打印机" in clerk.get(one).text

    async def seen(said: str) -> None:
        async with asyncio.timeout(60):
            while said not in (await asyncio.to_thread(clerk.get, one)).text:
                await asyncio.sleep(0.1)

    async def story(printer: PrinterSimulator) -> None:
        told: asyncio.Queue[str] = asyncio.Queue()
        async with VerifierClient(identity) as client:
            await client._http.aclose()
            transport = httpx.ASGITransport(hospital.http.app)
            client._http = httpx.AsyncClient(transport=transport, base_url="http://verifier")
            devices = [DeviceConfig("slips", "printer", printer.url, {"baudrate": 115200})]
            agent = DeskAgent(devices, client, told.put_nowait, hospital="示范医院")
            running = asyncio.create_task(agent.run())
            try:
                printer.inject(PrinterFault.PAPER_OUT)
                await seen("没有纸了，请装纸")
                printer.mend(PrinterFault.PAPER_OUT)
                await seen("的打印机上打印")
                asked = await asyncio.to_thread(clerk.post, one, one, printer=name)
                assert leads_to(asked) == one
                assert await asyncio.wait_for(told.get(), 60) == "wristband.printed"
                await seen("已打印")
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    with PrinterSimulator(baudrate=115200) as printer:
        asyncio.run(story(printer))
        (slip,) = printer.slips
    with hospital.database.app.connect() as conn:
        number = conn.scalar(text("SELECT number FROM counter_items"))
    assert number in slip.text
    assert slip.codes == (number,)
    assert "待核验" in slip.text
    assert "示范医院" in slip.text


def test_a_job_is_handed_out_once_to_its_own_desk_and_tells_a_number_and_a_time(
    hospital: Hospital, clerk: Desk
) -> None:
    desk, other = hospital.terminal([DESK]), hospital.terminal([DESK])
    one = emergency(clerk)
    leads_to(clerk.post(one, one, printer=desk.id))
    assert ask(desk, "no_paper").jobs == []
    assert ask(other).jobs == []
    (job,) = ask(desk).jobs
    assert set(job.model_dump()) == {"job", "number", "at", "language"}
    assert ask(desk).jobs == []
    assert done(other, job.job).json()["code"] == "request.not_found"
    assert done(desk, job.job, "no_paper").status_code == 204
    assert "装纸后重打" in clerk.get(one).text


def test_who_is_no_desk_gets_no_job_and_no_other_visit_is_printed(
    hospital: Hospital, clerk: Desk
) -> None:
    terminal = hospital.terminal()
    body = DeskAsks(printer="ready").model_dump_json().encode()
    assert terminal.post("/v1/prints", body).json()["code"] == "purpose.unknown"
    one = emergency(clerk)
    assert code(clerk.post(one, one, printer=terminal.id)) == "form.malformed"
    assert code(clerk.post(one, one, printer="")) == "form.malformed"


def test_a_job_that_nobody_fetches_or_answers_is_given_up_after_a_minute(
    hospital: Hospital, clerk: Desk
) -> None:
    now = [0.0]
    prints = hospital.site.prints = Prints(lambda: now[0])
    desk = hospital.terminal([DESK])
    one = emergency(clerk)
    ask(desk)
    assert prints.printer(desk.id) == "ready"
    clerk.post(one, one, printer=desk.id)
    assert "等窗口打印机来取" in clerk.get(one).text
    now[0] = WAITS_S
    assert "没有回应：请用本页打印" in clerk.get(one).text
    assert ask(desk).jobs == [], "a late desk prints nothing"
    now[0] += HEARD_S
    assert prints.printer(desk.id) is None
