"""A survey house's table, in whatever shape it comes, and the catalogue it becomes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes.catalogue import find, load_catalogue
from jobcodes.catalogue_files import catalogue_files, write_catalogue
from jobcodes.errors import InputError, UsageError
from jobcodes.model import Catalogue, Function, Job
from jobcodes.survey_table import Survey, catalogue_of, items_of, read_survey
from jobcodes.yamlnodes import CONTROL

HEADINGS = "Benchmark/ Discipline/ Function\tCode\tTitle\tDescription\tGI CSR US\n"


def survey_of(text: str, source: str = "survey.tsv", **named: str) -> Survey:
    columns = {part.replace("_", " "): name for part, name in named.items()}
    return read_survey(dedent(text).encode(), source, columns)  # type: ignore[arg-type]


def made_of(text: str, source: str = "survey.csv", **named: str) -> Catalogue:
    survey = survey_of(text, source, **named)
    made = catalogue_of(survey, "Survey")
    assert not survey.unplaced
    return made


def shape(catalogue: Catalogue) -> dict[str, list[str]]:
    return {function.code: [job.code for job in function.jobs] for function in catalogue.functions}


def as_published(catalogue: Catalogue, break_before: str) -> str:
    """The catalogue as the survey house sends it: see the first test."""
    kinds = {"benchmark": "B", "discipline": "D"}
    lines = ["\n", "\n", HEADINGS]
    for function in catalogue.functions:
        lines.append(f"F\t{function.code}\t{function.title}\t{function.description}\tX\n")
        for job in function.jobs:
            lines += ["\n", HEADINGS] if job.code == break_before else []
            lines.append(f"{kinds[job.kind]}\t{job.code}\t{job.title}\t{job.description}\tX\n")
    return "".join(lines).rstrip("\n")


def test_the_published_table_becomes_the_shipped_catalogue(tmp_path: Path, jobcodes: Run) -> None:
    """Blank lines first, the headings again after a page break, each description run together in one cell."""
    shipped = load_catalogue()
    table = tmp_path / "table.txt"
    table.write_text(as_published(shipped, break_before="AMT020"), encoding="utf-8")
    done = jobcodes("catalogue", "import", str(table), "-o", str(tmp_path / "mine"))
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().endswith(
        "2 functions and 15 jobs in " + f"{tmp_path / 'mine'}; 0 rows without a place\n"
    )
    imported = load_catalogue(tmp_path / "mine")
    assert [function.code for function in imported.functions] == ["AMS", "AMT"]
    for mine, theirs in zip(imported.functions, shipped.functions, strict=True):
        for field in ("code", "title", "description", "reports"):
            assert getattr(mine, field) == getattr(theirs, field)
        # The responsibilities, told by the verbs they begin with, and all else about the jobs.
        assert mine.jobs == theirs.jobs
    assert jobcodes("catalogue", "diff", "data/catalogue", str(tmp_path / "mine")).stdout.decode().splitlines()[1:] == [
        "1 bands",
        "",
        "Other career bands",
        "  AMT  Technical Customer Support",
        "    M, P, T → none",
    ]


def test_the_layout_of_2018() -> None:
    made = made_of(
        """\
        Survey of 2018,,,
        Type,2018 Code,2018 Title,2018 Description
        FUN,AMT,Technical Customer Support,Supports customers.
        DIS,AMT000-EX,Technical Customer Support Executive,Leads it
        DIS,AMT010,Remote/Help Desk,Delivers remote support | Resolves inquiries
        """
    )
    assert made.edition == "2018"
    assert made.functions[0] == Function(
        "AMT",
        "Technical Customer Support",
        "Supports customers.",
        jobs=(
            Job(
                "AMT000-EX", "benchmark", "AMT", "Technical Customer Support Executive", ("Leads it",), role="executive"
            ),
            Job("AMT010", "discipline", "AMT", "Remote/Help Desk", ("Delivers remote support", "Resolves inquiries")),
        ),
    )


def test_a_handbook_of_codes_and_titles_with_texts_in_between() -> None:
    made = made_of(
        """\
        Functions (continued)

        <u>Code</u>\t<u>Function</u>
        AMT\tSupport
        Provides post-sale support.\t
        Applicable Career Bands M (Management) P (Professional)\t
        Discipline
        AMT000-EX\tSupport Executive <ul style="list-style-type: none"> • Directs it • Answers for it
        AMT010\tHelp Desk <ul> • Delivers remote support
        """,
        "handbook.txt",
    )
    (function,) = made.functions
    assert (function.description, function.bands) == ("Provides post-sale support.", ("M", "P"))
    assert [(band.code, band.name) for band in made.bands] == [
        ("EX", "Executive"),
        ("M", "Management"),
        ("P", "Professional"),
    ]
    assert [(job.kind, job.title, job.responsibilities) for job in function.jobs] == [
        ("benchmark", "Support Executive", ("Directs it", "Answers for it")),
        ("discipline", "Help Desk", ("Delivers remote support",)),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_any_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    rows = [["Code", "Title", "Description"], ["X1", "Größe", '"Mißt\n• Wiegt"'], ["X2", "Œuvre", "Schreibt"]]
    content = "\n".join(delimiter.join(row) for row in rows).encode(encoding)
    made = catalogue_of(read_survey(content, "s", None, "utf-16-le" if encoding == "utf-16-le" else None), "s")
    assert [(job.title, job.responsibilities) for job in made] == [
        ("Größe", ("Mißt", "Wiegt")),
        ("Œuvre", ("Schreibt",)),
    ]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Pays invoices", ["Pays invoices"]),
        ("• Pays invoices • Answers suppliers", ["Pays invoices", "Answers suppliers"]),
        ("Pays invoices | Answers suppliers", ["Pays invoices", "Answers suppliers"]),
        ("- Pays\n- answers suppliers", ["Pays", "answers suppliers"]),
        ("Pays invoices\r\n\r\n  Answers suppliers ", ["Pays invoices", "Answers suppliers"]),
        ("Pays the invoices\nof suppliers\nAnswers them", ["Pays the invoices of suppliers", "Answers them"]),
        ("Pays invoices Answers suppliers", ["Pays invoices", "Answers suppliers"]),
        ("Pays all invoices of Sales and in the United States of America", None),
        ("Pays invoices. Answers suppliers Writes to them", None),
        (
            "<ul><li>Pays <b>invoices</b></li><li>Answers &amp; waits</li></ul>",
            ["Pays invoices", "Answers &amp; waits"],
        ),
        ("less than < 5, more > 3, a*b, e-mail, 3 - 4, |", None),
        ("", []),
        (" \n ", []),
    ],
)
def test_responsibilities(text: str, items: list[str] | None) -> None:
    assert items_of(text) == ([text] if items is None else items)


@given(st.text(" aZs.,)\n|•-<>", max_size=60))
def test_responsibilities_lose_no_word(text: str) -> None:
    marks = str.maketrans(dict.fromkeys("|•-<>", " "))
    assert " ".join(items_of(text)).translate(marks).split() == text.translate(marks).split()


@pytest.mark.parametrize(
    ("codes", "functions"),
    [
        (["43-4051.00", "43-4171.00", "11-1011.00"], {"11": 1, "43": 2}),
        (["I5244", "I5243", "I0110"], {"I0": 1, "I5": 2}),
        (["FN.1234.P3", "FN.1234.M1", "HR.1.P1"], {"FN": 2, "HR": 1}),
        (["0110", "0210", "5244"], {"01": 1, "02": 1, "52": 1}),
        (["AMT010", "AMT010-EX", "AMS020"], {"AMS": 1, "AMT": 2}),
        (["ACCT", "PAY"], {"A": 1, "P": 1}),
        (["1e3", "NO", "2024-01-02", "~null"], None),
    ],
)
def test_functions_from_the_codes(tmp_path: Path, codes: list[str], functions: dict[str, int] | None) -> None:
    survey = survey_of("Code,Title\n" + "".join(f"{code},Job {code}\n" for code in codes), "s.csv")
    made = catalogue_of(survey, "s")
    if functions is None:
        assert [str(problem) for problem in survey.unplaced] == [
            "s.csv:5: expected letters, digits and . / + - _ as a code, found '~null'"
        ]
        codes = codes[:-1]
    else:
        assert {function.code: len(function.jobs) for function in made.functions} == functions
    write_catalogue(made, str(tmp_path / "made"))
    assert sorted(job.code for job in load_catalogue(tmp_path / "made")) == sorted(codes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A function for each row of that kind; a code goes to the longest function code that it begins with.
        ("Type,Code,Title\nD,AB1,b\nF,A,x\nF,AB,y\nD,A1,a\n", {"A": ["A1"], "AB": ["AB1"]}),
        # Codes that name no function belong to the function above them.
        ("Type,Code,Title\nF,Clerks,x\nD,43-1,a\nF,Cooks,y\nD,35-1,b\n", {"Clerks": ["43-1"], "Cooks": ["35-1"]}),
        # Most codes name theirs: one that names another has a function of its own.
        ("Type,Code,Title\nF,AMT,x\nD,AMT1,a\nD,AMT2,b\nD,FIN1,c\n", {"AMT": ["AMT1", "AMT2"], "FIN": ["FIN1"]}),
        # Without a column of types: what other codes begin with; a benchmark is no reason.
        ("Code,Title\nAMT,x\nAMT010,a\nAMT010-EX,b\n", {"AMT": ["AMT010", "AMT010-EX"]}),
        ("Code,Title\n0,x\n01,a\n011,b\n0110,c\n", {"0": ["01", "011", "0110"]}),
        # A column with the function's code, or its title.
        ("Family,Code,Title\nAM,AM1,a\nFI,FI1,b\n", {"AM": ["AM1"], "FI": ["FI1"]}),
        ("Family,Code,Title\nFinance,AC1,a\nFinance,AC2,b\nSales,SA1,c\n", {"AC": ["AC1", "AC2"], "SA": ["SA1"]}),
        ("Family,Code,Title\nFood & Drink,1001,a\nArts,1002,b\n", {"Arts": ["1002"], "Food-Drink": ["1001"]}),
        (
            "Function Code,Function Title,Code,Title\nF7,Finance,1001,a\nS1,Sales,1002,b\n",
            {"F7": ["1001"], "S1": ["1002"]},
        ),
        ("Function,Type,Code,Title\nSales,F,S,Sales\nSales,D,S1,a\n", {"S": ["S1"]}),
    ],
)
def test_which_function_a_job_belongs_to(text: str, expected: dict[str, list[str]]) -> None:
    assert shape(made_of(text)) == expected


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        (["Finance Generalist/Multidiscipline", "Tax"], "Finance"),
        (["Tax", "Finance - No Applicable Discipline"], "Finance"),
        (["Tax", "Audit"], "FIN"),
    ],
)
def test_what_a_function_without_a_row_is_called(titles: list[str], title: str) -> None:
    rows = "".join(f"FIN{at},{one}\n" for at, one in enumerate(titles))
    assert made_of(f"Code,Title\n{rows}").functions[0].title == title


def test_columns_that_nobody_knows_are_kept() -> None:
    made = made_of(
        """\
        Code,Title,Grade,Japan,US,,Exempt,Empty,Grade
        AMT,Support,,X,x,,,,
        AMT010,Help Desk,010,x,,note,NO,,9
        AMT020,Field,,,✓,,1e3,,
        """
    )
    (function,) = made.functions
    assert function.reports == ("Japan", "US")
    assert [(job.reports, dict(job.attributes)) for job in function.jobs] == [
        (("Japan",), {"Grade": "010", "column 6": "note", "Exempt": "NO", "Grade (9)": "9"}),
        (("US",), {"Exempt": "1e3"}),
    ]


@pytest.mark.parametrize(
    ("cell", "bands", "attributes"),
    [
        ("M, P", ("M", "P"), {}),
        ("M/P;T", ("M", "P", "T"), {}),
        ("M (Management) P (Professional)", ("M", "P"), {}),
        ("all of them", (), {"bands": "all of them"}),
        ("", (), {}),
    ],
)
def test_career_bands_of_a_function(cell: str, bands: tuple[str, ...], attributes: Mapping[str, str]) -> None:
    (function,) = made_of(f"Type\tCode\tTitle\tCareer Bands\nF\tA\tx\t{cell}\nD\tA1\ty\t\n").functions
    assert (function.bands, dict(function.attributes)) == (bands, attributes)


def test_career_bands_of_jobs_are_those_of_the_function_too() -> None:
    (function,) = made_of('Code,Title,Band\nAB1,x,P\nAB2,y,"M, P"\n').functions
    assert function.bands == ("M", "P")
    assert [dict(job.attributes) for job in function.jobs] == [{"bands": "P"}, {"bands": "M, P"}]


def test_career_bands_from_the_command_line_come_first() -> None:
    survey = survey_of("Type,Code,Title,Bands\nF,A,x,M\nD,A1,y,\n", "s.csv")
    assert catalogue_of(survey, "s", bands={"A": ["P", "Q"]}).functions[0].bands == ("P", "Q")
    with pytest.raises(UsageError, match="no function 'B'"):
        catalogue_of(survey, "s", bands={"B": ["P"]})


def test_every_row_without_a_place_is_listed() -> None:
    survey = survey_of(
        """\
        Type\tCode\tTitle\tDescription
        F\tAMT\tSupport\t
        D\tAMT010\tHelp Desk\tAnswers
        \t\t\tand more\t
        \t\t\tRepairs
        D\tAMT020\t\tno title
        D\t\tNo code\t
        D\tAMT 30\tSpace\t
        Z\tAMT040\tKind\t
        \tAMT050\tNo kind\t
        D\tamt010\tTwice\t
        D\tAMT060\tWide\tx\ty\tz
        Page 3 of 9
        F\tFIN\tNo jobs\t
        Type\tCode\tTitle\tDescription
        D\tAMT999\t"never closed
        D\tAMT070\tControl\t\x00a\x1bb
        """
    )
    made = catalogue_of(survey, "s")
    assert [str(problem).partition(":")[2] for problem in survey.unplaced] == [
        "6: no title in 'Title': 'D AMT020 no title'",
        "7: no code in 'Code': 'D No code'",
        "8: expected letters, digits and . / + - _ as a code, found 'AMT 30'",
        "9: expected function, discipline or benchmark as the type of AMT040, found 'Z'",
        "10: expected function, discipline or benchmark as the type of AMT050, found nothing",
        "11: the code amt010 was on row 3 already",
        "12: more cells than headings: 'y', 'z'",
        "13: no code in 'Code': 'Page 3 of 9'",
        "14: the function FIN has no jobs in this table",
        "16: a quotation mark is opened and never closed",
    ]
    assert survey.notes == ["row 17: control characters were left out"]
    (function,) = made.functions
    assert [(job.code, job.responsibilities) for job in function.jobs] == [
        ("AMT010", ("Answers and more", "Repairs")),
        ("AMT070", ("a b",)),
    ]


def test_headings_in_another_order_after_a_page_break() -> None:
    made = made_of("Code,Title\nAB1,x\n\nTitle,Code,Grade\ny,AB2,7\n")
    assert [(job.code, job.title, dict(job.attributes)) for job in made] == [
        ("AB1", "x", {}),
        ("AB2", "y", {"Grade": "7"}),
    ]


@pytest.mark.parametrize(
    ("text", "named", "error"),
    [
        ("", {}, "s.csv: empty; a survey's table has a row of headings"),
        (
            "Ref;Bezeichnung\nA1;x\n",
            {},
            "s.csv: no row names a column of codes and one of titles; the first row is 'Ref', 'Bezeichnung'",
        ),
        ("Code,Title\nA1,x\n", {"code": "Ref"}, "s.csv: --code-column: no row of headings has a column 'Ref'"),
        ("Ref,Title\nA1,x\n", {"code": "Re"}, "no row names a column of codes and one of titles"),
        ("Code,Job Code,Title\n", {}, "several columns could be the code: 'Code', 'Job Code'"),
        ("Code,Title\n", {}, "s.csv: no row has a place in a catalogue"),
        ("Code,Title\n,x\n", {}, "s.csv: no row has a place in a catalogue"),
    ],
)
def test_a_table_that_cannot_be_read(text: str, named: dict[str, str], error: str) -> None:
    with pytest.raises((InputError, UsageError)) as caught:
        catalogue_of(survey_of(text, "s.csv", **named), "s")
    assert error in caught.value.message


def test_columns_with_unusual_names() -> None:
    made = made_of(
        "Ref;Bezeichnung;Aufgaben;Code\nA1;x;Zählt;7\n", code="ref", title="Bezeichnung", description="AUFGABEN"
    )
    (job,) = made
    assert (job.code, job.title, job.responsibilities, job.attributes) == ("A1", "x", ("Zählt",), (("Code", "7"),))


def test_a_workbook(tmp_path: Path) -> None:
    pytest.importorskip("jobcodes.workbooks")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["The survey of 2026"],
        [],
        ["Type", "Code", "Title", "Description"],
        ["F", "AMT", "Support", "Supports."],
        ["D", "AMT010", "Help Desk", "Answers\nFixes"],
        ["D", None, "No code", ""],
    ):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    survey = read_survey(content.getvalue(), "survey.xlsx")
    made = catalogue_of(survey, "s")
    assert (made.edition, survey.notes) == ("2026", ["above the headings: The survey of 2026"])
    (job,) = made
    assert (job.code, job.responsibilities) == ("AMT010", ("Answers", "Fixes"))
    assert [problem.line for problem in survey.unplaced] == [6]


def workbook(**sheets: list[list[object]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


BOOK = {
    "Contents": [["Sheet", "Description"], ["Jobs", "what they do"]],
    "Empty": [],
    "Jobs": [["Code", "Title"], [10, "Clerk"]],
    "More": [["Code", "Title"], [20, "Cook"]],
}


@pytest.mark.parametrize(("sheet", "code"), [(None, "10"), ("jobs", "10"), ("More", "20"), ("4", "20")])
def test_the_sheet_of_a_workbook(sheet: str | None, code: str) -> None:
    survey = read_survey(workbook(**BOOK), "s.xlsx", sheet=sheet)
    assert [job.code for job in catalogue_of(survey, "s")] == [code]
    assert any("read the sheet 'Jobs' alone" in note and "'More'" in note for note in survey.notes) == (sheet is None)


def test_a_sheet_that_is_no_survey() -> None:
    with pytest.raises(UsageError, match="the first row is 'Sheet', 'Description'"):
        read_survey(workbook(**BOOK), "s.xlsx", sheet="Contents")
    with pytest.raises(UsageError, match="no sheet 'Job'"):
        read_survey(workbook(**BOOK), "s.xlsx", sheet="Job")
    with pytest.raises(UsageError, match="no row names a column of codes"):
        read_survey(workbook(a=BOOK["Contents"]), "s.xlsx")
    with pytest.raises(UsageError, match="a text has no sheets"):
        read_survey(b"Code,Title\n1,x\n", "s.csv", sheet="Jobs")


def test_what_was_made_of_columns_and_codes_is_said() -> None:
    survey = survey_of("Code,Title,Description,Grade,Pay\n10,Clerk,Files,7,\n10A,Head Clerk,Leads,,\n", "s.csv")
    catalogue_of(survey, "s")
    assert survey.notes == [
        "no column says what a row is; functions, because other codes begin so: 10",
        "kept as attributes: 'Grade'",
    ]


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="--description-column: no row of headings has a column 'Descripton'") as found:
        survey_of("Code,Title,Description\n", "s.csv", description="Descripton")
    assert found.value.hint == "did you mean 'Description'?"


def test_a_table_without_descriptions_says_so() -> None:
    survey = survey_of("Code,Title,Aufgaben\nA1,x,Does things\n", "s.csv")
    assert [note for note in survey.notes if "'Aufgaben'" in note and "--description-column" in note]
    assert not survey_of("Code,Title,Position Description\nA1,x,Does things\n", "s.csv").notes


# --- files -----------------------------------------------------------------------------------------------


CELLS = st.sampled_from(
    ["", "A", "A1", "A2", "a1", "B/1", "010", "NO", "1e3", "2024-01-02", "F", "D", "null", "x: #y", "'"]
)
ROWS = st.lists(st.lists(CELLS | st.text(max_size=5), min_size=5, max_size=5), max_size=6)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_each_row_is_placed_or_listed_and_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    import csv

    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows(
        [["Type", "Code", "Title", "Description", "Grade"], ["F", "A", "a", "", ""], ["D", "A9", "b", "c", "d"]]
    )
    lines = []
    for row in rows:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow([cell.replace("\r", " ").replace("\0", "") for cell in row])
    survey = read_survey(text.getvalue().encode("utf-8", "replace"), "s.csv")
    made = catalogue_of(survey, "s")
    placed = {entry.line for entry in survey.entries} | {problem.line for problem in survey.unplaced}
    said = " ".join(" ".join((*entry.parts, entry.bands)) for entry in survey.entries)
    for line, row in zip(lines, rows, strict=True):
        filled = [text for cell in row if (text := " ".join(re.sub(CONTROL, " ", cell).split()))]
        continued = len(filled) == 1 and filled[0] in " ".join(re.sub(CONTROL, " ", said).split())
        assert line in placed or not filled or continued
    folder = tmp_path_factory.mktemp("made") / "s"
    write_catalogue(made, str(folder))
    loaded = load_catalogue(folder)
    assert sorted(loaded.functions, key=lambda one: one.code) == list(made.functions)
    assert loaded.bands == made.bands


def small(code: str = "A") -> Catalogue:
    job = Job(f"{code}1", "discipline", code, "Title", ("Does",))
    return Catalogue("n", "e", (), (Function(code, "F", "", jobs=(job,)),), "")


def test_the_order_of_functions_and_odd_codes_as_file_names() -> None:
    catalogue = replace(
        small(), functions=tuple(small(code).functions[0] for code in ("a/b", "a_b", "catalogue", "CON", "N.O"))
    )
    assert list(catalogue_files(catalogue)) == [
        "catalogue.yaml",
        "a_b.yaml",
        "a_b_.yaml",
        "catalogue_.yaml",
        "CON_.yaml",
        "N.O.yaml",
    ]


def test_a_catalogue_is_replaced_on_demand_only_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine"
    write_catalogue(small("A"), str(path))
    (path / "NOTES.md").write_text("mine")
    with pytest.raises(UsageError, match="holds a catalogue already"):
        write_catalogue(small("B"), str(path))
    write_catalogue(small("B"), str(path), force=True)
    assert find(load_catalogue(path), "B1")
    assert sorted(file.name for file in path.iterdir()) == ["B.yaml", "NOTES.md", "catalogue.yaml"]

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(UsageError, match="No space left on device"):
            write_catalogue(small("C"), str(path), force=True)
        with pytest.raises(UsageError, match="No space left on device"):
            write_catalogue(small("C"), str(tmp_path / "new"))
    rename = Path.rename

    def refuse_the_new(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise OSError(13, "Permission denied")
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse_the_new)
        with pytest.raises(UsageError, match="Permission denied"):
            write_catalogue(small("C"), str(path), force=True)
    assert find(load_catalogue(path), "B1")
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_bands_that_a_replacement_loses_are_named(tmp_path: Path, jobcodes: Run) -> None:
    table, folder = tmp_path / "t.csv", str(tmp_path / "mine")
    table.write_text("Type,Code,Title,Description\nF,AB,Abc,x\nD,AB1,Def,y\n")
    assert jobcodes("catalogue", "import", str(table), "-o", folder, "--bands", "AB=M,P").returncode == 0
    kept = jobcodes("catalogue", "import", str(table), "-o", folder, "--force", "--bands", "AB=M,P")
    assert b"warning" not in kept.stderr
    lost = jobcodes("catalogue", "import", str(table), "-o", folder, "--force", "-q")
    assert b"no career bands for AB; the catalogue replaced had --bands AB=M,P" in lost.stderr


@pytest.mark.parametrize("force", [False, True])
def test_nothing_that_is_no_catalogue_is_replaced(tmp_path: Path, force: bool) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    for path, message in (
        (tmp_path, "holds other files and no catalogue"),
        (tmp_path / "thesis.docx", "is there already and no folder"),
        (tmp_path / "none" / "there", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=message):
            write_catalogue(small(), str(path), force=force)
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    write_catalogue(small(), str(tmp_path))
    assert len(load_catalogue(tmp_path)) == 1
