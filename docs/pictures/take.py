"""Take the READMEs' pictures of the running terminal: `shualian run --silhouette`, then this.

`python docs/pictures/take.py http://127.0.0.1:8380/` plays one visit in each language on a real
browser and lays three of its screens side by side. People show as silhouettes.
"""

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
WORDS = {
    "zh": ("开始", "同意刷脸", "身份证", "好的"),
    "en": ("Start", "Yes, I agree", "ID card", "OK"),
}
WIDTH = 540


def visit(page: Page, language: str) -> list[bytes]:
    """Three screens of one visit: the start, the look at the camera, the answer."""
    start, agree, door, done = WORDS[language]

    def touch(name: str) -> None:
        page.get_by_role("button", name=name).first.click()

    def demo(key: str) -> None:
        page.click(f"[data-key=demo-{key}]")

    page.wait_for_timeout(600)  # the screen fades in
    shots = [page.screenshot()]
    touch(start)
    touch(agree)
    touch(door)
    demo("card")
    page.locator("canvas.preview").wait_for()
    demo("stand")
    page.wait_for_timeout(300)
    shots.append(page.screenshot())
    page.get_by_role("button", name=done).wait_for()
    page.wait_for_timeout(600)
    shots.append(page.screenshot())
    demo("card")
    demo("stand")
    touch(done)
    return shots


def side_by_side(shots: list[bytes]) -> np.ndarray:
    """One picture, a narrow gap between screens."""
    screens = []
    for shot in shots:
        image = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
        height = round(image.shape[0] * WIDTH / image.shape[1])
        screens.append(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA))
        screens.append(np.full((height, 12, 3), 255, np.uint8))
    return np.hstack(screens[:-1])


def main(url: str) -> None:
    """Both languages."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1080, "height": 1920})
        page.goto(url)
        page.wait_for_timeout(1000)
        for name in ("好的", "结束"):
            if page.get_by_role("button", name=name).count():
                page.get_by_role("button", name=name).first.click()
        for _ in ("there", "away"):  # somebody's first rendering takes a second
            page.click("[data-key=demo-stand]")
            page.wait_for_timeout(2000)
        for language in ("zh", "en"):
            page.get_by_role("button", name=WORDS[language][0]).wait_for()
            picture = side_by_side(visit(page, language))
            cv2.imwrite(
                str(HERE / f"terminal-{language}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9]
            )
            if language == "zh":
                page.get_by_role("button", name="English").click()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
