"""What a batch takes in: sealed parts, ZIPs that anybody may have made, tables of two kinds."""

import io
import stat
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroll import reasons
from enroll.batch import preview, sheet, spool
from enroll.batch.spool import PART_BYTES, SealedFile, Spool
from enroll.batch.states import BatchRefused
from enroll.batch.zipped import ZippedPhotos
from enroll.errors import PersonRefused
from models.images import MAX_BYTES
from verifier.policy.models import Policy
from verifier.protocol.values import new_id
from verifier.trust.sealing import new_key

from .conftest import PEOPLE, line_of, table_of


def zipped(**files: bytes) -> io.BytesIO:
    """A ZIP of these files, by name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made


def opened(file: io.BytesIO) -> ZippedPhotos:
    """The same as a batch opens it: out of a sealed file."""
    data = file.getvalue()
    return ZippedPhotos(
        SealedFile(lambda i: data[i * PART_BYTES : (i + 1) * PART_BYTES], len(data))
    )


def code_of(file: io.BytesIO) -> str:
    """With which code it is refused."""
    with pytest.raises(BatchRefused) as told:
        opened(file)
    return told.value.code


def test_no_byte_of_a_photo_lies_in_the_clear_and_only_its_owner_may_look(tmp_path: Path) -> None:
    batch, photo = new_id(), b"\xff\xd8 a face " * 1000
    Spool(tmp_path, batch, new_key()).write("photos", 0, photo)
    folder = spool.folder_of(tmp_path, batch)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"a face" not in file.read_bytes()


def test_a_part_opens_under_its_own_key_and_in_its_own_place_alone(tmp_path: Path) -> None:
    batch, key = new_id(), new_key()
    kept = Spool(tmp_path, batch, key)
    kept.write("photos", 0, b"one")
    kept.write("photos", 1, b"two")
    assert kept.read("photos", 1) == b"two"
    first, second = sorted(spool.folder_of(tmp_path, batch).iterdir())
    first.replace(second)
    for opener in (kept, Spool(tmp_path, batch, new_key())):
        with pytest.raises(BatchRefused) as told:
            opener.read("photos", 1)
        assert told.value.code == "batch.photos_gone"


@given(
    st.binary(min_size=1, max_size=300),
    st.lists(st.tuples(st.integers(0, 320), st.integers(-1, 320)), max_size=8),
)
def test_a_sealed_file_reads_as_the_file_that_was_sent(
    data: bytes, reads: list[tuple[int, int]]
) -> None:
    wide = data * 60_000  # so that parts have borders
    file = SealedFile(lambda i: wide[i * PART_BYTES : (i + 1) * PART_BYTES], len(wide))
    plain = io.BytesIO(wide)
    for place, size in reads:
        assert file.seek(place * 50_000) == plain.seek(place * 50_000)
        assert file.read(size) == plain.read(size)
        assert file.tell() == max(plain.tell(), place * 50_000)


def test_an_id_that_is_none_leads_to_no_folder(tmp_path: Path) -> None:
    for name in ("../../etc", "", "a" * 23, "." * 22, "a/b" * 7 + "c"):
        with pytest.raises(BatchRefused):
            spool.folder_of(tmp_path, name)


def test_folders_that_no_batch_needs_go_and_nothing_else_does(tmp_path: Path) -> None:
    wanted, left = new_id(), new_id()
    for batch in (wanted, left):
        Spool(tmp_path, batch, new_key()).write("table", 0, b"x")
    (tmp_path / spool.FOLDER / "notes").mkdir()
    assert spool.tidy(tmp_path, [wanted]) == 1
    assert {path.name for path in (tmp_path / spool.FOLDER).iterdir()} == {wanted, "notes"}


def test_photos_are_found_by_path_or_by_a_name_that_only_one_has() -> None:
    photos = opened(zipped(**{"a/1.jpg": b"1", "b/1.jpg": b"2", "b/2.jpg": b"3"}))
    assert photos.read("a/1.jpg").data == b"1"
    assert photos.read("b\\2.jpg").data == b"3"
    assert photos.read("2.jpg").data == b"3"
    with pytest.raises(PersonRefused, match="photo_not_found"):
        photos.read("1.jpg")


def test_names_that_a_chinese_windows_packed_are_read_as_they_were_meant() -> None:
    made = zipped(placeholder=b"jpeg").getvalue()
    name = "张三.jpg".encode("gb18030").ljust(len("placeholder"), b"_")
    photos = opened(io.BytesIO(made.replace(b"placeholder", name)))
    assert photos.names == {"张三.jpg" + "_" * (len(name) - len("张三.jpg".encode("gb18030")))}


@pytest.mark.parametrize("name", ["../1.jpg", "/etc/1.jpg", "a/../../1.jpg", "C:\\1.jpg", "a\x01"])
def test_a_path_that_leads_elsewhere_is_refused(name: str) -> None:
    assert code_of(zipped(**{name: b"x"})) == "batch.zip_name"


def test_a_link_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("1.jpg")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert code_of(made) == "batch.zip_name"


def test_what_is_no_zip_or_has_a_password_or_a_name_twice_is_refused() -> None:
    assert code_of(io.BytesIO(b"no zip at all")) == "batch.zip"
    flagged = bytearray(zipped(**{"1.jpg": b"x"}).getvalue())
    central = flagged.rindex(b"PK\x01\x02")
    flagged[central + 8] |= 1
    assert code_of(io.BytesIO(bytes(flagged))) == "batch.zip_encrypted"
    assert code_of(zipped(**{"a/1.jpg": b"x", "a\\1.jpg": b"y"})) == "batch.zip_twice"


def test_a_bomb_is_read_no_further_than_one_photo_may_be() -> None:
    made = zipped(**{"1.jpg": b"\0" * (4 * MAX_BYTES)})
    assert len(made.getvalue()) < MAX_BYTES // 100
    assert len(opened(made).read("1.jpg").data) == MAX_BYTES + 1


def test_a_bomb_that_lies_about_its_size_is_a_photo_that_cannot_be_read() -> None:
    made = bytearray(zipped(**{"1.jpg": b"\0" * 100_000}).getvalue())
    central = made.rindex(b"PK\x01\x02")
    made[central + 24 : central + 28] = (100).to_bytes(4, "little")
    photos = opened(io.BytesIO(bytes(made)))
    with pytest.raises(PersonRefused, match="photo_unreadable"):
        photos.read("1.jpg")


def test_what_declares_too_much_in_all_is_refused_unread() -> None:
    made = bytearray(zipped(**{f"{i}.jpg": b"x" for i in range(5)}).getvalue())
    place = 0
    while (place := made.find(b"PK\x01\x02", place + 1)) > 0:
        made[place + 24 : place + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    assert code_of(io.BytesIO(bytes(made))) == "batch.zip_too_large"


def workbook(*rows: list[object]) -> bytes:
    """An XLSX of these rows."""
    book, made = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(made)
    return made.getvalue()


HEADER = ["身份证号", "姓名", "照片", "同意方式", "告知版本", "同意时间"]


def test_a_workbook_says_the_same_as_the_table_in_csv() -> None:
    cells: list[object] = [
        PEOPLE[0].number, PEOPLE[0].name, "0.jpg", "单独同意", "2025-11", "2025-11-03 09:30",
    ]  # fmt: skip
    read = sheet.read(workbook(list(HEADER), cells))
    assert read.encoding == "xlsx"
    assert read.rows[0].cells == sheet.read(table_of(line_of(PEOPLE[0], "0.jpg"))).rows[0].cells


def test_a_number_that_a_workbook_has_rounded_is_nobodys() -> None:
    cells: list[object] = [990101198203120000, "张甲", "0.jpg", "单独同意", "2025-11", "2025-11-03"]
    assert "E+17" in sheet.read(workbook(list(HEADER), cells)).rows[0].get("number")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "batch.table_empty"),
        (b"number,name\n1,2\n", "batch.table_columns"),
        (b"\xff\xfen\0", "batch.table_encoding"),
        (b"\xd0\xcf\x11\xe0", "batch.table_unreadable"),
        (b"PK\x03\x04 broken", "batch.table_unreadable"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(BatchRefused) as told:
        sheet.read(data)
    assert told.value.code == code


def test_a_wrong_row_is_told_by_its_line_and_column_in_csv_and_in_a_workbook(
    policy: Policy,
) -> None:
    header = table_of().decode().strip()
    good = line_of(PEOPLE[0], "0.jpg").split(",")
    wrong = line_of(PEOPLE[1], "1.jpg", number="990101198203120018").split(",")
    in_csv = "\n".join([header, ",".join(good), "", ",".join(wrong), ""]).encode()
    in_book = workbook(header.split(","), list(good), [], list(wrong))
    for data in (in_csv, in_book):
        photos = opened(zipped(**{"0.jpg": b"x", "1.jpg": b"x"}))
        seen = preview.look(sheet.read(data), photos, policy, date(2025, 11, 20))
        assert seen.refused == ((4, "id_number.check_digit"),)
        assert reasons.column_of("id_number.check_digit") == "number"
        assert seen.notices == {"2025-11": 2}


def test_a_table_that_is_broken_says_on_which_line() -> None:
    with pytest.raises(BatchRefused) as told:
        sheet.read(table_of(line_of(PEOPLE[0], "0.jpg"), "1,2,3"))
    assert (told.value.code, told.value.line) == ("batch.table_broken", 3)
    with pytest.raises(BatchRefused) as told:
        sheet.read(workbook(["number", "name", "photo"], ["1", "2", "3"]))
    assert told.value.columns == ("consent", "notice_version", "consented_at")
