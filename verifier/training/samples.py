"""A table and a ZIP for practising a batch (批量建档): people without a file, drawn photos."""

import csv
import io
import zipfile
from datetime import datetime

import cv2
import numpy as np

from .invented import PEOPLE

HEADERS = ("身份证号", "姓名", "照片", "同意方式", "告知版本", "同意时间")
_WITHOUT = 1
"""So many rows, the last ones, name a photo that is not in the ZIP."""

_CHOSEN = tuple(person for person in PEOPLE if person.key.startswith("more_"))


def table(notice_version: str, at: datetime) -> bytes:
    """A CSV in UTF-8 with a mark, as a spreadsheet opens it."""
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(HEADERS)
    for place, person in enumerate(_CHOSEN, 1):
        photo = f"{place:02d}.png"
        consent = ("单独同意", notice_version, at.isoformat(timespec="seconds"))
        lines.writerow((person.number, person.name, photo, *consent))
    return written.getvalue().encode("utf-8-sig")


def photos() -> bytes:
    """A ZIP of drawings, in which a detector finds no face: invented people have none."""
    drawn = np.full((320, 256, 3), 210, np.uint8)
    cv2.circle(drawn, (128, 120), 60, (150, 150, 150), -1)
    cv2.ellipse(drawn, (128, 320), (110, 110), 0, 180, 360, (150, 150, 150), -1)
    data = cv2.imencode(".png", drawn)[1].tobytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for place in range(1, len(_CHOSEN) + 1 - _WITHOUT):
            archive.writestr(f"{place:02d}.png", data)
    return made.getvalue()
