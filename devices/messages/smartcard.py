"""Readers of contact cards, whatever the card."""

from .message import OTHER_WAY, Message

INSERT_AGAIN = "请将卡片芯片朝上重新插入，到底后保持不动"

MESSAGES = {
    "smartcard.no_card": Message("No card is in the reader.", f"未检测到卡片。{INSERT_AGAIN}。"),
    "smartcard.card_removed": Message(
        "The card was taken out before it was read.", f"卡片拔出过早。{INSERT_AGAIN}。"
    ),
    "smartcard.card_mute": Message(
        "The card does not answer the reader.",
        f"卡片没有响应。{INSERT_AGAIN}；仍不成功，{OTHER_WAY}。",
    ),
    "smartcard.atr_malformed": Message(
        "The card's answer to reset is damaged.",
        f"读取出错。{INSERT_AGAIN}；仍不成功，{OTHER_WAY}。",
    ),
    "smartcard.response_malformed": Message(
        "The card's answer is damaged.", f"读取出错。{INSERT_AGAIN}；仍不成功，{OTHER_WAY}。"
    ),
    "smartcard.protocol_unsupported": Message(
        "The card speaks a protocol that is not supported on this reader.",
        f"暂不能读取此类卡片。{OTHER_WAY}。",
    ),
    "smartcard.host_frame_damaged": Message(
        "The reader received a damaged command.", f"读取出错。{INSERT_AGAIN}。"
    ),
    "smartcard.reader_error": Message("The reader reports an error.", f"读卡器出错。{OTHER_WAY}。"),
    "smartcard.command_unknown": Message(
        "The reader does not know the command.", f"设备不支持。{OTHER_WAY}。"
    ),
    "smartcard.pcsc_missing": Message(
        "The PC/SC library is not installed.", f"设备设置有误。{OTHER_WAY}。"
    ),
    "smartcard.pcsc_stopped": Message(
        "The PC/SC service is not running.", f"设备未连接。{OTHER_WAY}。"
    ),
}
