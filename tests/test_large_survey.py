"""A survey of 1,016 codes through every command, from its table to a coded batch."""

from __future__ import annotations

import json
from itertools import islice, product
from pathlib import Path

import pytest
from conftest import Run

AREAS = {
    "ACC": "Accounting", "BRW": "Brewing", "CHM": "Chemistry", "DRL": "Drilling", "ENG": "Engineering",
    "FRS": "Forestry",
    "GLS": "Glazing", "HLT": "Health", "INS": "Insurance", "JRN": "Journalism", "KIT": "Catering", "LOG": "Logistics",
    "MIN": "Mining", "NUC": "Nuclear Energy", "OPT": "Optics", "PRT": "Printing",
}  # fmt: skip
SUBJECTS = ("Audit", "Budget", "Contract", "Depot", "Equipment", "Forecast", "Grant", "Hazard")
WORK = {
    "Analyst": "Analyzes the {s} figures of {a} and reports what stands out",
    "Planner": "Plans {s} schedules for {a} and keeps them up to date",
    "Inspector": "Inspects {s} records in {a} for faults and has them mended",
    "Buyer": "Buys whatever {s} needs in {a} and haggles over prices",
    "Trainer": "Trains newcomers to {a} in {s} matters and tests them",
    "Clerk": "Files {s} papers for {a} and answers letters about them",
    "Designer": "Designs {s} forms and drawings for {a} and tries them out",
    "Researcher": "Researches better ways of {s} handling in {a} and writes them up",
}  # fmt: skip
SIZE = 1016


def table() -> str:
    """The survey, tab-separated, with the headings again on every page of 50 rows."""
    headings = "Type\tCode\tTitle\tDescription\tUS\n"
    rows = []
    left = iter(range(SIZE))
    for prefix, area in AREAS.items():
        rows.append(f"F\t{prefix}\t{area}\tAll work in {area}.\tX\n")
        for (subject, (role, work)), number in zip(
            product(SUBJECTS, WORK.items()), islice(left, len(SUBJECTS) * len(WORK)), strict=False
        ):
            text = work.format(s=subject.lower(), a=area.lower())
            rows.append(f"D\t{prefix}{number % 64 * 10:03}\t{area} {subject} {role}\t{text}\tX\n")
    pages = ["".join(rows[at : at + 50]) for at in range(0, len(rows), 50)]
    return "\n\n" + f"\n{headings}".join(["", *pages])


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("survey") / "survey.tsv"
    path.write_text(table(), encoding="utf-8")
    return path


def test_a_survey_of_1016_codes(survey: Path, tmp_path: Path, jobcodes: Run) -> None:
    folder = str(tmp_path / "large")
    done = jobcodes("catalogue", "import", str(survey), "-o", folder)
    assert (done.returncode, done.stderr.decode()) == (
        0,
        f"jobcodes: 16 functions and 1,016 jobs in {folder}; 0 rows without a place\n",
    )
    done = jobcodes("catalogue", "check", folder)
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (
        0,
        "16 functions, 1,016 jobs: 0 problems, 1 advice",
    )
    with_ours = ("--catalogue", folder)
    done = jobcodes("list", *with_ours)
    assert len(done.stdout.splitlines()) == SIZE + len(AREAS)
    done = jobcodes("search", "glazing hazard inspecter", "--top", "1", *with_ours)
    assert done.stdout.decode().split("\t")[2] == "Glazing Hazard Inspector"
    code = done.stdout.decode().split("\t")[0]
    done = jobcodes("show", code.lower(), "-f", "json", *with_ours)
    assert json.loads(done.stdout)[0]["responsibilities"] == [
        "Inspects hazard records in glazing for faults and has them mended"
    ]
    text = "Inspects hazard records in glazing. Finds faults and has them mended."
    done = jobcodes("classify", "--title", "Glazing Hazard Inspector", "--text", text, "--format", "json", *with_ours)
    assert done.returncode == 0
    match = json.loads(done.stdout)[0]["match"]
    codes = {line.split("\t")[0] for line in jobcodes("list", *with_ours).stdout.decode().splitlines()}
    assert len(match["alternatives"]) == 3  # how well they are ranked is measured elsewhere
    assert {one["code"] for one in match["alternatives"]} <= codes
    done = jobcodes("batch", *with_ours, stdin=f"title,text\nGlazing Hazard Inspector,{text}\n,\n".encode())
    assert done.returncode == 4
    assert f"Glazing Hazard Inspector,{text},{match['code'] or ''}," in done.stdout.decode()
    done = jobcodes("catalogue", "diff", folder, folder)
    assert done.stdout.decode().splitlines()[1:] == ["Nothing changed."]
