"""Every command as its user meets it: what goes in, what comes out, how it ends."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Run

CATALOGUE = """\
name: Trades
edition: "2026"
bands: {M: Management, P: Professional}
reports: []
functions:
  - code: PLB
    title: Plumbing
    description: Keeps the water in the pipes.
    bands: [M, P]
    jobs:
      - code: PLB010
        kind: discipline
        title: Plumbing - Repair
        responsibilities: [Repairs leaking pipes and taps]
      - code: PLB020
        kind: discipline
        title: Plumbing - Installation
        responsibilities: [Installs new boilers and radiators]
"""


@pytest.fixture
def trades(tmp_path: Path) -> str:
    path = tmp_path / "trades.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    return str(path)


# show, search, list: small catalogue, whole output -------------------------------------------------------


def test_show_in_a_pipe(jobcodes: Run, trades: str) -> None:
    done = jobcodes("show", "plb10", "--catalogue", trades)
    assert done.stdout.decode() == dedent("""\
        PLB010	Plumbing - Repair
        kind	discipline
        role	discipline
        function	PLB	Plumbing
        responsibilities	Repairs leaking pipes and taps
        bands	M	Management
        bands	P	Professional
        siblings	PLB020	Plumbing - Installation
        """)
    assert (done.returncode, done.stderr) == (0, b"")


def test_show_as_a_table(jobcodes: Run, trades: str) -> None:
    done = jobcodes("show", "PLB", "PLB020", "-f", "table", "--catalogue", trades)
    assert done.stdout.decode() == dedent("""\
        PLB  Plumbing
        function

          Keeps the water in the pipes.

          bands  M Management, P Professional

          PLB010  Plumbing - Repair        discipline
          PLB020  Plumbing - Installation  discipline

        PLB020  Plumbing - Installation
        discipline of PLB Plumbing

          •  Installs new boilers and radiators

          bands  M Management, P Professional

        """)


def test_show_as_json_is_a_list(jobcodes: Run, trades: str) -> None:
    done = jobcodes("show", "PLB010", "-f", "json", "--catalogue", trades)
    (job,) = json.loads(done.stdout)
    assert job["title"] == "Plumbing - Repair"


def test_show_shows_the_known_codes_and_suggests_for_the_others(jobcodes: Run, trades: str) -> None:
    done = jobcodes("show", "PLB011", "PLB020", "--catalogue", trades)
    assert done.returncode == 1
    assert done.stdout.startswith(b"PLB020\tPlumbing - Installation\n")
    first, hint = done.stderr.decode().splitlines()
    assert first == "jobcodes: error: no code 'PLB011' in this catalogue"
    assert hint.startswith("jobcodes: hint: did you mean PLB010 or ")


def test_list_in_a_pipe(jobcodes: Run, trades: str) -> None:
    done = jobcodes("list", "--catalogue", trades)
    assert done.stdout.decode() == dedent("""\
        PLB	function	PLB	Plumbing
        PLB010	discipline	PLB	Plumbing - Repair
        PLB020	discipline	PLB	Plumbing - Installation
        """)
    assert (done.returncode, done.stderr) == (0, b"")


def test_list_as_a_tree(jobcodes: Run, trades: str) -> None:
    done = jobcodes("list", "-f", "table", "--catalogue", trades)
    assert done.stdout.decode() == dedent("""\
        PLB  Plumbing
        ├ PLB010  discipline  Plumbing - Repair
        └ PLB020  discipline  Plumbing - Installation
        """)


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (["--function", "amt", "--kind", "benchmark"], ["AMT000-EX"]),
        (["--kind", "function"], ["AMS", "AMT"]),
        (["--function", "AMT010", "--band", "t", "-q"], ["AMT", "AMT000", "AMT010", "AMT020", "AMT999"]),
    ],
)
def test_list_filters(jobcodes: Run, arguments: list[str], codes: list[str]) -> None:
    done = jobcodes("list", *arguments)
    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == codes
    assert (done.returncode, done.stderr) == (0, b"")


def test_list_with_nothing_left_or_an_unknown_filter(jobcodes: Run, trades: str) -> None:
    nothing = jobcodes("list", "--kind", "benchmark", "--catalogue", trades)
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    assert nothing.stderr == b"jobcodes: nothing in the catalogue fits these filters\n"
    assert jobcodes("list", "--function", "XYZ", "--catalogue", trades).returncode == 1
    band = jobcodes("list", "--band", "Z", "--catalogue", trades)
    assert band.returncode == 2
    assert band.stderr.decode() == dedent("""\
        jobcodes: error: no band 'Z' in this catalogue
        jobcodes: hint: its bands are M, P
        """)


def test_search_in_a_pipe(jobcodes: Run) -> None:
    done = jobcodes("search", "complaints", "escalation", "--top", "1")
    (line,) = done.stdout.decode().splitlines()
    code, kind, title, _, field, text = line.split("\t")
    assert (code, kind, field) == ("AMS022", "discipline", "title")
    assert title == text == "Customer Contact Center - Complaints Escalation"
    assert (done.returncode, done.stderr) == (0, b"")


def test_search_marks_the_words_that_matched(jobcodes: Run) -> None:
    done = jobcodes("search", "complaint", "escalations", "--top", "1", "-f", "table")
    assert done.stdout.decode() == ("AMS022  Customer Contact Center - *Complaints* *Escalation*  discipline\n")


def test_search_that_finds_nothing(jobcodes: Run) -> None:
    done = jobcodes("search", "qqqzzzxxx")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"jobcodes: nothing in the catalogue fits these words\n"
    assert jobcodes("search", "qqqzzzxxx", "-q", "-f", "json").stdout == b"[]\n"


# classify ------------------------------------------------------------------------------------------------


def test_classify_in_a_pipe_is_one_json_object_a_line(jobcodes: Run, sample: Callable[[str], str]) -> None:
    done = jobcodes("classify", sample("help-desk"), sample("field-service-engineer"))
    first, second = map(json.loads, done.stdout.decode().splitlines())
    assert list(first) == ["source", "title", "match", "catalogue", "jobcodes"]
    assert first["source"] == sample("help-desk")
    assert (first["match"]["code"], second["match"]["code"]) == ("AMT010", "AMT020")
    assert [other["code"] for other in first["match"]["alternatives"]][:1] == ["AMT010"]
    assert len(first["match"]["alternatives"]) == 3
    assert (done.returncode, done.stderr) == (0, b"")
    text = Path(sample("help-desk")).read_text(encoding="utf-8")
    for found in first["match"]["evidence"]:
        whole = text if found["field"] == "text" else first["title"]
        assert whole[found["start"] : found["end"]] == found["text"]


def test_every_way_in_gives_the_same_match(jobcodes: Run, sample: Callable[[str], str]) -> None:
    path = sample("help-desk")
    content = Path(path).read_bytes()
    ways = [
        jobcodes("classify", path),
        jobcodes("classify", stdin=content),
        jobcodes("classify", "-", stdin=content),
        jobcodes("classify", "--text", content.decode()),
        jobcodes("classify", stdin=content.decode().encode("utf-16")),
    ]
    matches = [json.loads(done.stdout)["match"] for done in ways]
    assert all(match == matches[0] for match in matches)
    sources = [json.loads(done.stdout)["source"] for done in ways]
    assert sources == [path, "-", "-", "--text", "-"]


def test_a_title_on_its_own_is_enough_and_stdin_is_left_alone(jobcodes: Run) -> None:
    done = jobcodes("classify", "--title", "Field Service Engineer", "--top", "1", stdin=b"\xff")
    found = json.loads(done.stdout)
    assert (found["source"], found["title"]) == ("--title", "Field Service Engineer")
    assert found["match"]["alternatives"][0]["code"] == "AMT020"
    assert len(found["match"]["alternatives"]) == 1
    assert found["match"]["coverage"] is None


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_classify_as_a_table_of_rows(jobcodes: Run, sample: Callable[[str], str], format: str) -> None:
    done = jobcodes("classify", sample("help-desk"), "nowhere.txt", "-f", format)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode()), delimiter="\t" if format == "tsv" else ","))
    assert [row["match_decision"] for row in rows] == [rows[0]["match_decision"], "error"]
    assert rows[0]["match_code"] == "AMT010"
    assert rows[1]["source"] == "nowhere.txt"


def test_an_unusable_file_is_an_answer_and_the_others_are_done(
    jobcodes: Run, sample: Callable[[str], str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b" \n")
    done = jobcodes("classify", "nowhere.txt", str(empty), sample("help-desk"), "-f", "json")
    assert done.returncode == 4
    decisions = [found["match"]["decision"] for found in json.loads(done.stdout)]
    assert decisions[:2] == ["error", "error"]
    assert decisions[2] != "error"
    assert done.stderr.decode() == dedent(f"""\
        jobcodes: nowhere.txt: no such file
        jobcodes: {empty}: empty; give it a job description
        """)


def test_a_match_at_a_glance(jobcodes: Run, sample: Callable[[str], str]) -> None:
    done = jobcodes("classify", sample("help-desk"), "-f", "table")
    shown = done.stdout.decode()
    lines = shown.splitlines()
    assert lines[0].startswith(sample("help-desk")[:20])
    assert "  AMT010  Technical Customer Support - Remote/Help Desk" in lines
    for heading in ("  Other codes", "  Why"):
        assert heading in lines
    assert "*" in shown.partition("  Why\n")[2]
    assert not [line for line in lines if len(line) > 80 or line != line.rstrip()]
    assert "\x1b" not in shown


def test_color_always_colours_a_pipe(jobcodes: Run) -> None:
    assert b"\x1b[" in jobcodes("list", "--color", "always").stdout
    assert b"\x1b[" not in jobcodes("list", "--color", "never", "-f", "table").stdout


def test_verbose_names_the_catalogue_on_stderr(jobcodes: Run, trades: str) -> None:
    done = jobcodes("list", "-v", "--catalogue", trades)
    assert done.stderr.decode().startswith(f"jobcodes: catalogue {trades}: Trades, edition 2026, 2 jobs, sha256 ")


def test_the_catalogue_can_come_from_the_environment(
    jobcodes: Run, trades: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBCODES_CATALOGUE", trades)
    assert b"PLB010" in jobcodes("list").stdout


# batch ---------------------------------------------------------------------------------------------------

TABLE = "id,Job Title,Description\n007,Field Service Engineer,Repairs machines at customer sites\n8,,\n"


def test_batch_gives_the_rows_back_with_the_match(jobcodes: Run) -> None:
    done = jobcodes("batch", stdin=TABLE.encode())
    rows = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert [row[:3] for row in rows] == list(csv.reader(io.StringIO(TABLE)))
    assert rows[0][3:5] == ["match_code", "match_title"]
    assert rows[1][3] == "AMT020"
    assert rows[2][5] == "error"
    assert done.returncode == 4
    assert done.stderr.decode().splitlines() == [
        "jobcodes: 2 rows: 0 match, 1 review, 0 none, 1 error",
        "jobcodes: error: line 3: empty; neither a title nor a text",
        "jobcodes: 1 distinct job: 0 match, 1 review, 0 none",
        "jobcodes: for a person: 100.0% of the rows, 100.0% of the distinct jobs",
        "jobcodes: codes: AMT020 1",
    ]
    assert jobcodes("batch", "-q", stdin=TABLE.encode()).stderr == b""


def test_batch_writes_whole_files_in_the_format_of_their_suffix(jobcodes: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "jobs.csv", tmp_path / "out.jsonl"
    source.write_text(TABLE.replace("8,,\n", ""), encoding="utf-8")
    done = jobcodes("batch", str(source), "-o", str(target), "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    row = json.loads(target.read_text(encoding="utf-8"))
    assert (row["id"], row["match"]["code"]) == ("007", "AMT020")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jobs.csv", "out.jsonl"]


def test_batch_takes_named_columns_and_replaces_an_earlier_match(jobcodes: Run) -> None:
    table = b"a\tb\tc\nField Service Engineer\tRepairs machines\tat customer sites\n"
    options = ["--title-column", "a", "--text-column", "b", "--text-column", "c"]
    once = jobcodes("batch", *options, "--from", "tsv", "-q", stdin=table)
    assert once.returncode == 0
    again = jobcodes("batch", *options, "-q", stdin=once.stdout)
    assert again.returncode == 2
    assert b"--replace" in again.stderr
    assert jobcodes("batch", *options, "-q", "--replace", stdin=once.stdout).stdout == once.stdout


def test_batch_without_usual_columns_names_the_headers(jobcodes: Run) -> None:
    done = jobcodes("batch", stdin=b"x,y\n1,2\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the headers are 'x', 'y'" in done.stderr


def test_batch_on_a_missing_input_is_a_usage_error(jobcodes: Run) -> None:
    done = jobcodes("batch", "nowhere.csv")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"jobcodes: error: nowhere.csv: No such file or directory\n"


# how a run ends ------------------------------------------------------------------------------------------


def test_version_and_help(jobcodes: Run) -> None:
    assert jobcodes("-V").stdout == jobcodes("--version").stdout == b"jobcodes 0.1.0\n"
    assert jobcodes("-h").stdout == jobcodes("--help").stdout
    assert jobcodes("show", "-h").stdout.startswith(b"Usage: jobcodes show ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["show"],
        ["list", "--kind", "x"],
        ["classify", "--top", "0", "--title", "x"],
        ["classify", "--coverage", "80", "--title", "x"],
        ["classify", "--text", "x", "file.txt"],
        ["classify", "--title", "x", "-o", "/nonexistent/folder/file"],
        ["classify", "--encoding", "klingon", "pyproject.toml"],
    ],
)
def test_a_wrong_call_ends_with_2(jobcodes: Run, arguments: list[str], request: pytest.FixtureRequest) -> None:
    done = jobcodes(*arguments, cwd=request.config.rootpath)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def test_an_unusable_catalogue_ends_with_3_and_every_problem(jobcodes: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(CATALOGUE.replace("kind: discipline", "kind: thing"), encoding="utf-8")
    for arguments in (["list"], ["show", "PLB"], ["search", "x"], ["classify", "--title", "x"], ["batch"]):
        done = jobcodes(*arguments, "--catalogue", str(path))
        assert (done.returncode, done.stdout) == (3, b"")
        summary, first, second = done.stderr.decode().splitlines()
        assert summary == "jobcodes: error: the catalogue or the vocabulary cannot be used: 2 problems"
        assert first.startswith(f"jobcodes: error: {path}:12: ")
        assert first.endswith("expected discipline or benchmark, found 'thing'")
        assert second.startswith(f"jobcodes: error: {path}:16: ")


def test_a_bug_is_one_line_and_a_traceback_on_request(
    jobcodes: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import jobcodes.render\ndel jobcodes.render.list_rows\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).resolve().parent.parent}")
    done = jobcodes("list")
    assert (done.returncode, done.stdout) == (70, b"")
    assert done.stderr.startswith(b"jobcodes: error: this is a bug: ImportError: ")
    assert b"JOBCODES_DEBUG=1" in done.stderr
    monkeypatch.setenv("JOBCODES_DEBUG", "1")
    assert b"Traceback" in jobcodes("list").stderr


# hostile input: every command goes through all of it -----------------------------------------------------

HOSTILE = {
    "empty": b"",
    "nul": b"\0\0\0",
    "nul in words": b"Help\0 Desk\0 Analyst",
    "escapes": b"\x1b]0;owned\x07\x1b[31mHelp Desk\x9b31m",
    "closing tag": b"[/] help desk",
    "bold tag": b"[bold]help desk",
    "emoji code": b":smile: help desk",
    "link": b"[link=file:///etc/passwd]help desk[/link]",
    "a megabyte on a line": b"help desk " * 100_000,
    "not utf-8": b"caf\xe9 help desk",
    "half a surrogate pair": b'{"title": "\\ud800"}',
    "line separators": "help\u2028desk\x85analyst\x0c".encode(),
    "only a bom": b"\xef\xbb\xbf",
    "binary": bytes(range(256)) * 40,
}
WAYS = {  # with {} for the text in the arguments, else it is in a file (@) or comes through stdin
    "classify": ["classify"],
    "classify a table": ["classify", "@", "-f", "table"],
    "classify csv": ["classify", "-f", "csv"],
    "classify title": ["classify", "-f", "table", "--title", "{}"],
    "batch": ["batch"],
    "batch jsonl": ["batch", "--from", "jsonl"],
    "show": ["show", "{}", "-f", "table"],
    "search": ["search", "{}", "-f", "table"],
    "list": ["list", "--function", "{}"],
    "catalogue": ["list", "--catalogue", "@"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_answered_calmly(jobcodes: Run, tmp_path: Path, name: str, way: str) -> None:
    content = HOSTILE[name]
    file = tmp_path / "input"
    file.write_bytes(content)
    # The system allows neither a NUL nor a megabyte in an argument.
    text = content.replace(b"\0", b"").decode("utf-8", "surrogateescape")[:50_000]
    arguments = [str(file) if part == "@" else text if part == "{}" else part for part in WAYS[way]]
    done = jobcodes(*arguments, stdin=content)
    assert done.returncode in (0, 1, 2, 3, 4)
    assert b"Traceback" not in done.stderr
    assert b"a bug" not in done.stderr
    assert b"\x1b" not in done.stderr
    if "table" in arguments:
        assert not {character for character in done.stdout.decode() if character < " "} - {"\n"}
    done.stdout.decode()


@pytest.mark.parametrize("command", [["classify"], ["batch"], ["list", "--catalogue"]])
def test_a_folder_is_not_a_file(jobcodes: Run, tmp_path: Path, command: list[str]) -> None:
    done = jobcodes(*command, str(tmp_path))
    assert done.returncode in (2, 3, 4)
    assert str(tmp_path) in done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [["classify", "--title", "x"], ["batch"], ["show", "AMT"], ["search", "desk"], ["list"]]
)
def test_an_output_that_cannot_be_written_ends_with_2(jobcodes: Run, tmp_path: Path, command: list[str]) -> None:
    for target in (tmp_path, tmp_path / "no" / "file", Path("/dev/full")):
        if target == Path("/dev/full") and not target.exists():
            continue
        done = jobcodes(*command, "-o", str(target), stdin=b"title\nx\n")
        assert done.returncode == 2
        assert done.stderr.decode().startswith("jobcodes: error: cannot write ")
    if Path("/dev/full").exists():
        with open("/dev/full", "wb") as full:
            done = jobcodes(*command, stdin=b"title\nx\n", stdout=full)
        assert done.returncode == 2
        assert b"cannot write" in done.stderr


# what would be regretted ------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["classify", "batch"])
def test_an_input_is_not_overwritten(jobcodes: Run, tmp_path: Path, command: str) -> None:
    file = tmp_path / "jobs.csv"
    file.write_text("title\nHelp Desk Agent\n", encoding="utf-8")
    done = jobcodes(command, str(file), "-o", str(file))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is the input too" in done.stderr
    assert file.read_text(encoding="utf-8") == "title\nHelp Desk Agent\n"


def test_a_suffix_that_cannot_be_written_is_refused(jobcodes: Run, tmp_path: Path) -> None:
    done = jobcodes("show", "AMT", "-o", str(tmp_path / "amt.yaml"))
    assert done.returncode == 2
    assert b"cannot write yaml" in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_empty_text_leaves_the_title(jobcodes: Run) -> None:
    done = jobcodes("classify", "--title", "Help Desk Agent", "--text", "")
    assert json.loads(done.stdout)["match"]["code"] == "AMT010"


def test_a_benchmark_has_the_executive_band_everywhere(jobcodes: Run) -> None:
    done = jobcodes("show", "AMT000-EX", "--format", "table")
    assert b"EX Executive" in done.stdout
    assert b"T Technical Support" not in done.stdout
