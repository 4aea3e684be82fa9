"""Cameras."""

from .message import OTHER_WAY, Message

MESSAGES = {
    "camera.dead": Message("The camera gives no pictures.", f"摄像头没有画面。{OTHER_WAY}。"),
    "camera.black": Message(
        "The camera gives black pictures.", f"摄像头被遮挡或光线太暗。{OTHER_WAY}。"
    ),
    "camera.unreadable": Message(
        "The file is no video or picture that can be read.", f"摄像头设置有误。{OTHER_WAY}。"
    ),
}
