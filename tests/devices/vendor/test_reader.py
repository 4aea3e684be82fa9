"""Cards through a vendor's library, in both hosts; and every way in which a library fails."""

import base64
import logging
import os
import signal
import stat
import struct
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from codes.sex import Sex
from devices import vendor
from devices.errors import BadFrame, DeviceError, NoCard, Refused, Timeout, Unplugged
from devices.resident_id.invented import invented_card as invented_id
from devices.social_security_card.bas import read_card_bas
from devices.social_security_card.invented import invented_card
from devices.social_security_card.layout import SocialSecurityCard
from devices.vendor import VendorReader, VendorSettings, frames
from devices.vendor.host_process import Host, command_of
from devices.vendor.library import Library

from .conftest import FUNCTIONS, Described, build_library

CARD, OTHER = invented_card(7), invented_card(8)
PERSON = invented_id(7)
AT_ONCE = VendorSettings(first_backoff=0.01, last_backoff=0.02, find_interval=0.05)
LATE = VendorSettings(first_backoff=60.0, last_backoff=60.0)
WAIT_S = 60.0


def bas(card: SocialSecurityCard = CARD) -> str:
    return read_card_bas(card.fields(), terminal="990101000001", device="d1")


def sfz() -> str:
    c, sex = PERSON, "男" if PERSON.sex is Sex.MALE else "女"
    said = (c.name, sex, "汉", f"{c.birth:%Y%m%d}", c.address, c.number, "20200101", "长期")
    return "|".join(str(item) for item in (*said, c.authority))


def failing(described: Described, function: str, deadline: float = 30.0) -> DeviceError:
    """What a read raises; the host is gone then."""
    with vendor.open(described.of(function, deadline=deadline), settings=LATE) as reader:
        pid = host_of(reader).pid
        with pytest.raises(DeviceError) as failure:
            reader.read(0)
        assert not Path(f"/proc/{pid}").exists()  # not even as a zombie
    return failure.value


def asked_for(function: str, *arguments: Mapping[str, object]) -> dict[str, object]:
    return {
        "function": function,
        "convention": "cdecl",
        "arguments": arguments,
        "returns": "int32",
    }


def host_of(reader: VendorReader) -> Host:
    assert reader._library is not None
    return reader._library.host


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_social_security_card_is_read(described: Described) -> None:
    described.put("card", bas())
    with vendor.open(described.write(FUNCTIONS, device="d")) as reader:
        assert not reader.simulated
        readings = [reader.read(1), reader.read(1)]
        assert reader.simulated
    for reading in readings:
        assert (reading.kind, reading.device) == ("social_security_card", "vendor:d")
        assert (reading.authenticated, reading.simulated) == (False, True)
        assert reading.fields.items() <= CARD.fields().items()
        assert {"name", "number", "region", "card_id", "valid_to"} <= set(reading.fields)
        assert CARD.number not in repr(reading)


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8"])
def test_an_identity_card_is_read_in_the_librarys_encoding(
    described: Described, encoding: str
) -> None:
    described.put("sfz", sfz(), encoding)
    functions = (
        FUNCTIONS
        + """
[functions.ReadSFZ]
arguments = [{ out = 8192 }]
no_card = [-1]

[readings.resident_id]
function = "ReadSFZ"
authenticated = true
"""
    )
    with vendor.open(described.write(functions, encoding=encoding)) as reader:
        reading = reader.read(1)
    assert (reading.kind, reading.authenticated, reading.simulated) == ("resident_id", True, True)
    assert reading.fields == PERSON.fields() | {"authenticated_by": "stated:library"}


def test_a_card_that_comes_later_is_waited_for(described: Described) -> None:
    with vendor.open(described.write(FUNCTIONS), settings=AT_ONCE) as reader:
        with pytest.raises(NoCard):
            reader.read(0.1)
        laying = threading.Timer(0.1, described.put, ("card", bas()))
        laying.start()
        try:
            assert reader.read(WAIT_S).fields["number"] == CARD.number
        finally:
            laying.join()


def test_the_library_is_called_with_stdcall_on_32_bits(
    tmp_path: Path, library_32: Path, c_host_32: Path
) -> None:
    described = Described(tmp_path, library_32, c_host_32)
    described.put("card", bas())
    for name, convention in (("ReadCardBas", "cdecl"), ("ReadCardBasStd", "stdcall")):
        functions = FUNCTIONS.replace("ReadCardBas", name)
        line = f'convention = "{convention}"\ndeadline'
        with vendor.open(described.write(functions.replace("deadline", line))) as reader:
            assert [reader.read(1).fields["number"] for _ in range(100)] == [CARD.number] * 100


def test_a_library_of_another_bitness_is_said_to_be_one(
    tmp_path: Path, library_32: Path, host_program: Path | None
) -> None:
    with pytest.raises(Unplugged) as failure:
        vendor.open(Described(tmp_path, library_32, host_program).write(FUNCTIONS))
    assert failure.value.code == "vendor.wrong_bitness"


def test_a_library_of_64_bits_is_of_another_bitness_for_a_host_of_32(
    tmp_path: Path, library: Path, c_host_32: Path
) -> None:
    with pytest.raises(Unplugged) as failure:
        vendor.open(Described(tmp_path, library, c_host_32).write(FUNCTIONS))
    assert failure.value.code == "vendor.wrong_bitness"


@pytest.mark.parametrize("content", [None, b"", b"no library", b"\x7fELF\x02\x01\x01" + bytes(99)])
def test_a_library_that_is_not_there_or_none_is_missing(
    described: Described, content: bytes | None
) -> None:
    if content is not None:
        (described.folder / "none.so").write_bytes(content)
    with pytest.raises(Unplugged) as failure:
        vendor.open(described.write(FUNCTIONS, library="none.so"))
    assert failure.value.code == "vendor.library_missing"


def test_a_working_folder_that_is_not_there_is_missing_with_its_library(
    described: Described,
) -> None:
    with pytest.raises(Unplugged) as failure:
        vendor.open(described.write(FUNCTIONS, working_folder="none"))
    assert (failure.value.code, failure.value.note) == ("vendor.library_missing", "folder_missing")


def test_a_function_that_the_library_lacks_is_known_before_a_card_is_laid_down(
    described: Described,
) -> None:
    with pytest.raises(Unplugged) as failure:
        vendor.open(described.of("ReadNothing"))
    assert failure.value.code == "vendor.function_missing"
    assert "ReadNothing" in failure.value.note


def test_a_host_that_is_not_there_is_missing(described: Described) -> None:
    with pytest.raises(Unplugged) as failure:
        vendor.open(described.write(FUNCTIONS, host="none"))
    assert failure.value.code == "vendor.host_missing"


@pytest.mark.parametrize("program", ["/bin/true", "/bin/cat", "/bin/ls"])
def test_a_program_that_is_no_host_is_told_from_one(described: Described, program: str) -> None:
    with pytest.raises((Timeout, BadFrame)) as failure:
        vendor.open(described.write(FUNCTIONS, host=program))
    assert failure.value.code in ("vendor.crashed", "vendor.garbled")


def test_a_crash_is_one_error_and_the_next_read_begins_anew(described: Described) -> None:
    described.put("card", bas())
    with vendor.open(described.of("CrashOnce"), settings=AT_ONCE) as reader:
        with pytest.raises(Timeout) as failure:
            reader.read(1)
        assert failure.value.code == "vendor.crashed"
        assert str(-signal.SIGSEGV) in failure.value.note
        assert reader.read(1).fields["number"] == CARD.number


def test_a_crash_leaves_no_core(described: Described) -> None:
    assert failing(described, "Crash").code == "vendor.crashed"
    assert [path.name for path in described.folder.iterdir()] == ["reader.toml"]


def test_while_the_back_off_runs_the_same_error_is_said_again(described: Described) -> None:
    with vendor.open(described.of("Crash"), settings=LATE) as reader:
        for _ in range(3):
            with pytest.raises(Timeout) as failure:
                reader.read(0.01)
            assert failure.value.code == "vendor.crashed"
        assert reader._library is None
        reader.rest(0.01)


def test_an_exit_of_the_library_is_a_crash(described: Described) -> None:
    assert failing(described, "Exit").code == "vendor.crashed"


def test_a_library_that_closes_every_file_is_a_crash(described: Described) -> None:
    assert failing(described, "CloseEverything").code == "vendor.crashed"


def test_a_library_that_hangs_is_killed_at_its_deadline(described: Described) -> None:
    assert failing(described, "Hang", deadline=0.3).code == "vendor.hung"
    assert (described.folder / "hanging").exists()


def test_what_a_hanging_library_started_is_killed_with_it(
    described: Described, alive: Callable[[int], bool]
) -> None:
    error = failing(described, "HangWithChild", deadline=4.0)
    assert error.code == "vendor.hung"
    (child,) = struct.unpack("i", (described.folder / "child").read_bytes())
    until(lambda: not alive(child))


def test_a_host_that_is_killed_in_a_call_is_a_crash(described: Described) -> None:
    with vendor.open(described.of("Hang"), settings=LATE) as reader:
        host = host_of(reader)
        hanging = described.folder / "hanging"

        def kill() -> None:
            until(hanging.exists)
            os.kill(host.pid, signal.SIGKILL)

        killing = threading.Thread(target=kill)
        killing.start()
        with pytest.raises(Timeout) as failure:
            reader.read(0)
        killing.join()
    assert failure.value.code == "vendor.crashed"
    assert str(-signal.SIGKILL) in failure.value.note


def test_a_host_that_is_killed_at_rest_is_started_again_before_the_next_person(
    described: Described,
) -> None:
    described.put("card", bas())
    with vendor.open(described.write(FUNCTIONS), settings=AT_ONCE) as reader:
        first = host_of(reader).pid
        os.kill(first, signal.SIGKILL)
        until(lambda: rested(reader) is None)
        until(lambda: rested(reader) is not None)
        assert host_of(reader).pid != first
        assert reader.read(1).fields["number"] == CARD.number


def rested(reader: VendorReader) -> Library | None:
    reader.rest(0.05)
    return reader._library


@pytest.mark.parametrize("way", ["CRASHES_WHEN_LOADED", "HANGS_WHEN_LOADED"])
def test_a_library_that_fails_while_it_is_loaded_ends_its_host_only(
    described: Described, compiler: str, way: str
) -> None:
    library = build_library(compiler, described.folder / "fails.so", f"-D{way}")
    settings = VendorSettings(start_deadline=30.0 if way.startswith("CRASH") else 2.0)
    with pytest.raises(Timeout) as failure:
        vendor.open(described.write(FUNCTIONS, library=str(library)), settings=settings)
    assert failure.value.code in ("vendor.crashed", "vendor.hung")


def test_noise_of_the_library_does_not_reach_the_protocol(
    described: Described, capfd: pytest.CaptureFixture[str]
) -> None:
    described.put("card", bas())
    with vendor.open(described.of("Noise")) as reader:
        for _ in range(3):
            assert reader.read(1).fields["number"] == CARD.number
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("function", ["WritePast", "WriteBefore"])
def test_a_library_that_writes_outside_its_buffer_is_believed_no_longer(
    described: Described, function: str
) -> None:
    error = failing(described, function)
    assert (error.code, error.note) == ("vendor.garbled", "overrun")


def test_a_buffer_that_is_full_to_its_last_byte_is_a_malformed_line(described: Described) -> None:
    with vendor.open(described.of("FillWhole")) as reader, pytest.raises(Refused) as failure:
        reader.read(0)
    assert failure.value.code == "social_security_card.incomplete"


@pytest.mark.parametrize(("function", "code"), [("LongText", "garbled"), ("Nowhere", "crashed")])
def test_a_text_without_end_or_place_is_no_answer(
    described: Described, function: str, code: str
) -> None:
    text = f'[functions.{function}]\narguments = []\nreturns = "text"\nsuccess = "0000"\n'
    path = described.write(text, on_start=[function])
    with pytest.raises((BadFrame, Timeout)) as failure:
        vendor.open(path)
    assert failure.value.code == f"vendor.{code}"


def test_a_refusal_has_the_librarys_code_and_nothing_of_its_text(
    described: Described, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        vendor.open(described.of("Refuse")) as reader,
        pytest.raises(Refused) as failure,
    ):
        reader.read(0)
    assert (failure.value.code, failure.value.note) == ("vendor.refused", "Refuse: code -2202")
    assert "nothing" not in caplog.text


def test_a_card_that_one_function_refuses_is_read_by_another(described: Described) -> None:
    described.put("card", bas())
    functions = FUNCTIONS.replace("ReadCardBas", "Refuse").replace(", { out = 8192 }", "")
    functions = functions.replace("[readings.social_security_card]", "[readings.resident_id]")
    with vendor.open(described.write(functions + FUNCTIONS)) as reader:
        assert reader.read(0).fields["number"] == CARD.number


def test_nothing_personal_is_logged(described: Described, caplog: pytest.LogCaptureFixture) -> None:
    described.put("card", bas().replace(CARD.number, CARD.number[:-1] + "#"))
    with (
        caplog.at_level(logging.DEBUG),
        vendor.open(described.write(FUNCTIONS)) as reader,
        pytest.raises(Refused) as failure,
    ):
        reader.read(0)
    assert failure.value.code == "social_security_card.number_invalid"
    for text in (CARD.name, CARD.number[:-1]):
        assert text not in caplog.text + str(failure.value)


def test_what_is_given_on_start_reaches_the_library_from_a_file_that_is_the_owners(
    described: Described,
) -> None:
    functions = (
        FUNCTIONS + '[functions.Init]\narguments = [{ in_file = "init.json" }, { out = 99 }]\n'
    )
    path = described.write(functions, on_start=["Init"])
    secret = described.folder / "init.json"
    secret.write_text('{"ORG_ID":"演示"}', "utf-8")
    secret.chmod(0o644)
    with pytest.raises(Refused) as failure:
        vendor.open(path)
    assert failure.value.code == "vendor.description_invalid"
    assert "init.json" in failure.value.note
    secret.chmod(stat.S_IRUSR)
    vendor.open(path).close()
    assert (described.folder / "init").read_bytes() == '{"ORG_ID":"演示"}'.encode("gb18030")


def test_a_closed_reader_is_unplugged_and_its_host_gone(
    described: Described, alive: Callable[[int], bool]
) -> None:
    patient = VendorSettings(close_deadline=WAIT_S)
    reader = vendor.open(described.write(FUNCTIONS), settings=patient)
    host = host_of(reader)
    reader.close()
    reader.close()
    assert not alive(host.pid)
    assert host._process.returncode == 0  # the library was unloaded, and nothing had to be killed
    with pytest.raises(Unplugged):
        reader.read(0)


def test_an_agent_that_dies_takes_its_host_along(
    described: Described, alive: Callable[[int], bool]
) -> None:
    """Its pipe ends, and so does a host that waits for a request."""
    host = Host(command_of(described.host))
    host.hello(WAIT_S)
    host._out.put(None)
    assert host.ended.wait(WAIT_S)
    host.kill()
    assert host._process.returncode == 0
    assert not alive(host.pid)


def test_a_host_whose_agent_died_in_a_hanging_call_ends_itself(described: Described) -> None:
    host = Host(command_of(described.host))
    loaded = {
        "library": str(described.library),
        "working_folder": str(described.folder),
        "functions": [],
    }
    host.ask("load", loaded, WAIT_S)
    hang = asked_for("Hang", {"out": 9})
    host._out.put(frames.encode(host._asked + 1, "call", 1, hang))
    host._out.put(None)
    assert host.ended.wait(WAIT_S)
    host.kill()
    assert host._process.returncode not in (None, 0, -signal.SIGKILL)


def test_nothing_that_was_read_stays_in_the_hosts_memory(
    tmp_path: Path, library: Path, c_host: Path
) -> None:
    """The C host's promise; the library itself looks for the number as it is and as it was sent."""
    described = Described(tmp_path, library, c_host)
    described.put("card", bas())
    with vendor.open(described.write(FUNCTIONS)) as reader:
        assert reader.read(1).fields["number"] == CARD.number
        sent = base64.b64encode(bas().encode("gb18030")).decode()[8:40]
        host = host_of(reader)
        for pattern in (CARD.number, sent):
            turned = bytes(~byte & 0xFF for byte in pattern.encode())
            asked = asked_for("Remains", frames.bytes_argument(turned))
            assert host.ask("call", asked, WAIT_S)["returned"] == 0
