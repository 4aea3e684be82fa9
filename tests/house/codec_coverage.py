"""`make coverage`: branch coverage of the codecs by their own tests, raw to `benchmarks/results/`.

A codec here is a module that turns bytes or text of the outside into values, or back, without
talking. Counted are branches alone, as coverage.py counts them; the fuzz targets do not count.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.record import recording

ROOT = Path(__file__).parents[2]
CODECS = (
    "codes/gb18030.py", "codes/id_number.py", "codes/names.py", "codes/qr.py",
    "devices/framing/*.py",
    "devices/gnss/assembler.py", "devices/gnss/codec.py", "devices/gnss/continuity.py",
    "devices/gnss/sentences.py",
    "devices/manager/config.py", "devices/manager/lists.py",
    "devices/printer/commands.py", "devices/printer/interpreter.py", "devices/printer/layout.py",
    "devices/printer/replies.py", "devices/printer/status.py",
    "devices/resident_id/codec.py", "devices/resident_id/layout/*.py",
    "devices/resident_id/sam_id.py", "devices/resident_id/simulated_mark.py",
    "devices/resident_id/status.py",
    "devices/scanner/codec.py",
    "devices/smartcard/apdu.py", "devices/smartcard/atr.py",
    "devices/smartcard/ccid/frames.py", "devices/smartcard/ccid/messages.py",
    "devices/social_security_card/bas.py", "devices/social_security_card/commands.py",
    "devices/social_security_card/forms.py", "devices/social_security_card/layout.py",
    "devices/vendor/description.py", "devices/vendor/frames.py", "devices/vendor/lines.py",
    "devices/vendor/transactions.py",
)  # fmt: skip
TESTS = (
    "tests/codes",
    "tests/devices/test_codec.py", "tests/devices/test_family_a.py",
    "tests/devices/test_gnss_codec.py", "tests/devices/test_gnss_fixes.py",
    "tests/devices/test_layout.py", "tests/devices/test_lists.py",
    "tests/devices/test_printer_codec.py", "tests/devices/test_printer_layout.py",
    "tests/devices/test_resident_id_status.py",
    "tests/devices/test_scanner_codec.py", "tests/devices/test_simulated_photo.py",
    "tests/devices/test_smartcard_apdu.py", "tests/devices/test_smartcard_ccid.py",
    "tests/devices/test_social_security_layout.py", "tests/devices/test_stx_etx.py",
    "tests/devices/vendor/test_description.py", "tests/devices/vendor/test_lines.py",
    "tests/devices/vendor/test_transactions.py",
)  # fmt: skip
LEAST = 0.95


def main() -> int:
    """Run the tests, print a table, record it; 1 under 95 % or where a test fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with recording("codec_coverage", "make coverage", 0, given.out) as record:
        report = _report()
        modules = {name: _branches(one["summary"]) for name, one in report["files"].items()}
        total = _branches(report["totals"])
        record.figures = {"total": total, "modules": modules}
    for name, one in (*modules.items(), ("all codecs", total)):
        print(f"{one['share'] * 100:6.1f} %  {one['covered']:4} of {one['branches']:4}  {name}")
    return int(total["share"] < LEAST)


def _report() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings, report = Path(folder, "coverage.ini"), Path(folder, "report.json")
        codecs = "\n    ".join(CODECS)
        settings.write_text(f"[run]\nbranch = True\ninclude =\n    {codecs}\n", "utf-8")
        how = [
            "-q",
            "-n",
            "auto",
            "--cov",
            f"--cov-config={settings}",
            f"--cov-report=json:{report}",
        ]
        environment = os.environ | {"COVERAGE_FILE": f"{folder}/data"}
        command = [sys.executable, "-m", "pytest", *how, *TESTS]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
        return found


def _branches(summary: dict[str, Any]) -> dict[str, Any]:
    branches, covered = summary["num_branches"], summary["covered_branches"]
    share = round(covered / branches, 4) if branches else 1.0
    return {"branches": branches, "covered": covered, "share": share}


if __name__ == "__main__":
    raise SystemExit(main())
