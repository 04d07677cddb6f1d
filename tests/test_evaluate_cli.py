"""`jobcodes evaluate`, `--calibration` and `--min-confidence` as their user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Run

LABELLED = """\
title,text,code
Field Service Engineer,"Travels to customers' plants to install, maintain and repair machines.",AMT020
Help Desk Analyst,Resolves customers' software problems by phone and remote session.,AMT010;AMT000
Baker,Bakes bread and rolls before dawn.,NONE
Call Center Agent,Answers customers' calls in an inbound queue.,AMT020
"""
CALIBRATION = {
    "weights": {"constant": 0, "probability": 1, "gap": 0, "none": 0},
    "accept": 0.5,
    "fitted": {"date": "2026-01-31", "rows": 100, "accuracy": 0.8, "brier": 0.1, "ece": 0.05},
}


@pytest.fixture
def labelled(tmp_path: Path) -> str:
    file = tmp_path / "labelled.csv"
    file.write_text(LABELLED, encoding="utf-8")
    return str(file)


def test_evaluate_a_file(jobcodes: Run, labelled: str) -> None:
    done = jobcodes("evaluate", labelled, "--wrong", "1")
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode()
    assert shown.startswith("3 of 4 rows right: 75.0%\n")
    assert shown.splitlines()[-1].startswith(f"{labelled}:5  AMT020  ")
    assert shown.splitlines()[-1].endswith("  Call Center Agent")


def test_evaluate_a_pipe_as_json(jobcodes: Run) -> None:
    done = jobcodes("evaluate", "-", "-f", "json", stdin=LABELLED.encode())
    record = json.loads(done.stdout)
    assert (record["rows"], record["right"]) == (4, 3)
    assert record["confusions"] == [{"wanted": "AMT020", "got": "AMS020", "rows": 1}]
    assert (done.returncode, done.stderr) == (0, b"")


def test_evaluate_several_files_at_once(jobcodes: Run, labelled: str, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"title": "Baker", "codes": ["NONE"]}\n', encoding="utf-8")
    target = tmp_path / "report.json"
    done = jobcodes("evaluate", labelled, str(more), "-o", str(target))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads(target.read_text(encoding="utf-8"))["rows"] == 5


def test_unusable_rows_are_named_and_left_out(jobcodes: Run) -> None:
    table = LABELLED + "Cook,Cooks soup.,XYZ010\n,,AMT020\nCook,Cooks soup.,\n,...,NONE\n"
    done = jobcodes("evaluate", "-", stdin=table.encode())
    assert done.returncode == 4
    assert "left out: 1 without a known code, 3 unusable\n" in done.stdout.decode()
    unknown, empty, wordless = done.stderr.decode().splitlines()
    assert unknown.startswith("jobcodes: -:6: no code 'XYZ010' in this catalogue; ")
    assert empty == "jobcodes: -: line 7: empty; neither a title nor a text"
    assert wordless == "jobcodes: -:9: The job is empty."


def test_nothing_to_evaluate(jobcodes: Run) -> None:
    done = jobcodes("evaluate", "-", stdin=b"title,code\nBaker,\n")
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.decode().startswith("jobcodes: error: no row has both a job and a known code\n")


def test_against_an_earlier_run(jobcodes: Run, labelled: str, tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    assert jobcodes("batch", labelled, "-o", str(old), "-q").returncode == 0
    same = jobcodes("evaluate", labelled, "--against", str(old))
    assert same.stdout.decode().endswith("\n0 rows changed: 0 better, 0 worse, 0 other\n")
    old.write_text(old.read_text(encoding="utf-8").replace("AMT020,AMT020,", "AMT020,AMT010,"), encoding="utf-8")
    done = jobcodes("evaluate", labelled, "--against", str(old))
    assert done.stdout.decode().rpartition("\n\n")[2] == dedent(f"""\
        1 row changed: 1 better, 0 worse, 0 other
                {"row":{len(labelled) + 2}}  wanted  answer           title
        better  {labelled}:2  AMT020  AMT010 → AMT020  Field Service Engineer
        """)
    assert (done.returncode, done.stderr) == (0, b"")


def test_calibrate_writes_a_file_that_the_other_commands_take(jobcodes: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "many.csv", tmp_path / "mine.json"
    header, *rows = LABELLED.splitlines(keepends=True)
    source.write_text(header + "".join(rows) * 13, encoding="utf-8")
    done = jobcodes("evaluate", str(source), "--calibrate", str(target))
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\n5-fold cross-validation  before   after\n" in done.stdout.decode()
    fitted = json.loads(target.read_text(encoding="utf-8"))["fitted"]
    assert (fitted["rows"], fitted["accuracy"]) == (52, 0.75)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many.csv", "mine.json"]
    shipped, own = (
        json.loads(jobcodes("classify", "--title", "Help Desk Analyst", *options).stdout)["match"]
        for options in ((), ("--calibration", str(target)))
    )
    assert own["code"] == shipped["code"]
    assert own["confidence"] != shipped["confidence"]


def test_too_few_rows_leave_no_calibration(jobcodes: Run, labelled: str, tmp_path: Path) -> None:
    target = tmp_path / "mine.json"
    done = jobcodes("evaluate", labelled, "--calibrate", str(target))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == dedent("""\
        jobcodes: error: a calibration needs at least 50 rows with a known code, found 4
        jobcodes: hint: give more files, or keep the calibration that comes with jobcodes
        """)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labelled.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv"], "nowhere.csv: No such file or directory"),
        (["@", "--code-column", "nope"], "no column 'nope'; the headers are 'title', 'text', 'code'"),
        (["@", "--against", "@", "--against", "@"], "1 LABELLED, but 2 --against"),
        (["@", "--against", "@"], "@: there is no match in it"),
        (["@", "--calibrate", "@"], "--calibrate would overwrite @"),
        (["@", "--calibrate", "/nonexistent/mine.json"], "cannot write /nonexistent/mine.json"),
    ],
)
def test_a_wrong_call_ends_with_2(jobcodes: Run, labelled: str, arguments: list[str], message: str) -> None:
    done = jobcodes("evaluate", *(part.replace("@", labelled) for part in arguments))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"jobcodes: error: {message.replace('@', labelled)}")
    assert Path(labelled).read_text(encoding="utf-8") == LABELLED


def test_hostile_titles_stay_on_their_line(jobcodes: Run) -> None:
    table = 'title,text,code\n"Baker\x1b[31m\nBoss",Bakes bread.,AMT020\n'
    done = jobcodes("evaluate", "-", "--wrong", "1", stdin=table.encode())
    assert done.stdout.decode().splitlines()[-1].endswith("Baker␛[31m Boss")


# what a match needs --------------------------------------------------------------------------------------


def test_a_match_needs_the_confidence_of_the_calibration_or_the_one_given(jobcodes: Run, tmp_path: Path) -> None:
    calibration = tmp_path / "mine.json"
    calibration.write_text(json.dumps(CALIBRATION), encoding="utf-8")
    table = LABELLED.splitlines(keepends=True)
    more = " Calibrates the machines at each visit, replaces worn parts, orders spare parts for the service van,"
    more += " trains the customers' operators on site and writes the service report for every visit."
    job = "".join(table[:2]).replace("repair machines.", "repair machines." + more).encode()
    decisions = []
    for options in ([], ["--min-confidence", "1"], ["--coverage", "1", "--min-confidence", "0.4"]):
        done = jobcodes("batch", "-q", "-f", "jsonl", "--calibration", str(calibration), *options, stdin=job)
        match = json.loads(done.stdout)["match"]
        assert match["coverage"] == 1
        decisions.append(match["decision"])
    assert decisions == ["match", "review", "match"]


def test_classify_and_the_library_are_equally_sure(jobcodes: Run) -> None:
    from jobcodes import Classifier, load_catalogue, load_vocabulary

    text = "Resolves customers' software problems by phone and remote session."
    done = jobcodes("classify", "--text", text, "--title", "Help Desk Analyst")
    match = Classifier(load_catalogue(), load_vocabulary()).classify(text, "Help Desk Analyst")
    assert json.loads(done.stdout)["match"]["confidence"] == match.confidence


def test_an_unusable_calibration_ends_with_3(jobcodes: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(CALIBRATION | {"accept": 90}), encoding="utf-8")
    for command in (["classify", "--title", "x"], ["batch"], ["evaluate", "-"]):
        done = jobcodes(*command, "--calibration", str(file))
        assert (done.returncode, done.stdout) == (3, b"")
        assert done.stderr.decode() == dedent(f"""\
            jobcodes: error: the calibration cannot be used: 1 problem
            jobcodes: error: {file}: accept: expected a number from 0 to 1, found 90
            jobcodes: hint: write one with `jobcodes evaluate LABELLED --calibrate FILE`
            """)


def test_the_sheet_of_labelled_rows(tmp_path: Path, jobcodes: Run) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["title", "text"])
    book.active.append(["Cook", "Cooks"])
    sheet = book.create_sheet("Coded")
    sheet.append(["title", "text", "code"])
    sheet.append(["Help Desk Analyst", "Resolves customers' software problems by phone and remote session.", "AMT010"])
    book.save(tmp_path / "labelled.xlsx")
    done = jobcodes("evaluate", str(tmp_path / "labelled.xlsx"), "--sheet", "coded")
    assert (done.returncode, done.stdout[:20]) == (0, b"1 of 1 row right: 10"), done.stderr
    assert jobcodes("evaluate", str(tmp_path / "labelled.xlsx"), "--sheet", "3").returncode == 2


def test_a_calibration_for_a_survey_of_ones_own(tmp_path: Path, jobcodes: Run) -> None:
    """The shipped calibration leaves codes without vocabulary alone; one fitted on them is used for them."""
    words = ("bread", "fish", "glass", "roofs", "plaster")
    table = "Code,Title,Description\n" + "".join(
        f"K{i},Maker of {word},Makes and sells {word} to shops\n" for i, word in enumerate(words)
    )
    (tmp_path / "survey.csv").write_text(table)
    folder, fitted = str(tmp_path / "mine"), str(tmp_path / "mine.json")
    assert jobcodes("catalogue", "import", str(tmp_path / "survey.csv"), "-o", folder).returncode == 0
    rows = [
        f"{words[i % 5].title()} {i},Sells {words[(i + (i % 3 == 0)) % 5]} to shops of the town,K{i % 5}\n"
        for i in range(60)
    ]
    (tmp_path / "rows.csv").write_text("title,text,code\n" + "".join(rows))
    done = jobcodes("evaluate", str(tmp_path / "rows.csv"), "--catalogue", folder, "--calibrate", fitted)
    assert done.returncode == 0, done.stderr
    job = ("classify", "--catalogue", folder, "--title", "Fish Seller", "--text", "Sells fish to shops.")
    before, after = (json.loads(jobcodes(*job, *more).stdout)["match"] for more in ((), ("--calibration", fitted)))
    assert before["code"] == after["code"] == "K1"
    assert before["confidence"] != after["confidence"]
