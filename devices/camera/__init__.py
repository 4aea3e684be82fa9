"""Cameras: by number, by URL, a file in place of one, and a simulated one."""

from pathlib import Path
from urllib.parse import urlsplit

from .base import Camera, CameraBlack, CameraDead, CameraUnreadable, Frame, Image, is_black
from .file import open_file
from .live import LiveCamera

__all__ = [
    "Camera",
    "CameraBlack",
    "CameraDead",
    "CameraUnreadable",
    "Frame",
    "Image",
    "is_black",
    "open",
]


def open(url: str) -> Camera:  # noqa: A001  the shape of every device: module.open(url)
    """The camera at `0` or `/dev/video0`, `http://…` or `rtsp://…` (a stream), or a file's path.

    A camera or a stream that is not there yet is waited for: its `read` raises `CameraDead`
    meanwhile. A file plays in a loop and its frames are `simulated`. Raises `CameraUnreadable` for
    a file that cannot be played.
    """
    if url.isascii() and url.isdigit():
        return LiveCamera(int(url), f"index {url}")
    if "://" in url:
        return LiveCamera(url, f"{urlsplit(url).scheme} stream")
    if url.startswith("/dev/"):
        return LiveCamera(url, "device")
    return open_file(Path(url))
