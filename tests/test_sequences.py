"""Jobs from Python: records in, matches out; and the README's examples."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import jobcodes
from jobcodes.errors import UsageError
from jobcodes.model import Evidence, Match
from jobcodes.sequences import classify_records

CHECKOUT = Path(__file__).resolve().parent.parent
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", (CHECKOUT / "README.md").read_text("utf-8"), re.M | re.S)


@dataclass
class Fake:
    """Notes what it is asked, and answers with the second word of the text as evidence."""

    asked: list[tuple[str | None, str]] = field(default_factory=list)

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match:
        self.asked.append((title, text))
        found = re.search(r"(?<=\s)\S+", text)
        evidence = Evidence("text", found[0], found.start(), found.end(), "term", "keyword", 1.0) if found else None
        return Match("review", "AMT010", "Remote", 0.5, evidence=(evidence,) if evidence else ())


def of(records: Any, **options: Any) -> tuple[list[Match], list[tuple[str | None, str]]]:
    fake = Fake()
    return list(classify_records(records, classifier=fake, **options)), fake.asked


@pytest.mark.parametrize(
    ("records", "options", "asked"),
    [
        ([], {}, []),
        ([("Cook", "Cooks soup.")], {}, [("Cook", "Cooks soup.")]),
        ([("Cook", None)], {}, [("Cook", "")]),
        ([{"Job Title": "Cook", "description": "Cooks.", "id": 7}], {}, [("Cook", "Cooks.")]),
        ([{"a": "Cook", "b": "x", "c": "y"}], {"title": "a", "text": ["b", "c"]}, [("Cook", "x\n\ny")]),
        ([{"a": "Cooks.", "title": "x"}], {"text": "a"}, [("x", "Cooks.")]),
        ([{"title": float("nan"), "text": "Cook\nCooks."}], {}, [("Cook", "Cook\nCooks.")]),
        ([{"title": "Cook", "text": "x"}, {"title": "Baker"}], {}, [("Cook", "x"), ("Baker", "")]),
    ],
)  # fmt: skip
def test_what_is_classified(records: Any, options: Any, asked: Any) -> None:
    matches, found = of(records, **options)
    assert found == asked
    assert [match.decision for match in matches] == ["review"] * len(asked)


def test_a_record_without_a_job_is_an_error_and_the_others_are_done() -> None:
    matches, _ = of([("", " "), ("Cook", "x y"), (None, None)])
    assert [match.decision for match in matches] == ["error", "review", "error"]
    assert matches[0].notes == ("empty; neither a title nor a text",)


def test_keys_that_are_not_there() -> None:
    with pytest.raises(UsageError, match="no column 'x'; the headers are 'title'"):
        of([{"title": "Cook"}], title="x")
    with pytest.raises(UsageError, match="no column has a usual name"):
        of([{"a": "Cook"}])


def test_the_same_job_is_classified_once_and_its_evidence_is_each_ones_own() -> None:
    texts = ["Cooks  hot soup", "cooks HOT   soup", " Cooks\thot soup \r\n", "Cooks hot\nsoup", "Cook shot soup"]
    matches, asked = of([("Cook", text) for text in texts])
    assert len(asked) == 2
    evidence = [match.evidence[0] for match in matches]
    assert [found.text for found in evidence] == ["hot", "HOT", "hot", "hot", "shot"]
    assert all(text[found.start : found.end] == found.text for text, found in zip(texts, evidence, strict=True))


@pytest.mark.parametrize(
    ("text", "other", "quoted"),
    [
        ("x caf\u00e9 y", "X  CAFE\u0301 y", "CAFE\u0301"),
        ("x stra\u00dfe y", "x STRASSE y", "STRASSE"),
        ("x \ufb01rst y", "x\u00a0first\n y", "first"),
        ("\u0130 hot y", "i\u0307 Hot y", "Hot"),
    ],
)
def test_evidence_is_found_again_in_another_unicode_form(text: str, other: str, quoted: str) -> None:
    matches, asked = of([("Cook", text), ("Cook", other)])
    assert len(asked) == 1
    found = matches[1].evidence[0]
    assert found.text == other[found.start : found.end] == quoted


def test_matches_come_as_the_records_do() -> None:
    def endless() -> Iterator[tuple[str, str]]:
        number = 0
        while True:
            yield "Cook", f"Cooks {number}"
            number += 1

    matches = classify_records(endless(), classifier=Fake())
    assert [next(matches).code for _ in range(3)] == ["AMT010"] * 3


def test_the_package_exports_it() -> None:
    assert jobcodes.classify_records is classify_records


def test_processes_change_no_answer() -> None:
    records = [("Field Engineer", f"Repairs printers at site {number % 70}.") for number in range(200)]
    assert list(classify_records(records, processes=2)) == list(classify_records(records))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda code: code.split("\n", 1)[0])
def test_an_example_of_the_readme_runs(example: str, tmp_path: Path) -> None:
    for library in re.findall(r"^import (pandas|polars)$", example, re.M):
        pytest.importorskip(library)
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
