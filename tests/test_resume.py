"""Nothing lost: a batch that is killed, interrupted or out of disk goes on to the same output."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

CHECKOUT = Path(__file__).resolve().parent.parent
ROWS = 240

# Writes every row and its line of the journal at once, and dies in the middle of a write: after so many bytes.
KILLED = """
import os, signal, sys
from jobcodes import journal
journal.EVERY = 0
write, left = journal._write, int(sys.argv.pop(1))
def torn(file, data):
    global left
    if left < len(data):
        write(file, data[:left])
        os.kill(os.getpid(), signal.SIGKILL)
    left -= len(data)
    write(file, data)
journal._write = torn
from jobcodes.__main__ import main
main()
"""
WORK = ("repairs printers", "answers calls", "resets passwords", "travels to hospitals", "keeps the van stocked")


def table(rows: int = ROWS) -> bytes:
    """Distinct jobs and repeated ones, line breaks and quotation marks in cells, a bad row now and then."""
    draw = random.Random(7)
    lines = ["id,Job Code,title,text"]
    for number in range(rows):
        duties = "\n".join(f"{draw.choice(WORK).capitalize()} for site {{draw.randrange(40)}}." for _ in range(4))
        quoted = duties.replace('"', '""')
        extra = ",too many" if number % 50 == 49 else ""
        title = draw.choice(["Help Desk Analyst", "help desk  analyst", "Field Engineer"])
        lines.append(f'{number},J{number % 7},{title},"{quoted}"{extra}')
    return "\n".join(lines).encode() + b"\n"


def start(*arguments: str, script: str = "", **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, *(["-c", script] if script else ["-m", "jobcodes"])]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    streams["env"] = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen([*command, *arguments], **streams)  # type: ignore[call-overload, no-any-return]


def run(*arguments: str, script: str = "", stdin: bytes | None = None, **options: object) -> tuple[int, str]:
    if stdin is not None:
        options["stdin"] = subprocess.PIPE
    with start(*arguments, script=script, **options) as process:
        _, said = process.communicate(stdin, timeout=60)
    return process.returncode, said.decode()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What uninterrupted runs over `table()` write."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "jobs.csv").write_bytes(table())
    outputs = {}
    for name in ("out.csv", "out.jsonl", "out.xlsx"):
        if name == "out.xlsx" and not find_spec("xlsxwriter"):
            continue
        code, _ = run("batch", "jobs.csv", "-o", name, "--summary", f"{name}.json", cwd=folder)
        assert code == 4
        outputs[name] = (folder / name).read_bytes()
        outputs[f"{name}.json"] = (folder / f"{name}.json").read_bytes()
    return outputs


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.csv").write_bytes(table())
    return tmp_path


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


# killed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "jobs", "seed"),
    [
        ("out.xlsx", "1", 6),
        ("out.csv", "1", 1),
        ("out.csv", "1", 2),
        ("out.csv", "2", 3),
        ("out.jsonl", "1", 4),
        ("out.jsonl", "2", 5),
    ],
)
def test_killed_in_the_middle_of_a_write_and_resumed(
    here: Path, whole: dict[str, bytes], output: str, jobs: str, seed: int
) -> None:
    if output == "out.xlsx":
        pytest.importorskip("xlsxwriter")
    draw = random.Random(seed)
    call = ("batch", "jobs.csv", "-o", output, "--jobs", jobs)
    code, _ = run(str(draw.randrange(300)), *call, script=KILLED)  # perhaps before the first line is whole
    assert code == -signal.SIGKILL
    kills = 1
    for _ in range(3):
        code, _ = run(str(draw.randrange(ROWS * 150)), *call, "--resume", script=KILLED)
        kills += code == -signal.SIGKILL
        assert not (here / output).exists() or code == 4
    assert kills > 2
    code, said = run(*call, "--resume", "--summary", "summary.json")
    assert code == 4
    assert "jobcodes: going on after " in said
    assert (here / output).read_bytes() == whole[output]
    assert json.loads((here / "summary.json").read_text()) == json.loads(whole[f"{output}.json"])
    assert names(here) == sorted(["jobs.csv", output, "summary.json"])


def test_killed_at_any_moment_and_resumed(here: Path, whole: dict[str, bytes]) -> None:
    (here / "out.csv").write_text("old")
    with start("batch", "jobs.csv", "-o", "out.csv", "--jobs", "2") as process:
        wait_for((here / "out.csv.partial").exists)
        time.sleep(random.random() / 2)
        process.kill()
        # The workers end too: they held the other end of these pipes.
        process.communicate(timeout=30)
    # Killed after the last row, it may have put the output in its place already: then that is whole.
    if process.returncode == -signal.SIGKILL and (here / "out.csv.partial").exists():
        assert (here / "out.csv").read_text() == "old"
        assert run("batch", "jobs.csv", "-o", "out.csv", "--resume")[0] == 4
    assert (here / "out.csv").read_bytes() == whole["out.csv"]


def test_a_pipe_is_resumed_when_the_same_comes_again(here: Path, whole: dict[str, bytes]) -> None:
    call = ("batch", "--from", "csv", "-o", "out.csv")
    assert run("20000", *call, script=KILLED, stdin=table())[0] == -signal.SIGKILL
    before = (here / "out.csv.partial").read_bytes()
    other = table().replace(b"\n3,J3,", b"\n3,J9,")
    code, said = run(*call, "--resume", stdin=other)
    assert (code, said.splitlines()[-2:]) == (
        2,
        [
            "jobcodes: error: the input is not the one that the earlier run read",
            "jobcodes: hint: start anew, without --resume",
        ],
    )
    code, said = run(*call, "--resume", stdin=b"".join(table().splitlines(keepends=True)[:2]))
    assert (code, "the input is not the one" in said) == (2, True), said
    assert (here / "out.csv.partial").read_bytes()[:10000] == before[:10000]
    assert run(*call, "--resume", stdin=table())[0] == 4
    assert (here / "out.csv").read_bytes() == whole["out.csv"]


def left_by_a_killed_run(*options: str) -> None:
    assert run("20000", "batch", "jobs.csv", "-o", "out.csv", *options, script=KILLED)[0] == -signal.SIGKILL


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--top", "1"], "the options"),
        (["--coverage", "0.5"], "the options"),
        (["--min-confidence", "0.5"], "the options"),
        (["--drop", "id"], "the options"),
        (["--format", "jsonl"], "the options"),
        (["--title-column", "id"], "the options"),
        (["--excel-safe"], "the options"),
        (["--catalogue", "catalogue"], "the catalogue"),
        (["--vocabulary", "vocabulary"], "the vocabulary"),
        (["--calibration", "calibration.json"], "the calibration"),
        ([], "the input"),
        ([], "the input and the input's columns"),
        ([], "the program"),
    ],
    ids=str,
)
def test_what_has_changed_is_not_resumed(here: Path, options: list[str], changed: str) -> None:
    import shutil

    data = CHECKOUT / "data"
    for name in ("catalogue", "vocabulary"):
        shutil.copytree(data / name, here / name)
    for path in (here / "catalogue" / "catalogue.yaml", *(here / "vocabulary").glob("AMS.yaml")):
        with path.open("a") as file:
            file.write("# changed\n")
    calibration = re.sub(r'("rows": *)\d+', r"\g<1>77", (data / "calibration.json").read_text())
    (here / "calibration.json").write_text(calibration)
    left_by_a_killed_run()
    journal = here / "out.csv.partial.journal"
    if changed == "the input":
        (here / "jobs.csv").write_bytes(table() + b"9,J9,Cook,\n")
    elif changed.startswith("the input and"):
        (here / "jobs.csv").write_bytes(table().replace(b"id,", b"ID,", 1))
    elif changed == "the program":
        journal.write_text(journal.read_text().replace('"the program":"', '"the program":"0.0.', 1))
    before = {path.name: path.read_bytes() for path in here.glob("out.*")}
    code, said = run("batch", "jobs.csv", "-o", "out.csv", "--resume", *options)
    assert code == 2
    assert f"cannot resume {here / 'out.csv'}: changed since the earlier run: {changed}\n" in said
    assert {path.name: path.read_bytes() for path in here.glob("out.*")} == before


def test_resume_says_when_it_cannot(here: Path) -> None:
    assert run("batch", "jobs.csv", "--resume")[0] == 2
    assert run("batch", "jobs.csv", "-o", "/dev/null", "--resume")[0] == 2
    (here / "out.csv.partial").write_text("from something else")
    code, said = run("batch", "jobs.csv", "-o", "out.csv", "--resume")
    assert (code, (here / "out.csv.partial").read_text()) == (2, "from something else")
    assert "was not left by a run that can go on" in said


def test_nothing_to_resume_is_a_run_from_the_start(here: Path, whole: dict[str, bytes]) -> None:
    code, said = run("batch", "jobs.csv", "-o", "out.csv", "--resume")
    assert code == 4
    assert said.startswith("jobcodes: nothing to go on from")
    assert (here / "out.csv").read_bytes() == whole["out.csv"]


def test_a_mistaken_call_leaves_an_interrupted_run_alone(here: Path) -> None:
    left_by_a_killed_run()
    before = (here / "out.csv.partial").read_bytes()
    assert run("batch", "jobs.csv", "-o", "out.csv", "--drop", "nowhere")[0] == 2
    assert run("batch", "jobs.csv", "-o", "out.csv", "--title-column", "nowhere")[0] == 2
    assert (here / "out.csv.partial").read_bytes() == before


# interrupted ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupted_and_resumed(here: Path, whole: dict[str, bytes], number: int, jobs: str) -> None:
    partial = here / "out.csv.partial"
    call = ("batch", "--from", "csv", "-o", "out.csv", "--jobs", jobs)
    lines = table().splitlines(keepends=True)
    with start(*call, stdin=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin
        process.stdin.write(b"".join(lines[: len(lines) // 2]))
        process.stdin.flush()
        wait_for(partial.exists)
        time.sleep(0.5)
        os.killpg(process.pid, number)  # as Ctrl-C does: the workers as well
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.decode().splitlines() == [
        "jobcodes: interrupted; out.csv.partial keeps the rows that are done: go on with --resume"
    ]
    assert partial.stat().st_size > 0
    assert whole["out.csv"].startswith(partial.read_bytes())
    assert run(*call, "--resume", stdin=table())[0] == 4
    assert (here / "out.csv").read_bytes() == whole["out.csv"]


def workers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [pid for pid in map(int, children) if b"spawn_main" in cmdline(pid)]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_a_killed_worker_is_noticed(here: Path, whole: dict[str, bytes]) -> None:
    call = ("batch", "--from", "csv", "-o", "out.csv", "--jobs", "2")
    lines = table().splitlines(keepends=True)
    with start(*call, stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(b"".join(lines[:-20]))
        process.stdin.flush()
        wait_for(lambda: len(workers(process.pid)) == 2)
        os.kill(workers(process.pid)[0], signal.SIGKILL)
        _, said = process.communicate(b"".join(lines[-20:]), timeout=30)
    assert process.returncode == 130
    assert said.decode().splitlines() == [
        "jobcodes: error: a worker process was killed, perhaps for want of memory",
        "jobcodes: hint: with -o FILE the rows that are done are kept: go on with --resume; --jobs 1 needs no workers",
    ]
    assert run(*call, "--resume", stdin=table())[0] == 4
    assert (here / "out.csv").read_bytes() == whole["out.csv"]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


# no room -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[], dict[str, object]]]:
    """A folder of 1 MB, in which the commands run: a disk of its own where that is allowed, else a limit."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    ).returncode

    def limit() -> None:
        import resource

        if not mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    yield lambda: {"cwd": folder, "preexec_fn": limit}
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_disk_of_one_megabyte(small_disk: Callable[[], dict[str, object]], tmp_path: Path, jobs: str) -> None:
    big = tmp_path / "big.csv"
    rows = [f"Field Engineer,{number} {'Repairs printers. ' * 400}\n" for number in range(300)]
    big.write_text("title,text\n" + "".join(rows))
    options = small_disk()
    disk = Path(str(options["cwd"]))
    (disk / "out.csv").write_text("old")
    code, said = run("batch", str(big), "-o", "out.csv", "--jobs", jobs, **options)
    assert code == 2
    error, hint = said.splitlines()
    assert error.startswith("jobcodes: error: cannot write out.csv: ")
    assert error.endswith(f"; {disk / 'out.csv.partial'} keeps the rows that are done")
    assert hint == "jobcodes: hint: make room, then go on with --resume"
    assert (disk / "out.csv").read_text() == "old"
    partial = (disk / "out.csv.partial").read_text()
    done = list(csv.reader(partial.splitlines(keepends=True)))
    assert len(done) > 1
    assert {len(row) for row in done} == {12}
    assert partial.endswith("\n")
    # With more room, here on another disk, it goes on.
    for name in ("out.csv.partial", "out.csv.partial.journal"):
        (tmp_path / name).write_bytes((disk / name).read_bytes())
    code, said = run("batch", str(big), "-o", "out.csv", "--resume", cwd=tmp_path)
    assert code == 0
    assert f"going on after {len(done) - 1} rows" in said
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 301


# two at once ---------------------------------------------------------------------------------------------


def test_two_runs_never_write_one_output(here: Path, whole: dict[str, bytes]) -> None:
    call = ("batch", "--from", "csv", "-o", "out.csv")
    lines = table().splitlines(keepends=True)
    with start(*call, stdin=subprocess.PIPE) as first:
        assert first.stdin
        first.stdin.write(b"".join(lines[:50]))
        first.stdin.flush()
        wait_for((here / "out.csv.partial").exists)
        for options in ([], ["--resume"]):
            code, said = run(*call, *options, stdin=table())
            assert code == 2
            assert f"error: another run is writing {here / 'out.csv'}\n" in said
        assert not (here / "out.csv").exists()
        first.communicate(b"".join(lines[50:]), timeout=30)
    assert first.returncode == 4
    assert (here / "out.csv").read_bytes() == whole["out.csv"]
    assert names(here) == ["jobs.csv", "out.csv"]


def test_many_runs_at_once_leave_one_whole_output(here: Path, whole: dict[str, bytes]) -> None:
    runs = [start("batch", "jobs.csv", "-o", "out.csv") for _ in range(4)]
    for process in runs:
        process.communicate(timeout=60)
    assert {process.returncode for process in runs} <= {2, 4}
    assert (here / "out.csv").read_bytes() == whole["out.csv"]
    assert names(here) == ["jobs.csv", "out.csv"]
