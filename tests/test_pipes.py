"""Real pipes and a real terminal: what no in-process runner covers."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX shells and terminals")
EVIL = "Help Desk Analyst \x1b]0;owned\x07\x1b[31m\x9b31m \u202e\x08 [/] [bold]\nTroubleshoots customers' devices\n"
OURS = re.compile(rb"\x1b\[[0-9;]*m")  # colours, the only escapes that a view may send


def shell(script: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Runs the script with `jobcodes` as a command, `$S` being the samples."""
    samples = Path(__file__).resolve().parent.parent / "data" / "samples"
    setup = f'jobcodes() {{ "{sys.executable}" -m jobcodes "$@"; }}; S="{samples}"; '
    return subprocess.run(
        ["bash", "-c", setup + script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        **options,  # type: ignore[call-overload]
    )


@posix
@pytest.mark.parametrize(
    "command",
    [
        "list",
        "show AMS AMT AMS000 AMT010",
        "search customer",
        'classify "$S"/*.txt',
        "batch - < <(echo title; for i in $(seq 2000); do echo Help Desk Analyst; done)",
    ],
)
def test_a_closed_pipe_ends_the_run_silently(command: str) -> None:
    done = shell(f"jobcodes {command} | head -1; exit ${{PIPESTATUS[0]}}")
    assert done.returncode in (0, 141)
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


@posix
def test_pipes_in_and_out() -> None:
    assert shell("jobcodes list | grep -c ^AMS").stdout == b"11\n"
    assert shell("jobcodes list --function AMT | cut -f1 | head -2").stdout == b"AMT\nAMT000-EX\n"
    assert shell("jobcodes show AMT010 | grep -c ^responsibilities").stdout == b"2\n"
    piped = shell('cat "$S/help-desk.txt" | jobcodes classify -')
    assert json.loads(piped.stdout)["match"]["code"] == "AMT010"


@posix
@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq")
def test_jq_reads_what_classify_writes() -> None:
    done = shell('jobcodes classify "$S/help-desk.txt" "$S/field-service-engineer.txt" | jq -r .match.code')
    assert done.stdout == b"AMT010\nAMT020\n"


@posix
def test_csv_through_two_runs_is_read_back_whole() -> None:
    done = shell(
        'jobcodes classify "$S"/*.txt -f csv | jobcodes batch --title-column title --replace -q 2>&1',
    )
    rows = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
    assert len(rows) == 18
    assert len({len(row) for row in rows}) == 1


@posix
def test_batch_streams_whole_rows() -> None:
    """The first row comes out while the table is still being written."""
    command = [sys.executable, "-m", "jobcodes", "batch", "--from", "csv", "-q"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"title\nHelp Desk Analyst\n")
        process.stdin.flush()
        time.sleep(0.2)
        process.stdin.write(b"Field Service Engineer\n" * 5)
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"title,match_code,")
        assert process.stdout.readline().startswith(b"Help Desk Analyst,AMT010,")
        process.stdin.close()
        assert len(process.stdout.readlines()) == 5
    assert process.returncode == 0


@posix
def test_a_pipe_gets_utf8_whatever_the_locale() -> None:
    done = shell("jobcodes classify --title 'Café Help Desk' -f tsv", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert "Café Help Desk" in done.stdout.decode()


@posix
def test_a_file_name_that_is_no_text_is_no_trouble(tmp_path: Path) -> None:
    done = shell(r"jobcodes classify $'caf\xe9.txt'", cwd=tmp_path)
    assert done.returncode == 4
    assert json.loads(done.stdout)["source"] == "caf\udce9.txt"


@posix
def test_an_interrupted_run_ends_with_130(tmp_path: Path) -> None:
    import signal

    target = tmp_path / "out.csv"
    command = [sys.executable, "-m", "jobcodes", "batch", "--from", "csv", "-o", str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"title\n" + b"Help Desk Analyst\n" * 20)
        process.stdin.flush()
        while not (tmp_path / "out.csv.partial").exists():
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert b"Traceback" not in process.stderr.read()
    assert not target.exists()


# a terminal ----------------------------------------------------------------------------------------------


def on_a_terminal(*arguments: str, typed: bytes | None = None, **environment: str) -> tuple[bytes, int]:
    """What a terminal of 80 columns receives from a command, and its exit code."""
    import fcntl
    import pty
    import struct
    import termios

    keyboard, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "jobcodes", *arguments],
        stdin=terminal if typed is not None else subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm-256color", **environment},
        close_fds=True,
    )
    os.close(terminal)
    received = b""
    if typed is not None:
        while b"Ctrl-D\r\n" not in received:
            received += os.read(keyboard, 4096)
        os.write(keyboard, typed)
    try:
        while chunk := os.read(keyboard, 65536):
            received += chunk
    except OSError:  # Linux says EIO when the other end has gone
        pass
    os.close(keyboard)
    return received.replace(b"\r\n", b"\n"), process.wait(timeout=60)


@posix
@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize(
    "command",
    [
        ["classify", "@"],
        ["classify", "@", "-f", "json"],
        ["classify", "@", "-f", "jsonl"],
        ["classify", "@", "-f", "csv"],
        ["classify", "@", "-f", "tsv"],
        ["classify", "--text", EVIL],
        ["classify", "--title", EVIL.replace("\n", " ")],
        ["search", EVIL],
        ["show", EVIL],
        ["list", "--function", EVIL],
        ["list", "--catalogue", f"/nowhere/{EVIL}"],
    ],
    ids=lambda command: " ".join(command)[:24].rstrip("\n"),
)
def test_data_cannot_steer_a_terminal(tmp_path: Path, command: list[str], color: str) -> None:
    path = tmp_path / "job.txt"
    path.write_text(EVIL, encoding="utf-8")
    arguments = [str(path) if part == "@" else part for part in command]
    received, _ = on_a_terminal(*arguments, "--color", color)
    text = OURS.sub(b"" if color == "always" else b"?", received).decode()
    assert not {character for character in text if character < " "} - {"\n", "\t"}
    assert not set(text) & set("\x7f\x9b\u202e")
    assert "Traceback" not in text


@posix
def test_batch_on_a_terminal_shows_rows_that_cannot_steer_it(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text('title\n"Help \x1b[31m\x9bDesk"\n', encoding="utf-8")
    received, code = on_a_terminal("batch", str(path))
    assert code == 0
    assert b"\x1b" not in received
    assert "\x9b" not in received.decode()


@posix
def test_a_terminal_gets_the_view_in_80_columns() -> None:
    received, code = on_a_terminal("list", "--function", "AMT")
    lines = received.decode().splitlines()
    assert code == 0
    assert lines[0] == "AMT  Technical Customer Support"
    assert lines[1] == "├ AMT000-EX  benchmark   Technical Customer Support Executive"
    assert max(map(len, lines)) <= 80


@posix
def test_no_color_and_dumb_terminals_are_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert b"\x1b" not in on_a_terminal("list")[0]  # NO_COLOR is set for every test
    monkeypatch.delenv("NO_COLOR")
    assert b"\x1b[" in on_a_terminal("list")[0]
    assert b"\x1b[" in on_a_terminal("list", NO_COLOR="")[0]
    assert b"\x1b" not in on_a_terminal("list", TERM="dumb")[0]
    assert b"\x1b" not in on_a_terminal("list", "--color", "never")[0]


@posix
def test_whoever_sits_at_the_keyboard_is_told_what_is_waited_for() -> None:
    received, code = on_a_terminal("classify", typed=b"Help Desk Analyst\n\x04\x04")
    assert b"jobcodes: reading from the terminal; end with Ctrl-D\n" in received
    assert code == 0


@posix
def test_dev_stdout_is_the_pipe() -> None:
    done = shell("printf 'title\\nField Engineer\\n' | jobcodes batch -q -o /dev/stdout | cat")
    assert done.stderr == b""
    assert done.stdout.splitlines()[1].startswith(b"Field Engineer,AMT020,")
