"""2-D scanners and what is held before them."""

from .message import COUNTER, OTHER_WAY, Message

_SHOW_AGAIN = "请将二维码正对扫码窗口，调亮屏幕，保持不动"

MESSAGES = {
    "scanner.no_code": Message("No code was shown.", f"未扫到二维码。{_SHOW_AGAIN}。"),
    "scanner.too_long": Message(
        "The scanner sends more than a code can hold.", f"无法识别此二维码。{OTHER_WAY}。"
    ),
    "scanner.control_bytes": Message(
        "The code holds control characters, or was damaged on the line.",
        f"二维码读取出错。{_SHOW_AGAIN}；仍不成功，{COUNTER}。",
    ),
    "scanner.undecodable": Message(
        "The code is neither UTF-8 nor GB 18030, or was damaged on the line.",
        f"二维码读取出错。{_SHOW_AGAIN}；仍不成功，{COUNTER}。",
    ),
    "scanner.empty": Message(
        "The scanner sends a message without a payload.", f"二维码读取出错。{_SHOW_AGAIN}。"
    ),
    "scanner.cut_off": Message(
        "The scanner's message is cut off.", f"二维码读取出错。{_SHOW_AGAIN}。"
    ),
}
