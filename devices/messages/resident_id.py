"""Resident ID readers and cards (居民身份证)."""

from .message import COUNTER, OTHER_WAY, PLACE_AGAIN, Message

MESSAGES = {
    "resident_id.host_frame_damaged": Message(
        "The reader received a damaged command.", f"读取出错。{PLACE_AGAIN}。"
    ),
    "resident_id.host_length_wrong": Message(
        "The reader received a command of a wrong length.", f"读取出错。{PLACE_AGAIN}。"
    ),
    "resident_id.command_unknown": Message(
        "The reader does not know the command.", f"设备不支持。{OTHER_WAY}。"
    ),
    "resident_id.reader_error": Message(
        "The reader reports an error without a reason.", f"设备出错。{OTHER_WAY}。"
    ),
    "resident_id.sam_not_accepted_by_card": Message(
        "The card does not accept the reader's security module.", f"证件验证未通过。{COUNTER}。"
    ),
    "resident_id.card_not_accepted_by_sam": Message(
        "The reader's security module does not accept the card.", f"证件验证未通过。{COUNTER}。"
    ),
    "resident_id.verification_failed": Message(
        "The card's content does not pass the reader's verification.",
        f"证件验证未通过。{COUNTER}。",
    ),
    "resident_id.wrong_card": Message(
        "The card is of a kind that the reader does not read.",
        "这不是可读取的身份证。请换用身份证，或到人工窗口办理。",
    ),
    "resident_id.read_failed": Message(
        "The reader could not read the card.", f"读取失败。{PLACE_AGAIN}。"
    ),
    "resident_id.random_number_failed": Message(
        "The card gave the reader no random number.", f"读取失败。{PLACE_AGAIN}。"
    ),
    "resident_id.select_failed": Message(
        "The reader could not select the card.", f"读取失败。请只放一张证件，{PLACE_AGAIN}。"
    ),
    "resident_id.sam_self_test_failed": Message(
        "The reader's security module failed its self-test.", f"读卡器故障。{OTHER_WAY}。"
    ),
    "resident_id.sam_not_authorised": Message(
        "The reader's security module is not authorised.", f"读卡器未授权。{OTHER_WAY}。"
    ),
    "resident_id.no_such_item": Message(
        "The card does not carry the item asked for.", "证件上没有此项信息。"
    ),
    "resident_id.status_unknown": Message(
        "The reader answers with a status that is not known.", f"设备出错。{OTHER_WAY}。"
    ),
    "resident_id.certificate_unknown": Message(
        "The card is of a type that is not known.", f"无法识别此类证件。{COUNTER}。"
    ),
    "resident_id.text_malformed": Message(
        "A field of the card is malformed.", f"证件信息无法读取。{COUNTER}。"
    ),
    "resident_id.name_malformed": Message(
        "The card's name is malformed.", f"证件姓名无法读取。{COUNTER}。"
    ),
    "resident_id.number_invalid": Message(
        "The card's number breaks the rule for such numbers.", f"证件号码有误。{COUNTER}。"
    ),
    "resident_id.photo_undecodable": Message(
        "The chip's photo cannot be decoded.", f"证件照片无法读取。{OTHER_WAY}。"
    ),
    "resident_id.inconsistent": Message(
        "The card's fields contradict one another.", f"证件信息不一致。{COUNTER}。"
    ),
}
