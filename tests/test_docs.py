"""The README tells the truth: its console blocks are run, and what they show is what comes out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
README = CHECKOUT / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = ("classify", "batch", "evaluate", "show", "search", "list", "catalogue")
SET_UP = {
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/jobcodes classify data/samples/help-desk.txt",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
}


def blocks(language: str) -> list[str]:
    return [body for found, body in BLOCK.findall(README.read_text(encoding="utf-8")) if found == language]


def steps(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown for it."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].rstrip("\n"), ""))
        elif found and not found[-1][1] and found[-1][0].endswith("\\"):  # a command over several lines
            found[-1] = (f"{found[-1][0]}\n{line.rstrip()}", "")
        else:
            assert found, f"a console block begins with `$ `, not with {line!r}"
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `jobcodes` command that runs this checkout, installed or not, and what the blocks read."""
    folder = tmp_path_factory.mktemp("bin")
    shim = folder / "jobcodes"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jobcodes "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    for name in ("data", "tests"):
        (folder / name).symlink_to(CHECKOUT / name)  # the blocks write, and not into the checkout
    return folder


@pytest.mark.skipif(os.name == "nt", reason="the blocks are for a POSIX shell")
@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.split("\n", 1)[0])
def test_a_console_block_shows_what_comes_out(block: str, bin_folder: Path) -> None:
    for tool in ("jq",):
        if tool in block and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    for command, expected in steps(block):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=bin_folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
        )
        assert done.stdout == expected, command


def test_the_readme_has_console_blocks() -> None:
    assert any(command.startswith("jobcodes ") for block in blocks("console") for command, _ in steps(block))


def test_set_up_is_the_two_known_lines() -> None:
    lines = {line for block in blocks("sh") for line in block.splitlines()}
    assert lines >= SET_UP
    assert {line for line in lines if "pip install" in line} == SET_UP


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_is_in_the_readme(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobcodes", command, "--help"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0
    summary = done.stdout.split("\n\n")[1]
    assert summary.strip()
    _, _, examples = done.stdout.partition("Examples:")
    assert len(re.findall(r"^ +(?:\S.* \| )?jobcodes ", examples, re.MULTILINE)) >= 2
    assert f"jobcodes {command}" in README.read_text(encoding="utf-8")


def test_the_commands_are_all_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobcodes", "--help"], capture_output=True, encoding="utf-8", timeout=60
    )
    listed = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == list(COMMANDS)
