"""Cameras: files that play, a stream that breaks and comes back, and the simulated one."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices import camera
from devices.camera import Camera, CameraBlack, CameraDead, CameraUnreadable, Image, is_black
from devices.camera.live import LiveCamera
from devices.camera.scene import Sway
from devices.camera.simulated import CameraFault, Portrait, SimulatedCamera

SIZE = (320, 180)


def grey(level: int, size: tuple[int, int] = SIZE) -> Image:
    return np.full((size[1], size[0], 3), level, np.uint8)


def portrait(level: int = 250, side: int = 80, cut_below: bool = False) -> Portrait:
    """A bright square with an empty edge, or one that its picture's lower edge cuts."""
    mask = np.zeros((side, side), np.float32)
    mask[1 : side if cut_below else -1, 1:-1] = 1
    return Portrait(grey(level, (side, side)), mask, side * 0.8)


def bright_box(image: Image) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is brighter than any wall of the simulated room."""
    rows, columns = np.nonzero(image.min(axis=2) > 235)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


@pytest.fixture
def simulated() -> Iterator[SimulatedCamera]:
    with SimulatedCamera(SIZE, fps=200, seed=4) as simulated:
        yield simulated


def read_until_error(source: Camera, timeout: float) -> None:
    while True:
        source.read(timeout)


# --- the simulated camera ---


def test_a_simulated_frame_is_720p_bgr_and_says_that_it_is_simulated() -> None:
    before = datetime.now(UTC)
    with SimulatedCamera() as simulated:
        frame = simulated.read(5)
    assert frame.image.shape == (720, 1280, 3)
    assert frame.image.dtype == np.uint8
    assert frame.simulated
    assert frame.camera == "simulated"
    assert before <= frame.taken_at <= datetime.now(UTC)


def test_a_portrait_stands_in_the_middle_and_goes_when_it_is_taken_away(
    simulated: SimulatedCamera,
) -> None:
    assert simulated.read().image.min(axis=2).max() < 235
    simulated.show(portrait())
    left, top, right, bottom = bright_box(simulated.read().image)
    assert abs((left + right) / 2 - SIZE[0] / 2) < 8
    assert abs((top + bottom) / 2 - SIZE[1] / 2) < 8
    assert 70 < right - left < 90
    simulated.show(None)
    assert simulated.read().image.min(axis=2).max() < 235


def test_where_the_mask_is_empty_the_room_is_seen(simulated: SimulatedCamera) -> None:
    image, mask = grey(250, (80, 80)), np.zeros((80, 80), np.float32)
    mask[20:60, 20:60] = 1
    simulated.show(Portrait(image, mask, 60))
    left, top, right, bottom = bright_box(simulated.read().image)
    assert 34 < right - left < 46
    assert 34 < bottom - top < 46


def test_a_body_that_the_portraits_edge_cuts_goes_on_to_the_frames(
    simulated: SimulatedCamera,
) -> None:
    simulated.show(portrait(cut_below=True))
    left, top, right, bottom = bright_box(simulated.read().image)
    assert bottom == SIZE[1] - 1
    assert abs(top - 50) < 8
    assert 70 < right - left < 90


def test_a_portrait_larger_than_the_frame_is_cut(simulated: SimulatedCamera) -> None:
    simulated.show(portrait(side=600))
    frame = simulated.read()
    assert frame.image.shape == (180, 320, 3)
    assert frame.image.min() > 200


def test_noise_is_fresh_in_every_frame_and_small(simulated: SimulatedCamera) -> None:
    frames = [simulated.read().image.astype(np.int16) for _ in range(30)]
    differences = [a - b for a, b in pairwise(frames)]
    assert all(2 < d.std() < 5 for d in differences)
    assert all(abs(d.mean()) < 0.2 for d in differences)
    assert len({f.tobytes() for f in frames}) == 30


def test_a_person_sways_smoothly_and_little() -> None:
    sway = Sway(seed=3)
    poses = [sway.at(i / 15) for i in range(15 * 60)]
    for values, bound in (
        ([p.right for p in poses], 0.05),
        ([p.down for p in poses], 0.03),
        ([p.scale - 1 for p in poses], 0.02),
        ([p.roll for p in poses], 2.0),
    ):
        assert 0.3 * bound < max(np.abs(values)) <= bound
        assert max(np.abs(np.diff(values))) < 0.25 * bound


def test_two_seeds_sway_apart() -> None:
    assert Sway(1).at(2.0) != Sway(2).at(2.0)


def test_frames_come_at_the_cameras_rate_and_no_faster() -> None:
    with SimulatedCamera(SIZE, fps=50) as simulated:
        simulated.read()
        started, busy = time.perf_counter(), time.thread_time()
        for _ in range(20):
            simulated.read()
        lasted, busy = time.perf_counter() - started, time.thread_time() - busy
    assert lasted >= 18 / 50
    assert busy < lasted / 2


def test_a_slow_reader_gets_the_newest_frame_and_no_backlog() -> None:
    with SimulatedCamera(SIZE, fps=10) as simulated:
        simulated.read()
        time.sleep(0.55)  # five frames pass
        taken = [simulated.read().taken_at for _ in range(3)]
    assert (taken[2] - taken[0]).total_seconds() > 0.1


def test_a_dead_camera_is_a_typed_error_in_time(simulated: SimulatedCamera) -> None:
    simulated.fault(CameraFault.DEAD)
    started = time.monotonic()
    with pytest.raises(CameraDead) as failure:
        simulated.read(0.2)
    assert time.monotonic() - started >= 0.2
    assert failure.value.code == "camera.dead"
    simulated.fault(None)
    assert simulated.read().simulated


def test_black_frames_are_a_typed_error_of_their_own(simulated: SimulatedCamera) -> None:
    simulated.fault(CameraFault.BLACK)
    with pytest.raises(CameraBlack) as failure:
        simulated.read(0.2)
    assert failure.value.code == "camera.black"


def test_a_black_frame_among_others_is_left_out(simulated: SimulatedCamera) -> None:
    simulated.fault(CameraFault.BLACK)
    mend = threading.Timer(0.1, simulated.fault, [None])
    mend.start()
    assert not is_black(simulated.read(10).image)
    mend.join()


def test_a_frozen_camera_gives_one_picture_until_it_thaws(simulated: SimulatedCamera) -> None:
    simulated.fault(CameraFault.FROZEN)
    first = simulated.read()
    second = simulated.read()
    assert np.array_equal(first.image, second.image)
    assert first.taken_at < second.taken_at
    simulated.fault(None)
    assert not np.array_equal(first.image, simulated.read().image)


def test_a_frame_belongs_to_its_reader(simulated: SimulatedCamera) -> None:
    simulated.fault(CameraFault.FROZEN)
    simulated.read().image[:] = 0
    assert simulated.read().image.mean() > 50


def test_portraits_may_be_changed_while_frames_are_read(simulated: SimulatedCamera) -> None:
    finished = threading.Event()

    def change() -> None:
        while not finished.is_set():
            simulated.show(portrait(side=40))
            simulated.show(None)

    hands = [threading.Thread(target=change) for _ in range(2)]
    for hand in hands:
        hand.start()
    shapes = {simulated.read(5).image.shape for _ in range(50)}
    finished.set()
    for hand in hands:
        hand.join()
    assert shapes == {(180, 320, 3)}


@pytest.mark.parametrize(
    ("image", "mask", "face_height"),
    [
        (grey(1)[..., 0], np.ones((180, 320)), 50),
        (grey(1).astype(np.float32), np.ones((180, 320)), 50),
        (grey(1), np.ones((180, 319)), 50),
        (grey(1), np.ones((180, 320)), 0),
    ],
)
def test_a_portrait_that_does_not_fit_together_is_an_error(
    image: Image, mask: np.ndarray, face_height: float
) -> None:
    with pytest.raises(ValueError, match=r"^a (portrait|face)"):
        Portrait(image, mask.astype(np.float32), face_height)


# --- closing ---


@pytest.mark.parametrize("kind", ["simulated", "still", "live"])
def test_closing_ends_a_read_that_waits(kind: str, tmp_path: Path) -> None:
    source = open_kind(kind, tmp_path)
    closer = threading.Timer(0.1, source.close)
    closer.start()
    started = time.monotonic()
    with pytest.raises(CameraDead):
        read_until_error(source, 30)
    assert time.monotonic() - started < 20
    closer.join()
    source.close()


def open_kind(kind: str, folder: Path) -> Camera:
    if kind == "simulated":
        return SimulatedCamera(SIZE, fps=5)
    if kind == "live":
        return LiveCamera(str(folder / "no-device"), "none")
    return camera.open(str(written(folder / "still.png", grey(90))))


# --- files ---


def written(path: Path, image: Image) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Six frames of growing brightness, 20 a second."""
    path = tmp_path / "six.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, SIZE)
    for level in range(60, 180, 20):
        writer.write(grey(level))
    writer.release()
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG"])
def test_a_still_picture_is_given_again_and_again(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"静物{suffix}", grey(90))
    with camera.open(str(path)) as still:
        frames = [still.read() for _ in range(2)]
    assert all(abs(float(f.image.mean()) - 90) < 2 for f in frames)
    assert frames[0].simulated
    assert frames[0].camera == "still"


def test_a_video_plays_in_order_at_its_rate_and_from_the_beginning_again(video: Path) -> None:
    with camera.open(str(video)) as player:
        assert (player.name, player.simulated) == ("video", True)
        started = time.perf_counter()
        levels = [round(float(player.read(5).image.mean()), -1) for _ in range(8)]
        assert time.perf_counter() - started >= 7 / 20 - 0.05
    rises = [b - a for a, b in pairwise(levels)]
    assert sum(r < 0 for r in rises) >= 1  # it began again
    assert set(levels) <= {60, 80, 100, 120, 140, 160}


def test_an_animated_gif_plays(tmp_path: Path) -> None:
    animation = cv2.Animation()
    animation.frames = [grey(level) for level in (60, 120, 180)]
    animation.durations = [50, 50, 50]
    path = tmp_path / "three.gif"
    assert cv2.imwriteanimation(str(path), animation)
    with camera.open(str(path)) as player:
        levels = {round(float(player.read(5).image.mean()), -1) for _ in range(12)}
    assert len(levels) == 3


@pytest.mark.parametrize("name", ["none.avi", "none.png", "text.avi", "text.jpg", "cut.png"])
def test_a_file_that_shows_nothing_is_unreadable(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.avi").write_text("no video")
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(CameraUnreadable) as failure:
        camera.open(str(tmp_path / name))
    assert failure.value.code == "camera.unreadable"


def test_a_black_picture_is_a_black_camera(tmp_path: Path) -> None:
    path = written(tmp_path / "black.png", grey(3))
    with camera.open(str(path)) as still, pytest.raises(CameraBlack):
        still.read(0.3)


def test_a_dark_room_with_something_in_it_is_not_black() -> None:
    image = grey(4)
    image[40:140, 100:220] = 60
    assert not is_black(image)
    assert is_black(grey(12))


@pytest.mark.shared
def test_the_shared_clips_play(shared_dir: Path) -> None:
    for clip in sorted((shared_dir / "clips").iterdir()):
        with camera.open(str(clip)) as player:
            assert player.read(5).image.shape == (240, 320, 3)


# --- real ones ---


class Stream(BaseHTTPRequestHandler):
    """Motion JPEG, a frame every 20 ms, until the server stops."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        picture = cv2.imencode(".jpg", grey(120))[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        assert isinstance(self.server, StreamServer)
        while not self.server.stopped.wait(0.02):
            try:
                self.wfile.write(head.encode() + picture + b"\r\n")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        pass


class StreamServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Stream)
        self.stopped = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()


def test_a_stream_that_breaks_is_a_dead_camera_and_recovers_with_one_line_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "devices.camera")
    server = StreamServer()
    with camera.open(f"http://user:secret@127.0.0.1:{server.server_port}/v.mjpg") as stream:
        frame = stream.read(20)
        assert (frame.simulated, frame.camera) == (False, "http stream")
        server.stop()
        with pytest.raises(CameraDead):
            read_until_error(stream, 2.5)  # long enough for more than one new try
        again = StreamServer(server.server_port)
        assert stream.read(20).image.shape == (180, 320, 3)
        again.stop()
    lines = [r.getMessage() for r in caplog.records if r.name == "devices.camera.live"]
    assert lines[:2] == [
        "camera http stream gives no pictures; trying again",
        "camera http stream gives pictures again",
    ]
    assert len(lines) <= 3
    assert "secret" not in caplog.text


def test_a_camera_number_that_nothing_has_is_a_dead_camera() -> None:
    with camera.open("97") as missing, pytest.raises(CameraDead):
        missing.read(0.2)
