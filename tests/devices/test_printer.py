"""The driver on real serial bytes: slips as pictures, troubles, and what is known after them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from devices import printer
from devices.errors import DeviceError, Unplugged
from devices.printer import (
    Field,
    Garbled,
    NoAnswer,
    NotPrinted,
    OnPaper,
    Paragraph,
    Printer,
    PrinterSettings,
    Proof,
    Rule,
    Slip,
)
from devices.printer.paper import PrintedSlip
from devices.printer.simulator import PrinterFault, PrinterSimulator
from devices.simulation import LineFault
from tests.squares import read_square

RATE = 115_200
QR = "shualian:receipt:H99010100001:abcdefGHIJKLMNOPQRSTUV"
SLIP = Slip(
    "示范医院",
    "身份核对凭条",
    (
        Field("时间", "2026-03-02 09:30"),
        Field("姓名", "张*"),
        Rule(),
        Paragraph("需要工作人员帮您看一下。", bold=True),
        Paragraph("带上证件，工作人员帮您办。急诊先救。" * 6),
    ),
    QR,
    ("这不影响您看病。",),
)


def patient(**more: Any) -> PrinterSettings:
    """For machines that do much else: no answer is late only because a core was busy."""
    return PrinterSettings(**{"baudrate": RATE, "answer_timeout": 2.0, "poll": 0.1, **more})


@pytest.fixture
def simulator() -> Iterator[PrinterSimulator]:
    with PrinterSimulator(baudrate=RATE) as simulator:
        yield simulator


@pytest.fixture
def device(simulator: PrinterSimulator) -> Iterator[Printer]:
    with printer.open(simulator.url, settings=patient()) as device:
        yield device


def qr_of(slip: PrintedSlip) -> str:
    """What a camera reads from the picture."""
    picture = cv2.imdecode(np.frombuffer(slip.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return read_square(picture)


def width_of(slip: PrintedSlip) -> int:
    return int.from_bytes(slip.png[16:20], "big")


def test_a_slip_is_printed_and_the_printer_says_so(
    device: Printer, simulator: PrinterSimulator
) -> None:
    assert device.print(SLIP) is Proof.PRINTED
    (slip,) = simulator.slips
    for said in ("示范医院", "时间  2026-03-02 09:30", "姓名  张*", "这不影响您看病。"):
        assert said in slip.text.splitlines()
    assert qr_of(slip) == QR


@pytest.mark.parametrize(("width", "dots"), [(58, 464), (80, 640)])
@pytest.mark.parametrize("qr", ["native", "raster"])
@pytest.mark.parametrize("end", ["cut", "tear"])
def test_either_paper_code_and_ending_gives_a_slip_whose_code_can_be_read(
    width: int, dots: int, qr: str, end: str
) -> None:
    with PrinterSimulator(width=width, baudrate=RATE) as simulator:
        settings = patient(width=width, qr=qr, end=end)
        with printer.open(simulator.url, settings=settings) as device:
            assert device.print(SLIP) is Proof.PRINTED
        assert len(simulator.slips) == (end == "cut")
        slip = simulator.slips[0] if end == "cut" else simulator.tear()
    assert (qr_of(slip), width_of(slip)) == (QR, dots)


def test_a_serial_server_s_printer_prints_as_well() -> None:
    with PrinterSimulator(baudrate=RATE, at="tcp://127.0.0.1:0") as simulator:
        with printer.open(simulator.url, settings=patient()) as device:
            assert device.print(SLIP) is Proof.PRINTED
        assert len(simulator.slips) == 1


@pytest.mark.parametrize("flow", ["xonxoff", "rtscts", "dsrdtr"])
def test_a_line_may_have_flow_control(simulator: PrinterSimulator, flow: str) -> None:
    with printer.open(simulator.url, settings=patient(flow=flow)) as device:
        assert device.print(SLIP) is Proof.PRINTED


def test_asking_for_the_status_moves_no_paper(device: Printer, simulator: PrinterSimulator) -> None:
    for _ in range(5):
        assert device.read(8.0).trouble is None
    device.print(SLIP)
    (slip,) = simulator.slips
    assert slip.text.startswith("示范医院")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (PrinterFault.PAPER_OUT, "printer.paper_out"),
        (PrinterFault.COVER_OPEN, "printer.cover_open"),
        (PrinterFault.OFFLINE, "printer.offline"),
        (PrinterFault.CUTTER_STUCK, "printer.cutter_stuck"),
    ],
)
def test_a_printer_that_cannot_print_says_why_and_is_sent_nothing(
    device: Printer, simulator: PrinterSimulator, fault: PrinterFault, code: str
) -> None:
    simulator.inject(fault)
    assert device.read(8.0).trouble == code
    with pytest.raises(NotPrinted) as refused:
        device.print(SLIP)
    assert (refused.value.code, refused.value.on_paper) == (code, OnPaper.NOTHING)
    simulator.mend(fault)
    assert device.read(8.0).trouble is None
    assert simulator.slips == ()
    assert device.print(SLIP) is Proof.PRINTED


def test_a_roll_near_its_end_still_prints(device: Printer, simulator: PrinterSimulator) -> None:
    simulator.inject(PrinterFault.PAPER_NEAR_END)
    status = device.read(8.0)
    assert (status.paper_near_end, status.trouble) == (True, None)
    assert device.print(SLIP) is Proof.PRINTED


def test_a_roll_that_ends_in_a_slip_is_known_and_its_rest_is_never_printed(
    device: Printer, simulator: PrinterSimulator
) -> None:
    simulator.inject(PrinterFault.PAPER_OUT_MIDWAY)
    with pytest.raises(NotPrinted) as stopped:
        device.print(SLIP)
    assert (stopped.value.code, stopped.value.on_paper) == ("printer.paper_out", OnPaper.PART)
    half = simulator.tear()
    assert "张*" in half.text
    assert "这不影响您看病。" not in half.text
    simulator.mend(PrinterFault.PAPER_OUT)
    assert device.print(Slip("下一位")) is Proof.PRINTED
    assert [slip.text.split("\n")[0] for slip in simulator.slips] == ["示范医院", "下一位"]


def test_without_clearing_the_rest_is_printed_when_paper_is_laid_in(
    simulator: PrinterSimulator,
) -> None:
    with printer.open(simulator.url, settings=patient(clear=False)) as device:
        simulator.inject(PrinterFault.PAPER_OUT_MIDWAY)
        with pytest.raises(NotPrinted):
            device.print(SLIP)
        simulator.tear()
        simulator.mend(PrinterFault.PAPER_OUT)
        assert "带上证件" in simulator.tear().text


@pytest.mark.parametrize(
    ("faults", "proof"),
    [
        ([PrinterFault.NO_PROCESS_ID], Proof.WORKED_OFF),
        ([PrinterFault.NO_PROCESS_ID, PrinterFault.NO_IN_ORDER], Proof.SENT),
    ],
)
def test_a_printer_that_proves_less_is_not_said_to_have_printed(
    simulator: PrinterSimulator, faults: list[PrinterFault], proof: Proof
) -> None:
    for fault in faults:
        simulator.inject(fault)
    with printer.open(simulator.url, settings=patient(answer_timeout=0.5)) as device:
        assert device.print(SLIP) is proof
    assert simulator.wait_for_slips(1)


def test_a_printer_that_takes_the_slip_and_never_proves_it_leaves_that_unknown(
    device: Printer, simulator: PrinterSimulator
) -> None:
    simulator.inject(PrinterFault.NO_PROCESS_ID)
    device._settings = patient(print_timeout=0.5)
    with pytest.raises(NotPrinted) as unsure:
        device.print(SLIP)
    assert (unsure.value.code, unsure.value.on_paper) == ("printer.slow", OnPaper.UNKNOWN)


def test_a_printer_that_is_switched_off_does_not_open(simulator: PrinterSimulator) -> None:
    simulator.inject(LineFault.BUSY, None)
    with pytest.raises(NoAnswer) as silent:
        printer.open(simulator.url, settings=patient(answer_timeout=0.1))
    assert silent.value.code == "printer.no_answer"


def test_another_device_s_noise_is_no_printer(simulator: PrinterSimulator) -> None:
    simulator.inject(LineFault.ENDLESS_NOISE)
    with pytest.raises(Garbled):
        printer.open(simulator.url, settings=patient())


def test_a_port_that_is_not_there_is_unplugged(tmp_path: Path) -> None:
    with pytest.raises(Unplugged):
        printer.open(str(tmp_path / "none"), settings=patient())


def test_a_printer_that_goes_in_the_middle_leaves_unknown_what_stands_on_the_paper(
    device: Printer, simulator: PrinterSimulator
) -> None:
    simulator.inject(LineFault.UNPLUGGED, on="process_id")
    with pytest.raises(NotPrinted) as gone:
        device.print(SLIP)
    assert (gone.value.code, gone.value.on_paper) == ("device.unplugged", OnPaper.UNKNOWN)
    with pytest.raises(Unplugged):
        device.rest(1.0)


@pytest.mark.parametrize(
    "fault", [each for each in LineFault if each not in (LineFault.UNPLUGGED, LineFault.BUSY)]
)
def test_whatever_the_line_does_to_a_status_it_is_a_status_or_a_typed_error_and_passes(
    device: Printer, simulator: PrinterSimulator, fault: LineFault
) -> None:
    simulator.inject(fault, 2)
    assert {outcome(device), outcome(device)} <= {None, "printer.garbled", "printer.no_answer"}
    simulator.clear()
    eventually(lambda: device.read(8.0).trouble is None)
    assert device.print(SLIP) is Proof.PRINTED


def outcome(device: Printer) -> str | None:
    try:
        device.read(8.0)
    except DeviceError as error:
        return error.code
    return None


def eventually(holds: Callable[[], bool]) -> None:
    """A line that was full of noise needs a moment to be empty."""
    for _ in range(20):
        try:
            if holds():
                return
        except DeviceError:
            continue
    raise AssertionError("it never holds")


def test_a_late_answer_is_not_taken_for_the_next_question_s() -> None:
    with PrinterSimulator(baudrate=RATE, lateness=0.4) as simulator:
        settings = patient(answer_timeout=0.3)
        with printer.open(simulator.url, settings=settings) as device:
            simulator.inject(PrinterFault.OFFLINE)
            simulator.inject(LineFault.SLOW, 1, on=("status", 1))
            with pytest.raises(NoAnswer):
                device.read(5.0)
            assert device.read(5.0).trouble == "printer.offline"


def test_a_simulator_is_known_as_soon_as_it_is_ready(simulator: PrinterSimulator) -> None:
    simulator.inject(PrinterFault.COVER_OPEN)
    with printer.open(simulator.url, settings=patient()) as device:
        assert not device.simulated
        simulator.mend(PrinterFault.COVER_OPEN)
        assert device.read(8.0).simulated
        assert device.simulated


@pytest.mark.parametrize(
    "slip", [Slip("院", rows=(Paragraph("长" * 5000),)), Slip("院", qr="x" * 501)]
)
def test_a_slip_that_no_paper_holds_is_refused_before_it_is_begun(
    device: Printer, simulator: PrinterSimulator, slip: Slip
) -> None:
    with pytest.raises(NotPrinted) as refused:
        device.print(slip)
    assert (refused.value.code, refused.value.on_paper) == ("printer.too_long", OnPaper.NOTHING)
    assert simulator.slips == ()


@pytest.mark.parametrize("given", [{"width": 70}, {"qr_size": 0}])
def test_settings_that_no_printer_has_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        PrinterSettings(**given)
