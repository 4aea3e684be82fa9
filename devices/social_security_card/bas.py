"""`ReadCardBas`, the line that the official reader library gives for a card (one public source)."""

from collections.abc import Mapping

from devices.errors import Refused


def read_card_bas(fields: Mapping[str, str], *, terminal: str, device: str) -> str:
    """Eleven items, each followed by `|`, from a reading's fields.

    发卡地区行政区划代码, 社会保障号码, 卡号, 卡识别码, 姓名, 卡复位信息, 规范版本, 发卡日期,
    卡有效期, 终端机编号, 终端设备号. Dates are YYYYMMDD. The sixth is the answer to reset's
    historical bytes, 13 in the published sample. What the card lacks is empty.

    Args:
        fields: of a reading of kind `social_security_card`.
        terminal: 终端机编号, twelve digits.
        device: 终端设备号.

    Raises `Refused` (`social_security_card.record_malformed`) where an item holds a `|` itself.
    """
    items = (
        fields.get("region", ""),
        fields.get("number", ""),
        fields.get("card_number", ""),
        fields.get("card_id", ""),
        fields.get("name", ""),
        fields.get("atr_history", ""),
        fields.get("version", ""),
        fields.get("issued", "").replace("-", ""),
        fields.get("valid_to", "").replace("-", ""),
        terminal,
        device,
    )
    if any("|" in item for item in items):
        raise Refused("social_security_card.record_malformed", "an item holds a |")
    return "".join(f"{item}|" for item in items)
