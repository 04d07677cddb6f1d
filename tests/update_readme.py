"""Runs the README's console blocks and writes what comes out under each command.

    python tests/update_readme.py

Read the difference before you commit it: tests/test_docs.py holds the README to what it shows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
README = CHECKOUT / "README.md"
BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)


def run_again(block: re.Match[str]) -> str:
    commands = [line[2:] for line in block[0].splitlines() if line.startswith("$ ")]
    with tempfile.TemporaryDirectory() as folder:
        shim = Path(folder, "jobcodes")
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jobcodes "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
        for name in ("data", "tests"):
            Path(folder, name).symlink_to(CHECKOUT / name)  # the blocks write, and not into the checkout
        return "".join(f"$ {command}\n{output(command, folder)}" for command in commands)


def output(command: str, folder: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "NO_COLOR": "1",
        "COLUMNS": "80",
        "JOBCODES_CACHE": "off",
    }
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True, encoding="utf-8")
    if done.stderr:
        raise SystemExit(f"{command}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    README.write_text(BLOCK.sub(run_again, README.read_text(encoding="utf-8")), encoding="utf-8")
