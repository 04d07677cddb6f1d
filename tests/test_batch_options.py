"""What `jobcodes batch` can be asked for: columns, the same job once, processes, a summary."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.answers import Answers, job_key
from jobcodes.model import Posting
from jobcodes.personal import personal_columns
from jobcodes.pipeline import AT_ONCE, answered
from jobcodes.render import csv_line
from jobcodes.tally import Tally

Run = Callable[..., subprocess.CompletedProcess[bytes]]
TABLE = "id,Job Title,Description,E-mail,Grade\n1,Field Engineer,Repairs printers on site.,a@b.example,P2\n"


def columns(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return [name for name in next(csv.reader(io.StringIO(done.stdout.decode()))) if not name.startswith("match_")]


# columns -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ([], ["id", "Job Title", "Description", "E-mail", "Grade"]),
        (["--keep", "id"], ["id"]),
        (["--keep", "grade", "--keep", "id"], ["id", "Grade"]),
        (["--drop", "Description", "--drop", "E-mail"], ["id", "Job Title", "Grade"]),
        (["--keep", "id", "--keep", "Grade", "--drop", "grade"], ["id"]),
        (["--drop-personal"], ["id", "Job Title", "Description", "Grade"]),
    ],
    ids=" ".join,
)
def test_columns_that_come_back(jobcodes: Run, options: list[str], left: list[str]) -> None:
    done = jobcodes("batch", "-q", *options, stdin=TABLE.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert columns(done) == left
    (row,) = csv.DictReader(io.StringIO(done.stdout.decode()))
    assert row["match_code"] == "AMT020"


def test_keys_that_come_back(jobcodes: Run) -> None:
    table = b'{"title": "Cook", "ssn": "1", "id": 1}\noops 078-05-1120\n{"title": "Cook", "id": 2, "late": 3}\n'
    dropped = [json.loads(line) for line in jobcodes("batch", "-q", "--drop", "ssn", stdin=table).stdout.splitlines()]
    assert [[key for key in row if key != "match"] for row in dropped] == [
        ["title", "id"],
        ["line", "raw"],
        ["title", "id", "late"],
    ]
    kept = [json.loads(line) for line in jobcodes("batch", "-q", "--keep", "id", stdin=table).stdout.splitlines()]
    assert [[key for key in row if key != "match"] for row in kept] == [["id"], ["line", "raw"], ["id"]]
    for options in (["--drop", "ssn"], ["--keep", "id", "-f", "csv"], ["--drop-personal", "-f", "csv"]):
        assert b"078-05" not in jobcodes("batch", "-q", *options, stdin=table).stdout


def test_cells_beyond_the_headers_are_not_told_when_columns_are_left_out(jobcodes: Run) -> None:
    table = b"title,ssn\nCook,x,078-05-1120\n"
    assert b"078-05" in jobcodes("batch", "-q", stdin=table).stdout
    assert b"078-05" not in jobcodes("batch", "-q", "--drop-personal", stdin=table).stdout


def test_columns_that_are_not_there(jobcodes: Run) -> None:
    for option in ("--keep", "--drop", "--job-code-column"):
        done = jobcodes("batch", option, "nowhere", stdin=TABLE.encode())
        assert done.returncode == 2
        assert b"no column 'nowhere'; the headers are 'id', 'Job Title'" in done.stderr


def test_titles_only(jobcodes: Run) -> None:
    done = jobcodes("batch", "-q", "--titles-only", stdin=b"title,text,description\nHelp Desk Analyst,x,y\n")
    assert b"Only a title to go by." in done.stdout
    done = jobcodes("batch", "-q", "--titles-only", stdin=b"text\nx\n")
    assert done.returncode == 2
    assert b"no column has a usual name for a job's title; the headers are 'text'" in done.stderr


def test_personal_columns_are_named_once(jobcodes: Run) -> None:
    done = jobcodes("batch", stdin=TABLE.encode())
    warning = b"jobcodes: these columns look like personal data, which a submission may not carry: 'E-mail' (e-mail)\n"
    assert done.stderr.count(warning) == 1
    assert b"personal" not in jobcodes("batch", "--drop", "E-mail", stdin=TABLE.encode()).stderr
    assert b"personal" not in jobcodes("batch", "--drop-personal", stdin=TABLE.encode()).stderr


@pytest.mark.parametrize(
    ("what", "headers"),
    [
        (
            "name",
            "Name|First Name|LAST_NAME|lastName|Employee Name|employee_full_name|Legal Name|Manager Name|"
            "Surname|Vorname|Nachname|Nom|Pr\u00e9nom|Nom de famille|Nombre|Apellidos|Cognome|Achternaam|\u59d3\u540d|"
            "Preferred First Name|Worker's Name|HR Business Partner Name",
        ),
        ("e-mail", "Email|E-mail|Work E-Mail|emailAddress|Email Address (work)|Courriel|Correo electr\u00f3nico"),
        ("phone", "Phone|Phone Number|Mobile|Cell|Work Phone|Telefon|T\u00e9l\u00e9phone|Tel. No."),
        (
            "national ID",
            "SSN|Social Security Number|NI National Insurance No|Passport No|CPF|PESEL|Codice Fiscale|Tax ID",
        ),
        ("birth date", "DOB|Date of Birth|BirthDate|Birthday|Geburtsdatum|Date de naissance|Fecha de nacimiento"),
        ("home address", "Home Address"),
    ],
)  # fmt: skip
def test_headers_of_personal_data(what: str, headers: str) -> None:
    assert personal_columns(headers.split("|")) == dict.fromkeys(headers.split("|"), what)


def test_headers_of_other_data() -> None:
    names = (
        "Job Name|Company Name|Manager Title|Position Name|Department Name|Salary|Base Pay|Annual Salary|Employee ID|"
        "Job Code|Location|Grade|Mail Room|Mobile Worker|Phone Support Duties|Nom du poste|Nombre del puesto|"
        "Role Name|Job Family Name|Hire Date|Cost Center Name|Supervisory Level|File name|Initial Training|Age of plan|"
        "Contact Center|Country|Title|Duties|Legal Entity|Direct Reports|Birmingham Site|User Role"
    )
    assert personal_columns(names.split("|")) == {}


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["a@b.example", "", "c.d@e.example"], {"x": "e-mail addresses"}),
        (["078-05-1120", "219-09-9999"], {"x": "social security numbers"}),
        (["a@b.example", "Cook", "Chef"], {}),
        (["Mail a@b.example for help"], {}),
        (["1-2-3", ""], {}),
        ([], {}),
    ],
)
def test_cells_of_personal_data(cells: list[str], what: dict[str, str]) -> None:
    assert personal_columns(["x"], [[cell] for cell in cells]) == what
    assert personal_columns(["x"], [[cell] for cell in cells], ["x"]) == {}


def test_excel_safe(jobcodes: Run) -> None:
    table = b'title,=id,pay\nCook,"@1","-1,5"\n"\tCook",+1,-2\n'
    done = jobcodes("batch", "-q", "--excel-safe", stdin=table)
    lines = done.stdout.decode().splitlines()
    assert [line.split(',"match_code"')[0].split(',"","')[0] for line in lines] == [
        '"title","\'=id","pay"',
        '"Cook","\'@1","\'-1,5"',
        '"\'\tCook","\'+1","\'-2"',
    ]
    assert jobcodes("batch", "-q", stdin=table).stdout.splitlines()[2].startswith(b"\tCook,+1,-2,")


CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text("a\"\r\n,;| \t='"), min_size=1)


@given(CELLS, st.sampled_from(",;\t|"), st.booleans())
def test_a_line_of_csv_is_that_of_the_library(cells: list[str], delimiter: str, quote_all: bool) -> None:
    written = io.StringIO()
    quoting: Any = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(written, delimiter=delimiter, lineterminator="\r\n", quoting=quoting).writerow(cells)
    assert csv_line(delimiter, quote_all=quote_all)(cells) == written.getvalue()[:-2] + "\n"


# the same job, once --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Cook", "a b"), ("Cook", "a b"), True),
        (("Cook", "a b"), (" COOK ", "A  b\t\r\n"), True),
        (("Cook", "a\nb"), ("Cook", "a\r\n \n b"), True),
        ((None, "a"), ("", "a"), True),
        (("Caf\u00e9", "a"), ("Cafe\u0301", "a\u00a0"), True),
        (("Cook", "a b"), ("Cook", "a\nb"), True),
        (("Cook", "a b"), ("Cook", "ab"), False),
        (("Cook", "a"), (None, "Cook a"), False),
        (("Cook a", ""), ("Cook", "a"), False),
    ],
)
def test_jobs_that_are_the_same(one: tuple[str | None, str], other: tuple[str | None, str], same: bool) -> None:
    assert (job_key(*one) == job_key(*other)) is same


def test_the_oldest_answer_is_forgotten() -> None:
    answers: Answers[str] = Answers(most=2)
    a, b = answers.of(Posting("", "a")), answers.of(Posting("", "b"))
    assert answers.of(Posting("", "A ")) is a
    answers.of(Posting("", "c"))
    assert answers.of(Posting("", "a")) is a
    assert answers.of(Posting("", "b")) is not b
    small: Answers[str] = Answers(characters=10)
    first = small.of(Posting("", "x" * 8))
    small.of(Posting("", "y" * 8))
    assert small.of(Posting("", "x" * 8)) is not first


def shout(posting: Posting) -> str:
    return posting.text.upper()


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_answers_come_in_order(processes: int) -> None:
    texts = [f"{'long ' * (number % 11) * 900}{number % 40}" for number in range(8 * AT_ONCE)]
    rows = ((number, Posting("", text)) for number, text in enumerate(texts))
    found = [(number, answer.said) for number, answer in answered(rows, shout, Answers(most=7), processes)]
    assert found == [(number, text.upper()) for number, text in enumerate(texts)]


def fail(posting: Posting) -> str:
    raise ValueError(posting.text)


def test_what_fails_in_a_worker_fails_here() -> None:
    rows = ((number, Posting("", f"{number}")) for number in range(2 * AT_ONCE))
    with pytest.raises(ValueError, match="0"):
        list(answered(rows, fail, Answers(), 2))


def test_job_codes_with_several_answers(jobcodes: Run, tmp_path: Path) -> None:
    table = (
        "Job Code,title,text\n"
        "J1,Field Engineer,Travels to customer sites to repair printers.\n"
        "J2,Complaints Specialist,Settles escalated customer complaints.\n"
        "J1,Help Desk Analyst,Resolves customers' software problems by phone and remote session.\n"
        "J1,FIELD  ENGINEER,Travels to customer sites to repair printers.\n"
        "J2,Complaints Specialist,Settles escalated customer complaints.\n"
        ",Cook,Cooks soup.\n"
        ",Field Engineer,Travels to customer sites to repair printers.\n"
        "J2,,\n"
    )
    done = jobcodes("batch", "--job-code-column", "job code", "--summary", str(tmp_path / "s"), stdin=table.encode())
    assert b"jobcodes: job code J1: AMT020 in 2 rows (from line 2), AMT010 in 1 row (from line 4)\n" in done.stderr
    assert b"job code J2" not in done.stderr
    found: dict[str, Any] = json.loads((tmp_path / "s").read_text())
    assert found["job_codes_with_several_answers"] == [
        {"job_code": "J1", "answers": {"AMT020": {"rows": 2, "line": 2}, "AMT010": {"rows": 1, "line": 4}}}
    ]
    assert (found["rows"], found["distinct_jobs"], found["decisions"]["error"]) == (8, 4, 1)
    assert sum(found["decisions"].values()) == 8
    assert sum(found["distinct_decisions"].values()) == 4
    assert found["codes"] == {"AMS022": 2, "AMT010": 1, "AMT020": 3}


def test_a_tally_of_nothing_and_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    assert list(tally.lines()) == ["0 rows: 0 match, 0 review, 0 none, 0 error"]
    assert tally.record()["needs_a_person"] == {"rows": None, "distinct_jobs": None}
    monkeypatch.setattr("jobcodes.tally.MOST_JOB_CODES", 2)
    for number in range(4):
        tally.add("review", "AMT010", job_key("Cook", f"{number % 3}"), f"J{number}")
    assert "3 distinct jobs: 0 match, 3 review, 0 none" in list(tally.lines())
    assert "only the first 2 job codes were compared" in list(tally.lines())


def test_of_many_codes_the_most_frequent_are_told() -> None:
    tally = Tally()
    for number in range(30):
        for _ in range(1 + (number == 25)):
            tally.add("review", f"K{number:02}", job_key("Cook", f"{number}"))
    told = next(line for line in tally.lines() if line.startswith("codes: "))
    assert told.startswith("codes: K25 2, K00 1, K01 1, ")
    assert told.endswith(", K18 1 and 10 more: --summary FILE has them all")
    assert len(tally.record()["codes"]) == 30


def test_the_first_errors_are_told_with_their_reasons(jobcodes: Run, tmp_path: Path) -> None:
    source = tmp_path / "jobs.csv"
    source.write_bytes(b"title\nCook\n" + b"Caf\xe9\n" * 25 + b"Clerk," + b"x" * 300 + b"\n")
    summary = tmp_path / "summary.json"
    done = jobcodes("batch", str(source), "-o", str(tmp_path / "out.csv"), "--summary", str(summary))
    said = done.stderr.decode().splitlines()
    assert said[:5] == [
        "jobcodes: 27 rows: 0 match, 0 review, 1 none, 26 error",
        *(
            f"jobcodes: error: line {line} is not UTF-8 (byte 0xe9); name its encoding, for example --encoding cp1252"
            for line in (3, 4, 5)
        ),
        "jobcodes: 23 more errors: the notes of the match say which",
    ]
    errors = json.loads(summary.read_text())["first_errors"]
    assert [one["line"] for one in errors] == [*range(3, 23)]
    assert errors[0]["reason"].startswith("line 3 is not UTF-8")


def test_an_error_is_told_with_its_line_and_never_at_length() -> None:
    tally = Tally()
    tally.add("error", None, b"", line=7, error="neither a title nor a text")
    tally.add("error", None, b"", line=8, error="line 8: more cells than headers: " + "x" * 300)
    first, second = list(tally.lines())[1:]
    assert first == "error: line 7: neither a title nor a text"
    assert second.startswith("error: line 8: more cells")
    assert (len(second), second[-1]) == (208, "\u2026")


@pytest.mark.parametrize(
    "table",
    [
        "Our jobs;;\n;;\nId;Job Title;Duties\n1;Cook;Cooks\n2;Clerk;Files\n",
        "Our jobs\n\nId,Job Title,Duties\n1,Cook,Cooks\n2,Clerk,Files\n",
    ],
)
def test_lines_above_the_headers_of_a_csv_are_pointed_out(jobcodes: Run, table: str) -> None:
    done = jobcodes("batch", stdin=table.encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"hint: the headers seem to be 'Id', 'Job Title', 'Duties': delete the lines above them" in done.stderr


def test_processes_and_repeats_change_no_byte(jobcodes: Run, tmp_path: Path) -> None:
    rows = [
        {"title": ["Field Engineer", " FIELD  engineer"][number % 2], "text": f"Repairs printers.\nSite {number % 60}"}
        for number in range(300)
    ]
    source = tmp_path / "jobs.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    outputs = [jobcodes("batch", str(source), "-q", "--jobs", jobs).stdout for jobs in ("1", "2", "3")]
    assert outputs[0] == outputs[1] == outputs[2]
    for row in map(json.loads, outputs[0].splitlines()):
        assert row["match"]["evidence"]
        for found in row["match"]["evidence"]:
            assert row[found["field"]][found["start"] : found["end"]] == found["text"]


def test_a_summary_appears_whole_or_not_at_all(jobcodes: Run, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("old")
    assert jobcodes("batch", "--summary", str(tmp_path / "s"), stdin=b"a\nb\n").returncode == 2
    assert (tmp_path / "s").read_text() == "old"
    target = tmp_path / "jobs.csv"
    target.write_text(TABLE)
    assert jobcodes("batch", str(target), "--summary", str(target)).returncode == 2
    assert target.read_text() == TABLE


# others' tools -------------------------------------------------------------------------------------------


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    return found or pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize(
    ("format", "command", "expected"),
    [
        ("csv", ["csvstat", "--count"], b"3"),
        ("csv", ["xan", "count"], b"3"),
        ("csv", ["sqlite-utils", "memory", "stdin:csv", "select count(*) from stdin", "--csv", "--no-headers"], b"3"),
        ("jsonl", ["jq", "-es", "length == 3 and all(.match.decision)"], b"true"),
        ("jsonl", ["sqlite-utils", "memory", "stdin:nl", "select count(*) from stdin", "--csv", "--no-headers"], b"3"),
    ],
    ids=str,
)
def test_others_read_what_batch_writes(jobcodes: Run, format: str, command: list[str], expected: bytes) -> None:
    table = 'id,title\n1,"Cook, ""Chef"""\n2,"Field\nEngineer"\n3,=1+\u00e9\n'
    written = jobcodes("batch", "-q", "-f", format, stdin=table.encode())
    name = tool(command[0])
    done = subprocess.run([name, *command[1:]], input=written.stdout, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout.split()[-1:]) == (0, [expected])


def test_duckdb_reads_what_batch_writes(jobcodes: Run, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    table = 'id,title\n1,"Cook, ""Chef"""\n2,"Field\nEngineer"\n3,=1+\u00e9\n'
    for name in ("out.csv", "out.jsonl"):
        assert jobcodes("batch", "-q", "-o", str(tmp_path / name), stdin=table.encode()).returncode == 0
        assert duckdb.sql(f"select count(*), max(title) from '{tmp_path / name}'").fetchall() == [
            (3, "Field\nEngineer")
        ]


@pytest.mark.skipif(os.name != "posix", reason="POSIX terminals")
def test_progress_on_a_terminal(tmp_path: Path) -> None:
    source = tmp_path / "jobs.csv"
    source.write_text("title\n" + "".join(f"Field Engineer {number}\n" for number in range(200)))
    shown = on_terminal(str(source), "-o", str(tmp_path / "jobs.xlsx"))
    assert b" rows " in shown
    assert b"% " in shown
    assert b"/s" in shown
    assert b" rows in the workbook " in shown
    assert b"jobcodes: 200 rows: " in shown
    # A workbook tells how far it is read, too.
    shown = on_terminal(str(tmp_path / "jobs.xlsx"), "--replace", "-o", str(tmp_path / "out.csv"))
    assert b"% " in shown
    assert b"jobcodes: 200 rows: " in shown


@pytest.mark.skipif(os.name != "posix", reason="POSIX terminals")
def test_a_table_shown_on_a_terminal_is_not_kept_and_that_is_said(tmp_path: Path) -> None:
    source = tmp_path / "jobs.csv"
    source.write_text("title\nField Engineer\n")
    shown = on_terminal(str(source), stdout=True)
    assert b"AMT020" in shown
    assert b"hint: to keep it, name a file with -o" in shown


def on_terminal(*arguments: str, stdout: bool = False) -> bytes:
    """What `jobcodes batch` shows on a terminal that is its stderr, and if wanted its stdout."""
    import pty

    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "jobcodes", "batch", *arguments]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=terminal if stdout else None, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        received = b""
        try:
            while chunk := os.read(keyboard, 65536):
                received += chunk
        except OSError:  # Linux says EIO when the other end has gone
            pass
    os.close(keyboard)
    assert process.returncode == 0
    return received
