"""One notice before a face is used (人脸识别技术应用安全管理办法 Art. 5), in both languages, by
version.
"""

import hashlib
from base64 import urlsafe_b64encode

from pydantic import BaseModel, ConfigDict, Field

VERSION = r"[A-Za-z0-9._-]{1,32}"


class Point(BaseModel):
    """One point of the notice: a short question and its plain answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    text: str


class NoticeText(BaseModel):
    """The notice in one language. `{hospital}` and `{contact}` are filled in by the terminal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    points: tuple[Point, ...] = Field(min_length=1, max_length=10)

    def filled(self, hospital: str, contact: str) -> "NoticeText":
        """The same with the processor's name and contact."""
        names = {"{hospital}": hospital, "{contact}": contact}

        def fill(text: str) -> str:
            for mark, name in names.items():
                text = text.replace(mark, name)
            return text

        points = tuple(Point(title=fill(p.title), text=fill(p.text)) for p in self.points)
        return NoticeText(title=fill(self.title), points=points)


class Notice(BaseModel):
    """A version of the notice. A changed text is a new version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(pattern=f"^{VERSION}$")
    zh: NoticeText
    en: NoticeText

    def sha256(self) -> str:
        """Digest of both texts, base64url, 43 characters: which words were shown."""
        digest = hashlib.sha256(self.model_dump_json().encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()
