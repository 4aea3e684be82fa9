"""One code's two sentences, and the phrases that many of them end with."""

from dataclasses import dataclass

PLACE_AGAIN = "请将证件重新平放在感应区，保持不动"
COUNTER = "请到人工窗口办理，不影响就诊"
OTHER_WAY = "请选择其他方式或到人工窗口办理"


@dataclass(frozen=True)
class Message:
    """`title` in English, `detail` in Chinese and fit for the screen."""

    title: str
    detail: str
