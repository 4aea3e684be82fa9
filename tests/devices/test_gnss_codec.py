"""Bytes to sentences to what they say: examples, any bytes, any pieces."""

from datetime import UTC, date, time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import BadFrame
from devices.gnss.codec import MAX_SENTENCE, Sentence, SentenceBuffer, checksum, encode
from devices.gnss.fix import Position
from devices.gnss.sentences import TALKERS, Dtm, Gga, Gst, Rmc, understand

PUBLISHED = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"
ONE = encode("GPTXT,one")


def texts(data: bytes) -> list[str]:
    return [sentence.text for sentence in SentenceBuffer().feed(data)]


def said(body: str) -> object:
    return understand(Sentence(body))


def test_the_published_example_is_read() -> None:
    (sentence,) = SentenceBuffer().feed(PUBLISHED)
    assert sentence.address == "GPGGA"
    assert understand(sentence) == Gga(
        talker="GP",
        at=time(12, 35, 19, tzinfo=UTC),
        position=Position(48 + 7.038 / 60, 11 + 31 / 60),
        quality=1,
        satellites=8,
        hdop=0.9,
        simulated=False,
    )


@pytest.mark.parametrize(
    "between", [b"", b"\r\n", b"\n", b" ", b"junk", b"\x00\xff", b"$", b"$GPGGA,12", b"!AIVDM,1*00"]
)
def test_a_sentence_is_found_whatever_stands_before_it(between: bytes) -> None:
    assert texts(between + ONE + between + ONE) == ["GPTXT,one"] * 2


@pytest.mark.parametrize(
    "damaged",
    [
        ONE.replace(b"one", b"two"),
        ONE.replace(b"one", b"o\x00e"),
        ONE.replace(b"one", b"o*e"),
        ONE.replace(b"*", b"*G"),
        ONE.replace(b"*", b""),
        b"$GPTXT,one\r\n",
        b"$*00",
        b"$GPTXT," + b"0" * MAX_SENTENCE + ONE[1:],
    ],
)
def test_a_damaged_sentence_is_counted_and_the_next_one_read(damaged: bytes) -> None:
    buffer = SentenceBuffer()
    assert [s.text for s in buffer.feed(damaged + ONE)] == ["GPTXT,one"]
    assert buffer.damaged == 1


def test_a_checksum_in_small_letters_is_one_too() -> None:
    assert checksum(b"GPTXT,o") == 0x0C
    assert texts(b"$GPTXT,o*0c") == ["GPTXT,o"]


def test_the_longest_sentence_is_read_and_a_longer_one_is_not() -> None:
    longest = encode("G" * (MAX_SENTENCE - 4))
    assert len(texts(longest)) == 1
    assert texts(encode("G" * (MAX_SENTENCE - 3))) == []


def test_what_has_begun_is_forgotten_on_demand() -> None:
    buffer = SentenceBuffer()
    buffer.feed(ONE[:5])
    buffer.forget()
    assert buffer.feed(ONE[5:]) == []


pieces_of_lines = st.lists(
    st.sampled_from([b"$", b"*", b"\r\n", b"*4F", PUBLISHED, ONE, ONE[:-3], ONE[3:]])
    | st.binary(max_size=12)
    | st.integers(0, 2 * MAX_SENTENCE).map(lambda count: b"0" * count),
    max_size=12,
).map(b"".join)


@given(pieces_of_lines, st.lists(st.integers(0, 1000), max_size=8))
def test_whatever_the_pieces_the_sentences_are_the_same(data: bytes, cuts: list[int]) -> None:
    whole, cut = SentenceBuffer(), SentenceBuffer()
    places = sorted({0, len(data), *(place for place in cuts if place < len(data))})
    found = [s for start, stop in pairwise(places) for s in cut.feed(data[start:stop])]
    assert found == whole.feed(data)
    assert cut.damaged == whole.damaged


@given(st.binary(max_size=80) | pieces_of_lines)
def test_bytes_one_by_one_are_held_in_bounded_memory(data: bytes) -> None:
    single = SentenceBuffer()
    found = []
    for byte in data:
        found += single.feed(bytes((byte,)))
        assert len(single._held) <= MAX_SENTENCE
    assert found == SentenceBuffer().feed(data)


@given(
    st.text(st.characters(codec="ascii", exclude_characters="$*", min_codepoint=32), max_size=99)
)
def test_what_is_encoded_is_read_as_it_was(text: str) -> None:
    assert texts(encode("GPTXT," + text.replace("\x7f", ""))) == [
        "GPTXT," + text.replace("\x7f", "")
    ]


@given(st.integers(0, 500), st.integers(1, 255))
def test_one_changed_byte_never_gives_another_sentence(place: int, change: int) -> None:
    sent = bytearray(PUBLISHED)
    sent[place % len(sent)] ^= change
    assert texts(bytes(sent)) in ([], [PUBLISHED[1:-3].decode()])


@pytest.mark.parametrize("talker", TALKERS)
def test_every_constellation_is_understood(talker: str) -> None:
    gga = said(f"{talker}GGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
    assert isinstance(gga, Gga)
    assert gga.talker == talker


@pytest.mark.parametrize(
    "body",
    ["GPGSV,1,1,00", "PGRME,7.6,M,41.7,M,42.4,M", "XXGGA,1,2", "GPGGA", "", ",", "PMTK001,320,2"],
)
def test_what_no_fix_is_made_from_says_nothing(body: str) -> None:
    assert said(body) is None


def test_rmc_gives_date_speed_and_mode() -> None:
    rmc = said("GNRMC,171926.50,A,4404.14063,S,12118.85478,W,1.000,,180315,,,D")
    assert rmc == Rmc(
        talker="GN",
        at=time(17, 19, 26, 500_000, tzinfo=UTC),
        active=True,
        position=Position(-(44 + 4.14063 / 60), -(121 + 18.85478 / 60)),
        speed_mps=1852 / 3600,
        date=date(2015, 3, 18),
        mode="D",
    )


def test_rmc_of_before_nmea_2_3_has_no_mode_and_its_variation_is_none() -> None:
    rmc = said("GPRMC,113258,A,3238.9148,N,10822.4466,W,005.3,247.1,220899,009.3,E")
    assert isinstance(rmc, Rmc)
    assert (rmc.mode, rmc.date) == (None, date(1999, 8, 22))


def test_a_receiver_that_knows_nothing_yet_says_so_with_empty_fields() -> None:
    assert said("GNGGA,,,,,,0,00,99.99,,,,,,") == Gga("GN", None, None, 0, 0, 99.99, False)
    assert said("GNRMC,,V,,,,,,,,,,N") == Rmc("GN", None, False, None, None, None, "N")
    assert said("GNGST,,,,,,,,") == Gst(None, None, None)
    assert said("GPDTM,999,CH95,0.08,N,0.07,E,-47.7,W84") == Dtm("999")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (1, "246000"),
        (1, "12351"),
        (1, "１２３５１９"),
        (2, "9000.001"),
        (2, "4860.000"),
        (2, "nan"),
        (2, "-4807.0"),
        (3, "E"),
        (3, "NS"),
        (4, "18000.001"),
        (5, "N"),
        (6, "A"),
        (7, "123"),
        (7, "1_0"),
        (8, "inf"),
        (8, "1e3"),
        (8, "-1"),
    ],
)
def test_a_field_that_makes_no_sense_is_a_typed_error(field: int, value: str) -> None:
    fields = PUBLISHED.decode()[1:-3].split(",")
    fields[field] = value
    with pytest.raises(BadFrame) as refused:
        said(",".join(fields))
    assert refused.value.code == "gnss.malformed"
    assert "48" not in str(refused.value)


@given(
    st.sampled_from(["GNGGA", "GPRMC", "BDGST", "GBDTM", "PUBX", "GPGGQ"]),
    st.lists(
        st.sampled_from(["", "A", "V", "N", "1", "08", "123519", "4807.038", "01131.0", "180315"])
        | st.text(
            st.characters(codec="ascii", min_codepoint=32, exclude_characters="$*"), max_size=9
        ),
        max_size=20,
    ),
)
def test_any_fields_are_understood_or_a_typed_error(address: str, fields: list[str]) -> None:
    try:
        what = said(",".join([address, *fields]))
    except BadFrame:
        return
    if isinstance(what, Gga | Rmc) and what.position:
        assert -90 <= what.position.latitude <= 90
        assert -180 <= what.position.longitude <= 180


def test_a_sentences_repr_does_not_say_where() -> None:
    (sentence,) = SentenceBuffer().feed(PUBLISHED)
    assert repr(sentence) == "Sentence('GPGGA')"


@pytest.mark.parametrize("day", ["1803", "180x15", "320115"])
def test_a_date_that_is_none_is_a_typed_error(day: str) -> None:
    with pytest.raises(BadFrame) as error:
        said(f"GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,{day},003.1,W")
    assert error.value.code == "gnss.malformed"
