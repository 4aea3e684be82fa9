"""Draws what a simulated printer printed, dot by dot, as a picture of the paper."""

from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

import qrcode  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFont

from .interpreter import Coded, Fed, Pictured, Printed, Run
from .settings import DOTS

CELL, HEIGHT, LINE = 12, 24, 30
"""Dots: an ASCII character's width and height, and from one line to the next."""
MAX_DOTS = 24_000
"""Three metres; of a longer paper the beginning is thrown away."""
MARGINS = {58: 40, 80: 32}
"""White at both sides, where the head does not reach."""
_HEAD = 24
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
_FACE = "Noto Sans Mono CJK SC"
_LEVELS = (
    qrcode.constants.ERROR_CORRECT_L,
    qrcode.constants.ERROR_CORRECT_M,
    qrcode.constants.ERROR_CORRECT_Q,
    qrcode.constants.ERROR_CORRECT_H,
)

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True)
class PrintedSlip:
    """A slip that left the printer. `repr` hides what it says."""

    png: bytes = field(repr=False)
    text: str = field(repr=False)
    """Its lines."""
    codes: tuple[str, ...] = field(repr=False)
    """What its QR codes say, as far as they were sent to be drawn by the printer."""
    drawn: bool
    """Whether a Chinese font was found here; else each character is a box."""


class Paper:
    """The paper that hangs from the printer."""

    def __init__(self, width: int) -> None:
        """`width` in millimetres."""
        self.dots, self.margin = DOTS[width], MARGINS[width]
        self._strips: list[Image.Image] = []
        self._text: list[str] = []
        self._codes: list[str] = []

    @property
    def is_blank(self) -> bool:
        """Whether nothing was printed since the last cut."""
        return not self._text and not self._codes and not any(map(_has_ink, self._strips))

    def put(self, step: Printed | Fed | Coded | Pictured) -> None:
        """Print one thing."""
        match step:
            case Printed():
                self._line(step)
            case Fed():
                self._strips.append(self._strip(step.lines * LINE))
            case Coded():
                self._code(step)
            case Pictured():
                self._place(_raster(step), step.align)
        while sum(strip.height for strip in self._strips) > MAX_DOTS:
            self._strips.pop(0)

    def cut(self) -> PrintedSlip:
        """Take it off."""
        strips = [self._strip(_HEAD), *self._strips, self._strip(_HEAD)]
        whole = Image.new("L", (self.dots + 2 * self.margin, sum(s.height for s in strips)), 255)
        top = 0
        for strip in strips:
            whole.paste(strip, (self.margin, top))
            top += strip.height
        png = BytesIO()
        whole.save(png, "png")
        text, codes = "\n".join(self._text), tuple(self._codes)
        self._strips, self._text, self._codes = [], [], []
        return PrintedSlip(png.getvalue(), text, codes, font() is not None)

    def _strip(self, height: int) -> Image.Image:
        return Image.new("L", (self.dots, height), 255)

    def _line(self, line: Printed) -> None:
        """A line that is too long for the paper goes on in the next, as printers do."""
        self._text.append("".join(run.text for run in line.runs))
        row: list[tuple[str, Run]] = []
        taken = 0
        for run in line.runs:
            for character in run.text:
                if taken + width_of(character, run) > self.dots:
                    self._row(row, taken, line.align)
                    row, taken = [], 0
                row.append((character, run))
                taken += width_of(character, run)
        self._row(row, taken, line.align)

    def _row(self, row: list[tuple[str, Run]], taken: int, align: int) -> None:
        high = max((run.style.high for _, run in row), default=1)
        strip = self._strip(HEIGHT * high + LINE - HEIGHT)
        left = (self.dots - taken) * align // 2
        for character, run in row:
            picture = glyph(character, run.style.bold)
            size = (picture.width * run.style.wide, HEIGHT * run.style.high)
            top = HEIGHT * (high - run.style.high)
            strip.paste(picture.resize(size, Image.Resampling.NEAREST), (left, top))
            left += width_of(character, run)
        self._strips.append(strip)

    def _code(self, code: Coded) -> None:
        drawing = qrcode.QRCode(error_correction=_LEVELS[code.level], box_size=code.size, border=0)
        drawing.add_data(code.data)
        try:
            drawing.make(fit=True)
        except ValueError:  # more than any QR code holds: printers print nothing
            return
        self._codes.append(code.data.decode("utf-8", "replace"))
        self._place(drawing.make_image().get_image().convert("L"), code.align)

    def _place(self, picture: Image.Image, align: int) -> None:
        strip = self._strip(picture.height)
        strip.paste(picture, (max(0, self.dots - picture.width) * align // 2, 0))
        self._strips.append(strip)


def width_of(character: str, run: Run) -> int:
    """Dots that a character takes."""
    return CELL * (1 if character.isascii() else 2) * run.style.wide


@cache
def font() -> Font | None:
    """A Chinese font of this machine; None where there is none of those that are looked for."""
    for path in filter(Path.exists, map(Path, _FONTS)):
        for index in range(20):
            try:
                face = ImageFont.truetype(str(path), HEIGHT - 2, index=index)
            except OSError:
                break
            if not path.name.startswith("Noto") or face.getname()[0] == _FACE:
                return face
    return None


@cache
def glyph(character: str, bold: bool) -> Image.Image:
    """A character in its cell, black and white."""
    width = CELL if character.isascii() else 2 * CELL
    cell = Image.new("L", (width, HEIGHT), 255)
    draw = ImageDraw.Draw(cell)
    face = font()
    if face is None:
        if not character.isspace():
            draw.rectangle((1, 3, width - 2, HEIGHT - 3), outline=0)
    else:
        middle = (width / 2, HEIGHT - 4)
        draw.text(middle, character, 0, font=face, anchor="ms", stroke_width=0.4 if bold else 0)
    return cell.point(lambda value: 255 if value > 140 else 0)


def _raster(picture: Pictured) -> Image.Image:
    rows = len(picture.data) // picture.row_bytes
    dots = Image.frombytes("1", (picture.row_bytes * 8, rows), picture.data)
    return dots.convert("L").point(lambda value: 255 - value)


def _has_ink(strip: Image.Image) -> bool:
    return strip.getextrema()[0] == 0
