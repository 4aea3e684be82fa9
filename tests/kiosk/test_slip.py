"""The slip: what stands on it, when it may be had, and a real one from touch to paper."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from devices.manager import DeviceConfig
from devices.printer import NotPrinted, OnPaper, PrinterSettings, Slip
from devices.printer.layout import Line, lay_out
from devices.printer.simulator import PrinterFault, PrinterSimulator
from kiosk import events as e
from kiosk.agent import Agent
from kiosk.settings import KioskSettings
from kiosk.slip import compose, outcome_of
from kiosk.states import SlipState, Step, Visit
from kiosk.view import view
from kiosk.visit import advance
from tests.kiosk.gallery import BASE, SCREENS, SETTINGS
from tests.kiosk.people import NOW, READING
from tests.kiosk.test_agent import CARD, a_place, until
from tests.squares import read_square
from verifier.protocol.values import new_id

INSTITUTION = "H99010100001"
LAST = {name: v for name, v in SCREENS.items() if v.step in (Step.RESULT, Step.COUNTER)}


def slip_of(visit: Visit) -> Slip:
    return compose(visit, SETTINGS, INSTITUTION, NOW)


def lines(slip: Slip) -> list[str]:
    return [item.text for item in lay_out(slip, 48) if isinstance(item, Line) and item.text]


def test_a_slip_says_where_when_who_and_what_was_decided() -> None:
    visit = replace(SCREENS["accepted"], id="abcdefGHIJKLMNOPQRSTUV")
    rule = "-" * 48
    assert lines(slip_of(visit)) == [
        "示范医院",
        "身份核对凭条",
        "时间      2026-03-02 09:30",
        "记录编号  J6SDTH",
        "姓名      张*",
        rule,
        "身份已确认，请继续办理。",
        "已核对：证件和人脸",
        rule,
        "模拟设备，只供演示",
        "医院系统扫码可核对，码内没有个人信息",
        "这不影响您看病。",
    ]


def test_a_slip_without_acceptance_names_every_door_that_stays_open() -> None:
    said = lines(slip_of(SCREENS["no-match"]))
    for door in ("人工窗口", "自费或先诊疗", "急诊先救"):
        assert door in said
    assert "没有找到对应的登记信息。" in said


def test_a_slip_of_the_counter_s_screen_has_the_visit_s_code_and_no_receipt() -> None:
    slip = slip_of(SCREENS["counter-offline"])
    assert slip.qr is None
    assert "记录编号  J6SDTH" in lines(slip)
    assert "系统暂时连不上，已经为您记下。" in lines(slip)


def test_a_slip_is_in_the_visit_s_language() -> None:
    said = " ".join(lines(slip_of(replace(SCREENS["rejected"], language="en"))))
    assert said.startswith("Model Hospital Identity check slip")
    assert "Emergency comes first" in said
    assert all(ord(character) < 0x80 for character in said)


@pytest.mark.parametrize("name", sorted(LAST))
def test_nothing_personal_but_the_masked_name_stands_on_any_slip(name: str) -> None:
    visit = replace(LAST[name], reading=READING, last_four="9876")
    slip = slip_of(visit)
    said = " ".join([*lines(slip), slip.qr or ""])
    for secret in (*READING.fields.values(), "9876"):
        assert secret not in said
    if visit.exchange:
        assert slip.qr == f"shualian:receipt:{INSTITUTION}:{visit.exchange.answer.receipt_id}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_slip_is_longer_than_a_forearm(language: str) -> None:
    for visit in LAST.values():
        slip = slip_of(replace(visit, language=language))  # type: ignore[arg-type]
        assert len(lay_out(slip, PrinterSettings(width=58).columns)) < 45


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotPrinted("printer.paper_out"), "no_paper"),
        (NotPrinted("printer.paper_out", on_paper=OnPaper.PART), "part"),
        (NotPrinted("printer.no_answer", on_paper=OnPaper.UNKNOWN), "part"),
        (NotPrinted("printer.cover_open"), "failed"),
        (TimeoutError(), "part"),
        (RuntimeError(), "failed"),
    ],
)
def test_a_failure_is_said_as_what_may_be_on_the_paper(error: Exception, state: SlipState) -> None:
    assert outcome_of(error) == state


def test_a_slip_is_offered_only_where_a_printer_stands_ready() -> None:
    assert view(SCREENS["counter"], SETTINGS).slip is None
    assert view(SCREENS["counter-slip"], SETTINGS).slip == "offered"
    assert view(replace(BASE, step=Step.DOORS, can_print=True), SETTINGS).slip is None
    before = SCREENS["counter"]
    assert advance(before, e.SlipWanted()) == (replace(before, pulse=before.pulse + 1), ())


def test_a_slip_that_is_done_gives_time_to_take_it() -> None:
    wanted, effects = advance(SCREENS["counter-slip"], e.SlipWanted())
    assert effects == (e.PrintSlip(wanted.serial),)
    assert wanted.slip == "printing"
    done, _ = advance(wanted, e.SlipDone(wanted.serial, "printed"))
    assert (done.slip, done.pulse) == ("printed", wanted.pulse + 1)
    late, _ = advance(done, e.SlipDone(done.serial, "failed"))
    assert late == done


def test_the_next_screen_has_a_slip_of_its_own() -> None:
    moved, _ = advance(SCREENS["refer-slip-printed"], e.CounterChosen())
    assert (moved.step, moved.slip, moved.can_print) == (Step.COUNTER, None, True)


async def state(agent: Agent, holds: Callable[[Visit], bool]) -> None:
    """Wait until this is so."""
    reached = asyncio.Event()
    stop = agent.listen(lambda _: reached.set() if holds(agent.visit) else None)
    if holds(agent.visit):
        reached.set()
    try:
        async with asyncio.timeout(30):
            await reached.wait()
    finally:
        stop()


def at_a_terminal(
    settings: KioskSettings,
    act: Callable[[Agent, PrinterSimulator], Awaitable[None]],
    at_result: bool = False,
) -> None:
    async def run() -> None:
        with PrinterSimulator(baudrate=115_200) as printer:
            listed = DeviceConfig(
                "slips", "printer", printer.url, {"baudrate": 115_200, "answer_timeout": 2.0}
            )
            async with a_place(settings, None, [listed]) as place:
                place.reader.present(CARD)
                place.agent.post(e.Started(new_id()))
                await state(place.agent, lambda visit: visit.can_print)
                await until(place.agent, Step.NOTICE)
                place.agent.post(e.CounterChosen())
                await act(place.agent, printer)

    asyncio.run(run())


def test_a_touch_prints_the_slip_of_the_screen(settings: KioskSettings) -> None:
    async def act(agent: Agent, printer: PrinterSimulator) -> None:
        code = agent.visit.code
        agent.post(e.SlipWanted())
        assert agent.visit.slip == "printing"
        await state(agent, lambda visit: visit.slip == "printed")
        (slip,) = printer.slips
        assert f"记录编号  {code}" in slip.text
        assert "请到人工窗口" in slip.text

    at_a_terminal(settings, act)


def test_a_roll_that_ends_in_the_slip_is_said_kindly_and_the_button_goes(
    settings: KioskSettings,
) -> None:
    async def act(agent: Agent, printer: PrinterSimulator) -> None:
        printer.inject(PrinterFault.PAPER_OUT_MIDWAY)
        agent.post(e.SlipWanted())
        await state(agent, lambda visit: visit.slip == "part")
        await state(agent, lambda visit: not visit.can_print)

    at_a_terminal(settings, act)


def test_a_printer_that_runs_empty_or_goes_takes_the_offer_away(settings: KioskSettings) -> None:
    async def act(agent: Agent, printer: PrinterSimulator) -> None:
        printer.inject(PrinterFault.PAPER_OUT)
        await state(agent, lambda visit: not visit.can_print)
        printer.mend(PrinterFault.PAPER_OUT)
        await state(agent, lambda visit: visit.can_print)
        printer.unplug()
        await state(agent, lambda visit: not visit.can_print)
        agent.post(e.SlipWanted())
        assert agent.visit.slip is None

    at_a_terminal(settings, act)


def test_the_receipt_s_code_on_the_paper_is_the_receipt_s(settings: KioskSettings) -> None:
    async def run() -> None:
        with PrinterSimulator(baudrate=115_200) as printer:
            listed = DeviceConfig("slips", "printer", printer.url, {"baudrate": 115_200})
            async with a_place(settings, None, [listed]) as place:
                agent = place.agent
                place.reader.present(CARD)
                agent.post(e.Started(new_id()))
                await until(agent, Step.NOTICE)
                agent.post(e.Declined(agent.visit.notice or "", NOW))
                agent.post(e.DoorChosen("resident_id"))  # type: ignore[arg-type]
                await until(agent, Step.RESULT)
                await state(agent, lambda visit: visit.can_print)
                assert agent.visit.exchange is not None
                receipt = agent.visit.exchange.answer.receipt_id
                agent.post(e.SlipWanted())
                await state(agent, lambda visit: visit.slip == "printed")
                picture = np.frombuffer(printer.slips[0].png, np.uint8)
                grey = cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE)
                said = read_square(grey)
                institution = agent.desk.client.identity.institution
                assert said == f"shualian:receipt:{institution}:{receipt}"

    asyncio.run(run())
