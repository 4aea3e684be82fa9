"""What any device, and any port, can meet."""

from .message import OTHER_WAY, PLACE_AGAIN, Message

MESSAGES = {
    "device.no_card": Message("No card is on the reader.", f"未检测到证件。{PLACE_AGAIN}。"),
    "device.card_removed": Message(
        "The card was taken away before it was read.", f"证件移开过早。{PLACE_AGAIN}。"
    ),
    "device.timeout": Message("The device does not answer.", f"设备没有响应。{OTHER_WAY}。"),
    "device.bad_frame": Message(
        "The device's answer is damaged.", f"读取出错。{PLACE_AGAIN}；仍不成功，{OTHER_WAY}。"
    ),
    "device.unplugged": Message("The device is not connected.", f"设备未连接。{OTHER_WAY}。"),
    "device.port_denied": Message(
        "This program may not open the device's port.", f"设备无法打开。{OTHER_WAY}。"
    ),
    "device.port_busy": Message(
        "Another program holds the device's port.", f"设备被占用。{OTHER_WAY}。"
    ),
    "device.rate_fixed": Message(
        "The rate of the device's port cannot be changed from here.", f"设备设置有误。{OTHER_WAY}。"
    ),
    "device.port_invalid": Message(
        "The device's address is not one that can be opened.", f"设备设置有误。{OTHER_WAY}。"
    ),
}
