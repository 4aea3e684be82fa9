"""Receipt printers (凭条打印机). A slip is a convenience: without one nothing is lost."""

from .message import Message

_COUNTER = "如需凭条，请到人工窗口打印"

MESSAGES = {
    "printer.paper_out": Message("The printer has no paper.", f"打印纸用完了。{_COUNTER}。"),
    "printer.cover_open": Message(
        "The printer's cover is open.", f"打印机盖没有合上。{_COUNTER}。"
    ),
    "printer.offline": Message("The printer is off-line.", f"打印机暂时不能用。{_COUNTER}。"),
    "printer.cutter_stuck": Message("The printer's cutter is stuck.", f"打印机卡纸。{_COUNTER}。"),
    "printer.broken": Message(
        "The printer reports an error that it cannot recover from.", f"打印机需要维修。{_COUNTER}。"
    ),
    "printer.resting": Message(
        "The printer's head is too hot, or another passing error holds it.",
        f"打印机稍后恢复。{_COUNTER}。",
    ),
    "printer.no_answer": Message("The printer does not answer.", f"打印机没有响应。{_COUNTER}。"),
    "printer.garbled": Message(
        "The printer's answer is damaged, or it is no such printer.",
        f"打印机暂时不能用。{_COUNTER}。",
    ),
    "printer.slow": Message(
        "The printer took the slip and does not say that it printed it.",
        f"凭条可能没有打印完整。{_COUNTER}。",
    ),
    "printer.too_long": Message("The slip is too long to print.", f"内容过长。{_COUNTER}。"),
}
