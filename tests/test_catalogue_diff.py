"""Two editions side by side, and the coded jobs that a new one concerns."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.catalogue import load_catalogue
from jobcodes.catalogue_diff import Change, changes, compared, diff_markdown, diff_text, read_coded
from jobcodes.catalogue_files import write_catalogue
from jobcodes.errors import UsageError
from jobcodes.model import Band, Catalogue, Function, Job
from jobcodes.tables import open_table

BANDS = (Band("M", "Management"), Band("P", "Professional"))


def edition(
    jobs: Mapping[str, str], year: str = "2025", bands: Mapping[str, tuple[str, ...]] | None = None
) -> Catalogue:
    """A catalogue of jobs by code, `title | definition`; the first two letters are the function."""
    functions: dict[str, list[Job]] = {}
    for code, text in jobs.items():
        title, _, definition = text.partition(" | ")
        functions.setdefault(code[:2], []).append(Job(code, "discipline", code[:2], title, (definition,)))
    return Catalogue(
        "Survey",
        year,
        BANDS,
        tuple(
            Function(code, f"Function {code}", "", (bands or {}).get(code, ()), jobs=tuple(some))
            for code, some in functions.items()
        ),
        year,
    )


OLD = {"FI1": "Tax | Files returns", "FI2": "Audit | Checks the books", "SA1": "Sales | Sells things"}


def said(old: Catalogue, new: Catalogue) -> list[str]:
    return [f"{one.what} {one.code or '-'} {one.new_code or '-'}" for one in changes(old, new)]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, []),
        (OLD | {"FI1": "TAX |  files Returns"}, []),
        (OLD | {"FI3": "Books | Keeps books"}, ["added - FI3"]),
        ({"FI1": OLD["FI1"], "SA1": OLD["SA1"]}, ["retired FI2 -"]),
        (OLD | {"FI1": "Taxes | Files returns"}, ["retitled FI1 FI1"]),
        (OLD | {"FI1": "Tax | Files all returns"}, ["redefined FI1 FI1"]),
        ({"FI1": OLD["FI1"], "FI3": OLD["FI2"], "SA1": OLD["SA1"]}, ["renumbered FI2 FI3"]),
        # Another function: the code is new, and so is the place.
        ({"FI1": OLD["FI1"], "SA1": OLD["SA1"], "SA2": OLD["FI2"]}, ["renumbered FI2 SA2", "moved FI2 SA2"]),
        # The title alone, or the definition alone, is enough for a guess; the rest has changed.
        (
            {"FI1": OLD["FI1"], "FI3": "Audit | Checks all", "SA1": OLD["SA1"]},
            ["renumbered FI2 FI3", "redefined FI2 FI3"],
        ),
        (
            {"FI1": OLD["FI1"], "FI3": "Review | Checks the books", "SA1": OLD["SA1"]},
            ["renumbered FI2 FI3", "retitled FI2 FI3"],
        ),
        # Two that could be meant are none.
        (
            {"FI1": OLD["FI1"], "FI3": OLD["FI2"], "FI4": OLD["FI2"], "SA1": OLD["SA1"]},
            ["retired FI2 -", "added - FI3", "added - FI4"],
        ),
        # A function that changes its code takes its jobs along.
        (
            {"FI1": OLD["FI1"], "FI2": OLD["FI2"], "SL1": OLD["SA1"]},
            ["retired SA -", "added - SL", "renumbered SA1 SL1", "moved SA1 SL1"],
        ),
    ],
)
def test_changes(new: dict[str, str], expected: list[str]) -> None:
    assert said(edition(OLD), edition(new)) == expected


def test_a_function_that_was_renumbered_has_not_moved_its_jobs() -> None:
    old = edition({"SA1": "Sales | Sells"})
    new = edition({"SL1": "Sales | Sells"})
    new = replace(new, functions=(replace(new.functions[0], title="Function SA"),))
    assert said(old, new) == ["renumbered SA SL", "renumbered SA1 SL1"]


def test_changes_of_kind_bands_reports_and_attributes() -> None:
    old = edition({"FI1": "Tax | Files"}, bands={"FI": ("M",)})
    function = old.functions[0]
    job = replace(function.jobs[0], kind="benchmark", reports=("US",), attributes=(("Grade", "7"), ("FLSA", "x")))
    new = replace(old, functions=(replace(function, bands=("P", "M"), jobs=(job,)),))
    assert [(one.what, one.code, one.old, one.new) for one in changes(old, new)] == [
        ("kind", "FI1", "discipline", "benchmark"),
        ("bands", "FI", "M", "P, M"),
        ("reports", "FI1", "", "US"),
        ("attributes", "FI1", "", "Grade: 7; FLSA: x"),
    ]


def test_a_catalogue_beside_itself() -> None:
    assert changes(load_catalogue(), load_catalogue()) == []


WORDS = st.lists(st.sampled_from(["a", "b", "c", "the", "books"]), max_size=12).map(" ".join)


@given(WORDS, WORDS)
def test_the_pieces_make_up_both_texts(old: str, new: str) -> None:
    pieces = compared(old, new)
    assert " ".join(text for kind, text in pieces if kind != "added") == old
    assert " ".join(text for kind, text in pieces if kind != "removed") == new


def test_a_changed_definition_is_marked_with_some_words_around() -> None:
    one = "None one two three four five six seven eight nine ten eleven twelve thirteen"
    old, new = edition({"FI1": f"Tax | {one}"}), edition({"FI1": f"Tax | {one.replace('six', 'SIX, or sixty')} *too*"})
    found = changes(old, new)
    assert diff_text(old, new, found).splitlines()[3:] == [
        "Redefined",
        "  FI1  Tax",
        "    … two three four five [-six-] {+SIX, or sixty+} seven eight nine ten eleven twelve thirteen {+*too*+}",
    ]
    assert diff_markdown(old, new, found).splitlines()[-1] == (
        "  - … two three four five ~~six~~ **SIX, or sixty** seven eight nine ten eleven twelve thirteen **\\*too\\***"
    )


NEW = {"FI1": "Tax | Files all returns", "FI3": OLD["FI2"], "SA2": "New | Is new"}


def rows_of(text: str, source: str = "coded.csv", **columns: str) -> tuple[list[str], list[tuple[int, str]], list[str]]:
    old, new = edition(OLD, bands={"FI": ("M",)}), edition(NEW, "2026", bands={"FI": ("P",)})
    table = open_table(io.BytesIO(text.encode()), source=source)
    coded = read_coded(table, changes(old, new), old, new, **columns)
    rows = [
        f"{row.line} {row.code} {row.title}: {', '.join(one.what for one in row.changes)}" for row in coded.affected
    ]
    return rows, coded.unknown, coded.unusable


@pytest.mark.parametrize(
    ("text", "source", "columns", "rows"),
    [
        (
            "title,match_code,match_decision\nA,FI1,match\nB,,none\nC,SA1,review\nD,FI2,match\n",
            "c.csv",
            {},
            ["2 FI1 A: redefined, bands", "4 SA1 C: retired", "5 FI2 D: renumbered, bands"],
        ),
        ("code\nfi-2\nNONE\n", "c.csv", {}, ["2 FI2 : renumbered, bands"]),
        ("Last year;Position\nSA1;X\n", "c.csv", {"code_column": "last year"}, ["2 SA1 X: retired"]),
        ("title,code\nX,SA1;FI1\n", "c.csv", {}, ["2 SA1 X: retired", "2 FI1 X: redefined, bands"]),
        (
            '{"title": "A", "match": {"code": "SA1"}}\n{"title": "B", "match": {"code": null}}\n',
            "c.jsonl",
            {},
            ["1 SA1 A: retired"],
        ),
        (
            '{"title": "A", "codes": ["SA1", "FI2"]}\n',
            "c.jsonl",
            {},
            ["1 SA1 A: retired", "1 FI2 A: renumbered, bands"],
        ),
        ("title,job,code\nA,B,SA1\n", "c.csv", {"title_column": "job"}, ["2 SA1 B: retired"]),
        ("job title,title,code\nA,B,SA1\n", "c.csv", {}, ["2 SA1 : retired"]),
    ],
)
def test_coded_rows(text: str, source: str, columns: dict[str, str], rows: list[str]) -> None:
    assert rows_of(text, source, **columns) == (rows, [], [])


def test_coded_rows_that_are_unknown_or_unusable() -> None:
    rows, unknown, unusable = rows_of("code,x\nFI1,\nXX9,\nSA2,\nSA1,1,2\n")
    assert rows == ["2 FI1 : redefined, bands"]
    assert unknown == [(3, "XX9")]
    assert unusable == ["coded.csv: line 5: more cells than headers: '2'; quote cells with the delimiter"]
    with pytest.raises(UsageError, match="no column has a usual name for the known code"):
        rows_of("title\nx\n")


def test_the_command_line(tmp_path: Path, jobcodes: Run) -> None:
    old, new, coded = tmp_path / "old", tmp_path / "new", tmp_path / "coded.csv"
    write_catalogue(edition(OLD), str(old))
    write_catalogue(edition(NEW, "2026"), str(new))
    coded.write_text('title,match_code\n"T|x\x1b[2J",FI1\nB,SA1\nC,QQ\nD,FI1,1\n')
    arguments = ("catalogue", "diff", str(old), str(new), "--coded", str(coded))
    done = jobcodes(*arguments)
    assert done.returncode == 4
    assert done.stderr.decode().endswith("line 5: more cells than headers: '1'; quote cells with the delimiter\n")
    assert done.stdout.decode().replace(f"{tmp_path}/", "") == (
        "Survey, edition 2025 → Survey, edition 2026\n"
        "1 retired, 1 added, 1 renumbered, 1 redefined\n\n"
        "Retired\n  SA1  Sales\n\n"
        "Added\n  SA2  New\n\n"
        "Probably renumbered\n  FI2 → FI3  Audit\n\n"
        "Redefined\n  FI1  Tax\n    Files {+all+} returns\n\n"
        "coded.csv: 2 of 3 rows have a code that changed: 1 retired, 1 redefined\n"
        "  coded.csv:2  FI1  T|x␛[2J  redefined\n"
        "  coded.csv:3  SA1  B  retired\n"
        "  coded.csv:4  QQ  in neither edition\n"
    )
    done = jobcodes(*arguments, "-o", str(tmp_path / "d.md"))
    assert "| 2 | `FI1` | T\\|x␛\\[2J | redefined |\n" in (tmp_path / "d.md").read_text(encoding="utf-8")
    record = json.loads(jobcodes(*arguments, "--format", "json").stdout)
    assert [one["change"] for one in record["changes"]] == ["retired", "added", "renumbered", "redefined"]
    assert record["changes"][3]["pieces"] == [["same", "Files"], ["added", "all"], ["same", "returns"]]
    assert record["coded"]["affected"][0] == {
        "line": 2,
        "title": "T|x\x1b[2J",
        "code": "FI1",
        "changes": ["redefined"],
        "how": ["redefined"],
    }
    assert record["coded"]["unknown"] == [{"line": 4, "code": "QQ"}]


def test_an_edition_that_cannot_be_used(tmp_path: Path, jobcodes: Run) -> None:
    done = jobcodes("catalogue", "diff", "data/catalogue", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (3, b"")


def test_every_change_has_its_heading() -> None:
    new = edition(NEW)
    for what in (
        "retired",
        "added",
        "renumbered",
        "moved",
        "retitled",
        "redefined",
        "kind",
        "bands",
        "reports",
        "attributes",
    ):
        change = Change(what, "A", "B", "T", "x", "y")  # type: ignore[arg-type]
        assert "A → B  T\n" in diff_text(new, new, [change])
        assert "`A → B` T\n" in diff_markdown(new, new, [change])
