"""What `catalogue check` finds wrong, what it advises, and where."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import CHECKOUT, Run

from jobcodes.catalogue_check import findings_text, inspect

TOP = "name: Survey\nedition: '2026'\n"


def advice(tmp_path: Path, jobs: str, vocabulary: str | None = None) -> list[str]:
    """What is said of a catalogue with one function and these jobs: `CODE | title | definition`."""
    lines = ["code: FIN", "title: Finance", "jobs:"]
    for job in dedent(jobs).strip().splitlines():
        code, title, definition = (part.strip() for part in job.split("|"))
        lines += [f"  - code: {code}", "    kind: discipline", f"    title: {title}"]
        lines += [f"    responsibilities: [{definition}]"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "catalogue.yaml").write_text(TOP)
    (tmp_path / "mine" / "FIN.yaml").write_text("\n".join(lines))
    words = None
    if vocabulary is not None:
        words = tmp_path / "words"
        words.mkdir()
        (words / "FIN.yaml").write_text(dedent(vocabulary))
    findings = inspect(str(tmp_path / "mine"), words and str(words))
    assert not findings.problems
    return [f"{one.rule}: {Path(one.place.path).name}:{one.place.line}: {one.place.message}" for one in findings.advice]


RESIDUAL = "FIN999 | Finance - No Applicable Discipline | Works in finance but in no discipline"


def test_the_shipped_catalogue_is_sound() -> None:
    assert findings_text(inspect()) == "2 functions, 15 jobs: 0 problems, no advice\n"


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ("FIN1 | Tax | Files returns with the tax office", []),
        (
            "FIN1 | Tax | Files returns with the tax office\nFIN2 | Duty | files returns with the Tax-Office",
            ["same-definition: FIN.yaml:8: FIN2 has the definition of FIN1, word for word"],
        ),
        ("FIN1 | Tax |", ["short-definition: FIN.yaml:4: FIN1 has no definition; it will hardly be matched by text"]),
        (
            "FIN1 | Tax | Files tax returns",
            ["short-definition: FIN.yaml:4: FIN1 has a definition of 3 words; it will hardly be matched by text"],
        ),
        (
            "FIN1 | Tax Audit | Files all of the returns\nFIN2 | tax audit | Audits all of the returns",
            ["same-title: FIN.yaml:8: FIN2 has the title of FIN1, 'tax audit'"],
        ),
    ],
)
def test_advice(tmp_path: Path, jobs: str, expected: list[str]) -> None:
    assert advice(tmp_path, f"{jobs}\n{RESIDUAL}") == expected


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("Tax Auditor", "Tax Auditors", True),
        ("Tax Auditor", "Tax Auditer", True),
        ("Tax Auditor", "Tax Audiotr", True),
        ("Tax Auditor", "Tay Audito", False),
        ("Tax Auditor", "Tax Auditing", False),
        ("Auditor I", "Auditor II", False),
        ("Auditor 1", "Auditor 2", False),
        ("Auditor V", "Auditor", False),
        ("Level A", "Level B", False),
        ("x" * 201, "x" * 202, False),
    ],
)
def test_titles_one_letter_apart(tmp_path: Path, one: str, other: str, near: bool) -> None:
    found = advice(tmp_path, f"FIN1 | {one} | a b c d e\nFIN2 | {other} | f g h i j\n{RESIDUAL}")
    message = f"near-title: FIN.yaml:8: the title of FIN2, {other!r}, is one letter from that of FIN1, {one!r}"
    assert found == ([message] if near else [])


def test_a_function_without_a_residual_code(tmp_path: Path) -> None:
    hint = "(a title that ends in No Applicable Discipline)"
    assert advice(tmp_path, "FIN1 | Tax | a b c d e") == [f"no-residual: FIN.yaml:1: FIN has no residual code {hint}"]
    other = (
        "code: TAX\ntitle: Tax\njobs: [{code: TAX1, kind: discipline, title: Duty, responsibilities: [a b c d e f]}]\n"
    )
    (tmp_path / "mine" / "TAX.yaml").write_text(other)
    (found,) = inspect(str(tmp_path / "mine")).advice
    assert (found.place.line, found.place.message) == (0, f"no function has a residual code {hint}")


def test_a_vocabulary_beside_its_catalogue(tmp_path: Path) -> None:
    words = """\
        FIN:
          titles: {strong: [tax]}
        FIN1:
          titles:
            strong: [tax, audit, clerk]
            fair: [books]
          duties: {strong: [audit]}
        FIN2:
          titles:
            strong: [audit, books]
            fair: [clerk]
        FIN3:
          titles: {strong: [none]}
        SAL:
          titles: {strong: [sale]}
    """
    jobs = f"FIN1 | Tax | a b c d e\nFIN2 | Books | b c d e f\n{RESIDUAL}"
    assert advice(tmp_path, jobs, words) == [
        "shared-phrase: FIN.yaml:10: 'audit' speaks as strongly for FIN1 (words/FIN.yaml:5) as for FIN2",
        "unknown-code: FIN.yaml:12: no code 'FIN3' in the catalogue; did you mean FIN or FIN1 or FIN2?",
        "unknown-code: FIN.yaml:14: no code 'SAL' in the catalogue",
    ]


def test_the_command_line(tmp_path: Path, jobcodes: Run) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(
        TOP
        + dedent("""\
        functions:
          - code: FIN
            titel: Finance
            jobs:
              - {code: FIN1, kind: job, title: Tax, responsibilities: [a]}
              - {code: FIN1, kind: discipline, title: Tax, responsibilities: [a]}
        """)
    )
    done = jobcodes("catalogue", "check", str(path))
    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout.decode().replace(str(path), "one.yaml").splitlines() == [
        "one.yaml:4: error: functions: missing key title",
        "one.yaml:5: error: unknown key 'titel'; did you mean title?",
        "one.yaml:7: error: kind: expected discipline or benchmark, found 'job'",
        "one.yaml:8: error: code: duplicate code FIN1, first at one.yaml:7",
        "one.yaml:4: advice: FIN has no residual code (a title that ends in No Applicable Discipline)",
        "one.yaml:7: advice: FIN1 has a definition of 1 word; it will hardly be matched by text",
        "1 function, 2 jobs: 4 problems, 2 advice",
    ]
    assert jobcodes("catalogue", "check", str(path), "-o", str(path)).returncode == 2
    done = jobcodes("catalogue", "check", str(path), "--format", "json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert found["problems"][0] == {"path": str(path), "line": 4, "message": "functions: missing key title"}
    assert {one["rule"] for one in found["advice"]} == {"no-residual", "short-definition"}


def test_an_unusable_place_and_vocabulary(tmp_path: Path, jobcodes: Run) -> None:
    done = jobcodes("catalogue", "check", str(tmp_path / "none"), "--vocabulary", str(tmp_path / "words"))
    assert done.returncode == 3
    assert done.stdout.decode().replace(f"{tmp_path}/", "").splitlines() == [
        "none: error: cannot read the file: No such file or directory",
        "words: error: cannot read the file: No such file or directory",
        "0 functions, 0 jobs: 2 problems, no advice",
    ]


def test_the_shipped_vocabulary_names_known_codes_only() -> None:
    findings = inspect(None, str(CHECKOUT / "data" / "vocabulary"))
    assert not findings.problems
    assert not [one for one in findings.advice if one.rule == "unknown-code"]
