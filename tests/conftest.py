"""What every test may ask for: the sample picture, the optional shared folder, the browser."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from tests import outgoing

outgoing.block()

# A property says what holds, not how fast: on a machine with other work a deadline only breaks.
settings.register_profile("shualian", deadline=None)
settings.load_profile("shualian")

SHARED = Path(os.environ.get("SHUALIAN_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of measured pictures; tests that need it are skipped where it is absent."""
    if not (SHARED / "faces").is_dir():
        pytest.skip("needs the shared pictures: set SHUALIAN_SHARED")
    return SHARED


@pytest.fixture(scope="session")
def sample_picture() -> Path:
    """The insightface package's sample picture: six people, 1280x886 JPEG."""
    spec = importlib.util.find_spec("insightface")
    if spec is None or spec.origin is None:
        pytest.skip("needs the insightface package's sample picture")
    return Path(spec.origin).parent / "data" / "images" / "t1.jpg"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs a browser: apt-get install chromium fonts-noto-cjk")
    return path


@pytest.fixture(scope="session")
def compiler() -> str:
    """Path of the C compiler."""
    path = shutil.which("gcc")
    if path is None:
        pytest.skip("needs a compiler: apt-get install gcc libc6-dev")
    return path


@pytest.fixture(scope="session")
def compiler_32() -> str:
    """The same where it also makes programs of 32 bits for a machine of 64."""
    path = shutil.which("gcc")
    asked = [str(path), "-m32", "-fsyntax-only", "-xc", "-"]
    program = "#include <stdio.h>\n"
    if (
        path is None
        or subprocess.run(asked, input=program, text=True, capture_output=True).returncode
    ):
        pytest.skip("needs a 32-bit compiler: apt-get install gcc-multilib")
    return path
