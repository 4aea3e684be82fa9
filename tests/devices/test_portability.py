"""The package where there is no POSIX: this interpreter with the POSIX modules taken away."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib, pkgutil, sys
import cv2, numpy, rich.console, rich.table, serial, tempfile, typer, subprocess

class NotPosix:
    names = {"fcntl", "pty", "termios", "tty", "devices.posix_pty"}
    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            raise ImportError(f"{name} is POSIX only")

for name in NotPosix.names:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, NotPosix())
import devices
for module in pkgutil.walk_packages(devices.__path__, "devices."):
    if module.name != "devices.posix_pty":
        importlib.import_module(module.name)
        print(module.name)
"""


def test_every_module_but_the_pseudo_terminal_imports_without_posix() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split()
    assert {"devices.cli", "devices.resident_id.simulator", "devices.camera.live"} <= set(imported)
