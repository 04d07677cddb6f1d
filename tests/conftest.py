"""What every test can count on: a plain terminal, no settings of one's own, the real command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Same output on every machine: no colour, 80 columns, no JOBCODES_ setting, a cache of our own."""
    for name in [name for name in os.environ if name.startswith("JOBCODES_")]:
        monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYTHONUTF8", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JOBCODES_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    # The tests run from a folder of their own; what they start must still find this checkout first.
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))


@pytest.fixture
def jobcodes() -> Run:
    """Runs the real command line as a process of its own: `jobcodes("show", "AMT010", stdin=b"")`."""

    def run(*arguments: str, stdin: bytes = b"", **options: object) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "jobcodes", *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(command, input=stdin, timeout=60, **streams)  # type: ignore[call-overload, no-any-return]

    return run


@pytest.fixture
def sample() -> Callable[[str], str]:
    """The path of a sample job description: `sample("help-desk")`."""
    return lambda name: str(CHECKOUT / "data" / "samples" / f"{name}.txt")
