"""Workbooks in and out: what a cell says, where the table is, and what a hostile file comes to."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes.errors import InputError, JobcodesError, UsageError
from jobcodes.number_formats import number_text
from jobcodes.render import MATCH_COLUMNS
from jobcodes.tables import Cell, Table, open_table
from jobcodes.workbook_writer import MAX_CELL, write_workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>Title</t></is></c></row>'
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs></styleSheet>'
)


def package(
    rows: str = HEADER,
    *,
    texts: str | None = None,
    styles: str | None = None,
    book: str = '<sheets><sheet name="Jobs" sheetId="1" r:id="r1"/></sheets>',
    kind: str = "worksheet",
    main: str = MAIN,
    rels: str = RELS,
    prolog: str = "",
    **more: bytes,
) -> bytes:
    """A workbook of one sheet, written out by hand."""
    parts: dict[str, bytes | str] = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{rels}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rels}">{book}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="r1" Type="{rels}/{kind}" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{rels}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{rels}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{main}"><dimension ref="A1"/>'
        f"<sheetData>{rows}</sheetData></worksheet>",
    }
    if texts is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}">{texts}</sst>'
    if styles is not None:
        parts["xl/styles.xml"] = styles
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **more}.items():
            archive.writestr(name, content)
    return file.getvalue()


def read(data: bytes, sheet: str | None = None, source: str = "jobs.xlsx") -> Table:
    return open_table(io.BytesIO(data), source=source, sheet=sheet)


def cells(data: bytes, sheet: str | None = None) -> list[list[str]]:
    table = read(data, sheet)
    return [list(table.headers), *(list(row.cells) for row in table)]


def written(headers: Sequence[str], rows: Sequence[Sequence[Cell]], **options: Any) -> bytes:
    file = io.BytesIO()
    write_workbook(file, headers, rows, **options)
    return file.getvalue()


def by_openpyxl(rows: Sequence[Sequence[object]], **other_sheets: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for title, content in {"Sheet": rows, **other_sheets}.items():
        page = book["Sheet"] if title == "Sheet" else book.create_sheet(title)
        for row in content:
            page.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# --- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "format", "text"),
    [
        (52000, "General", "52000"),
        (52000.0, "#,##0.00", "52000"),
        (0.1 + 0.2, "General", "0.3"),
        (-1.5, "[Red]-0.0", "-1.5"),
        (0.5, "0%", "0.5"),
        (1e15, "General", "1000000000000000"),
        (1.5e-7, "General", "0.00000015"),
        (1e300, "General", "1e+300"),
        (123, "000000", "000123"),
        (1234567, "000000", "1234567"),
        (123456789, "000-00-0000", "123-45-6789"),
        (42, '"JC-"0000', "JC-0042"),
        (42, "\\J0000", "J0042"),
        (42, '"A;B "000;"x"', "A;B 042"),
        (4.5, "0000", "4.5"),
        (-4, "0000", "-4"),
        (45306, "yyyy-mm-dd", "2024-01-15"),
        (45306, "mm-dd-yy", "2024-01-15"),
        (45306, '[$-409]d" de "mmmm;@', "2024-01-15"),
        (45306.354166666664, "m/d/yy h:mm", "2024-01-15 08:30:00"),
        (45306, "m/d/yy h:mm", "2024-01-15 00:00:00"),
        (45306.5, "yyyy-mm-dd", "2024-01-15 12:00:00"),
        (0.354166666666667, "h:mm AM/PM", "08:30:00"),
        (0.5000000116, "mm:ss.000", "12:00:00.001"),
        (1.520833333333333, "[h]:mm:ss", "36:30:00"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (61, "yyyy-mm-dd", "1900-03-01"),
        (-1, "yyyy-mm-dd", "-1"),
        (2958466, "yyyy-mm-dd", "2958466"),
        (1e300, "yyyy-mm-dd", "1e+300"),
        (5, '0" days"', "5"),
        (5, "", "5"),
        (5, "@", "5"),
        (5, ";;;", "5"),
    ],
)
def test_what_a_number_says(number: float, format: str, text: str) -> None:
    assert number_text(number, format) == text


# --- cells -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "text", "value"),
    [
        ('<c r="B2"><v>5</v></c>', "5", 5),
        ('<c r="B2"><v>5.0</v></c>', "5", 5),
        ('<c r="B2"><v>1E-1</v></c>', "0.1", 0.1),
        ('<c r="B2" s="1"><v>45306</v></c>', "2024-01-15", (45306, "yyyy\\-mm\\-dd")),
        ('<c r="B2" s="2"><v>45306.5</v></c>', "2024-01-15 12:00:00", (45306.5, "m/d/yy h:mm")),
        ('<c r="B2" s="99"><v>5</v></c>', "5", 5),
        ('<c r="B2" t="b"><v>1</v></c>', "TRUE", True),
        ('<c r="B2" t="b"><v>0</v></c>', "FALSE", False),
        ('<c r="B2" t="e"><v>#N/A</v></c>', "#N/A", "#N/A"),
        ('<c r="B2" t="str"><f>A1&amp;"x"</f><v>=x</v></c>', "=x", "=x"),
        ('<c r="B2"><f>1+1</f><v>2</v></c>', "2", 2),
        ('<c r="B2" t="d"><v>2024-01-15</v></c>', "2024-01-15", (45306.0, "yyyy-mm-dd")),
        ('<c r="B2" t="d"><v>2024-01-15T12:00:00</v></c>', "2024-01-15 12:00:00", (45306.5, "yyyy-mm-dd hh:mm:ss")),
        ('<c r="B2" t="s"><v>1</v></c>', "richtext", "richtext"),
        ('<c r="B2" t="s"><v>2</v></c>', "a\r\nb _x_", "a\r\nb _x_"),
        ('<c r="B2" t="s"><v>3</v></c>', "_xD83D_", "_xD83D_"),
        ('<c r="B2" t="s" s="1"><v>1</v></c>', "richtext", ("richtext", "yyyy\\-mm\\-dd")),
        ('<c r="B2" t="inlineStr"><is><r><t>in</t></r><r><t> line</t></r></is></c>', "in line", "in line"),
        ('<c r="B2" t="inlineStr"><is><t>&lt;b&gt;\x1f</t></is></c>'.replace("\x1f", "_x001F_"), "<b>\x1f", "<b>\x1f"),
        ('<c r="B2"><v/></c>', "", ""),
        ('<c r="B2" t="str"><f>""</f><v></v></c>', "", ""),
    ],
)
def test_what_a_cell_says(cell: str, text: str, value: Cell) -> None:
    texts = (
        "<si><t>Title</t></si><si><r><t>rich</t></r><r><t>text</t></r><rPh><t>guide</t></rPh></si>"
        "<si><t>a_x000D_\nb _x005F_x_</t></si><si><t>_xD83D_</t></si>"
    )
    header = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Other</t></is></c></row>'
    sheet = f'{header}<row r="2"><c r="A2" t="s"><v>0</v></c>{cell}</row>'
    table = read(package(sheet, texts=texts, styles=STYLES))
    assert table.headers == ("Title", "Other")
    (row,) = table
    assert (row.cells[1], row.values[1], row.error) == (text, value, "")


@pytest.mark.parametrize(
    ("cell", "error", "text"),
    [
        ('<c r="A2" t="s"><v>7</v></c>', "row 2: A2 is a damaged cell ('7')", "7"),
        ('<c r="A2" t="s"><v>-1</v></c>', "row 2: A2 is a damaged cell ('-1')", "-1"),
        ('<c r="A2"><v>five</v></c>', "row 2: A2 is a damaged cell ('five')", "five"),
        ('<c r="A2"><v>NaN</v></c>', "row 2: A2 is a damaged cell ('NaN')", "NaN"),
        ('<c r="A2"><v>1e999</v></c>', "row 2: A2 is a damaged cell ('1e999')", "1e999"),
        ('<c r="A2" t="d"><v>soon</v></c>', "row 2: A2 is a damaged cell ('soon')", "soon"),
        ('<c r="A2"><f>B2&amp;C2</f><v/></c>', "row 2: A2 is a formula without its value", "=B2&C2"),
        ('<c r="A2"><v>5</v></c><c r="C2"><v>6</v></c>', "row 2: more cells than headers: '6'", "5"),
    ],
)
def test_a_cell_that_cannot_be_used_is_an_error_of_its_row_alone(cell: str, error: str, text: str) -> None:
    good = '<row r="{}"><c r="A{}" t="inlineStr"><is><t>Clerk</t></is></c></row>'
    many = "".join(good.format(number, number) for number in range(100, 140))
    sheet = HEADER + (f'<row r="2">{cell}</row>{many}' if "C2" not in cell else f'{many}<row r="2">{cell}</row>')
    rows = list(read(package(sheet)))
    (bad,) = [row for row in rows if row.error]
    assert bad.error.startswith(error)
    assert (bad.line, list(bad.cells), len(rows)) == (2, [text], 41)


def test_cells_and_rows_may_leave_out_where_they_are() -> None:
    sheet = "<row><c t='inlineStr'><is><t>Title</t></is></c><c><v>1</v></c></row><row/><row><c/><c><v>2</v></c></row>"
    table = read(package(sheet))
    assert [(row.line, list(row.cells)) for row in table] == [(3, ["", "2"])]
    assert table.headers == ("Title", "1")


def test_dates_of_old_macs() -> None:
    book = '<workbookPr date1904="1"/><sheets><sheet name="Jobs" sheetId="1" r:id="r1"/></sheets>'
    sheet = HEADER + '<row r="2"><c r="A2" s="1"><v>43844</v></c></row>'
    (row,) = read(package(sheet, styles=STYLES, book=book))
    assert (row.cells, row.values) == (["2024-01-15"], [(45306, "yyyy\\-mm\\-dd")])


def test_a_strict_workbook_and_one_with_prefixes() -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    rels = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    assert cells(package(main=strict, rels=rels)) == [["Title"]]
    row = '<x:row><x:c t="str"><x:v>Title</x:v></x:c></x:row>'
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{row}</x:sheetData></x:worksheet>'
    assert cells(package(**{"xl/worksheets/sheet1.xml": sheet.encode()})) == [["Title"]]  # type: ignore[arg-type]


def zipped(parts: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


# --- where the table is ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "headers", "lines"),
    [
        ([["Title", "Pay"], ["Clerk", 1]], ("Title", "Pay"), [2]),
        ([["Export of 2024"], [], ["Job", "Title"], ["7", "Clerk"]], ("Job", "Title"), [4]),
        (
            [["Job Description"], ["ID", "Job Title", "Duties"], ["7", "Clerk", "Files"]],
            ("ID", "Job Title", "Duties"),
            [3],
        ),
        ([["By: HR", "Page 1"], ["A", "B", "C"], [1, 2, 3]], ("A", "B", "C"), [3]),
        ([["Title", None, "Pay"], [None, None, None], ["Clerk", None, 1]], ("Title", "", "Pay"), [3]),
        ([[None, "Title"], [None, "Clerk"]], ("", "Title"), [2]),
        ([["Title", None, None], ["Clerk", "a remark", None]], ("Title", ""), [2]),
        ([["Title"], ["Clerk"], [""], [None], ["Cook"], []], ("Title",), [2, 5]),
        ([["Title"]], ("Title",), []),
    ],
)
def test_the_headers_are_found_and_empty_rows_left_out(
    rows: list[list[object]], headers: tuple[str, ...], lines: list[int]
) -> None:
    table = read(by_openpyxl(rows))
    assert table.headers == headers
    assert [row.line for row in table] == lines


def test_lines_above_the_headers_are_named() -> None:
    rows: list[list[object]] = [["ACME"], ["as of", 2026], [], ["Title", "Text"], ["Clerk", "Files"]]
    assert read(by_openpyxl(rows)).notes == (
        "jobs.xlsx: the headers are in row 4; left out above them: 'ACME', 'as of 2026'",
    )
    assert read(by_openpyxl(rows[3:])).notes == ()


def test_title_lines_that_are_merged_and_rows_that_are_hidden() -> None:
    book = openpyxl.Workbook()
    page = book.active
    page["A1"] = "All jobs"
    page.merge_cells("A1:C1")
    for row in (["ID", "Title", "Text"], [1, "Clerk", "Files"], [2, "Cook", "Cooks"]):
        page.append(row)
    page.row_dimensions[3].hidden = True
    page.auto_filter.ref = "A2:C4"
    file = io.BytesIO()
    book.save(file)
    assert cells(file.getvalue()) == [["ID", "Title", "Text"], ["1", "Clerk", "Files"], ["2", "Cook", "Cooks"]]


def three_sheets() -> bytes:
    return by_openpyxl([["read me"]], Jobs=[["Title"], ["Clerk"]], **{"2": [["Title"], ["Cook"]]})


@pytest.mark.parametrize(
    ("sheet", "name", "title"),
    [
        (None, "Jobs", "Clerk"),
        ("Jobs", "Jobs", "Clerk"),
        (" jobs", "Jobs", "Clerk"),
        ("3", "2", "Cook"),
        ("2", "2", "Cook"),
    ],
)
def test_the_sheet(sheet: str | None, name: str, title: str) -> None:
    table = read(three_sheets(), sheet)
    assert table.sheet == name
    assert [row.cells for row in table] == [[title]]
    assert bool(table.notes) == (sheet is None)


def test_a_hidden_sheet_is_read_only_by_name() -> None:
    book = openpyxl.load_workbook(io.BytesIO(three_sheets()))
    book["Jobs"].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    assert read(file.getvalue()).sheet == "2"
    assert read(file.getvalue(), "jobs").sheet == "Jobs"


def test_a_sheet_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no sheet 'Jbos'; it has 'Sheet', 'Jobs', '2'") as caught:
        read(three_sheets(), "Jbos")
    assert caught.value.hint == "did you mean 'Jobs'?"
    with pytest.raises(UsageError, match="a text has no sheets"):
        open_table(io.BytesIO(b"Title\nClerk\n"), source="jobs.csv", sheet="Jobs")


def test_a_workbook_is_known_by_how_it_begins_also_in_a_pipe() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError("a pipe cannot be sought")

    table = open_table(Pipe(three_sheets()), source="-")
    assert [row.cells for row in table] == [["Clerk"]]


# --- hostile files -----------------------------------------------------------------------------------------


def bomb() -> bytes:
    return package("<row/>" * 6_000_000)


def bomb_of_texts() -> bytes:
    return package('<row><c t="s"><v>0</v></c></row>', texts="<si><t>" + " " * 40_000_000 + "</t></si>")


def lying() -> bytes:
    data = bytearray(bomb())
    at = data.rindex(b"xl/worksheets/sheet1.xml") - 46  # its entry in the directory, at the end
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


def long_cell() -> bytes:
    text = "".join(map(chr, range(0x4E00, 0x9F00))) * 1000
    return package(f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>')


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
XLSB = b'<Relationships><Relationship Id="a" Type="x/officeDocument" Target="/xl/workbook.bin"/></Relationships>'
PART = {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row><c><v>1</v>"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: b"", "empty; not a workbook"),
        (lambda: b"Title\nClerk\n", "not a workbook"),
        (lambda: b"<html><table>", "a web page or XML, not a workbook"),
        (lambda: OLE, r"an old Excel file \(.xls\)"),
        (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "has a password"),
        (lambda: package()[:300], "a damaged or incomplete workbook"),
        (lambda: package()[:-10], "a damaged or incomplete workbook"),
        (lambda: zipped({"a.txt": b"x"}), "a zip file or a document, no workbook"),
        (lambda: zipped({"word/document.xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "a document, no workbook"),
        (lambda: zipped({"mimetype": b"", "content.xml": b""}), "OpenDocument"),
        (lambda: zipped({"_rels/.rels": XLSB, "xl/workbook.bin": b""}), r"a binary workbook \(.xlsb\)"),
        (lambda: package(book="<sheets/>"), "without a sheet of cells"),
        (lambda: package(kind="chartsheet"), "without a sheet of cells"),
        (lambda: package(""), "every sheet is empty"),
        (lambda: package("<row><c/></row>"), "every sheet is empty"),
        (lambda: package("<row><c><v>1</v></row>"), "a damaged workbook: mismatched tag"),
        (lambda: package(**PART), "damaged"),  # type: ignore[arg-type]
        (lambda: package('<row><c r="ZZZZ1"><v>1</v></c></row>'), "it has a cell in column 'ZZZZ'"),
        (lambda: package('<row><c r="A\u00e91"><v>1</v></c></row>'), "it has a cell in column"),
        (lambda: package('<row r="x"><c><v>1</v></c></row>'), "damaged"),
        (lambda: package(styles="<styleSheet><numFmts><numFmt/></numFmts></styleSheet>"), "damaged"),
        (lambda: package(prolog=LAUGHS[0]), "a DTD, which no spreadsheet writes"),
        (lambda: package(prolog=LAUGHS[1]), "a DTD, which no spreadsheet writes"),
        (lambda: package(prolog=LAUGHS[2]), "a DTD, which no spreadsheet writes"),
        (lambda: package(styles=LAUGHS[0] + "<styleSheet/>"), "a DTD, which no spreadsheet writes"),
        (lambda: zipped({"xl/workbook.xml": b"<x/>" * 9}, zipfile.ZIP_LZMA), "packed in a way that no workbook is"),
        (bomb, "more than is sound for a workbook"),
        (bomb_of_texts, "more than is sound for a workbook"),
        (lying, "damaged"),
        (long_cell, "a cell of more than 20,000,000 characters"),
    ],
)
def test_what_is_no_sound_workbook_is_refused(make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        list(read(make()))
    assert caught.value.message.startswith("jobs.xlsx: ")


def test_a_password_of_the_zip() -> None:
    data = bytearray(package())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            data[start + at] |= 1
    with pytest.raises(InputError, match="has a password"):
        read(bytes(data))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_workbook_with_any_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        for row in read(bytes(whole)):
            assert len(row.cells) == len(row.values)
    except JobcodesError:
        pass


SMALL = package(HEADER + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>', texts="<si><t>x</t></si>", styles=STYLES)


def test_the_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "from jobcodes.tables import open_table\n"
        "from jobcodes.workbook_writer import write_workbook\n"
        "rows = ([f'Clerk {n}', f'{n} ' * 300] for n in range(int(sys.argv[1])))\n"
        "write_workbook(sys.argv[2], ['Title', 'Text'], rows)\n"
        "with open(sys.argv[2], 'rb') as file:\n"
        "    assert sum(1 for _ in open_table(file)) == int(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    pytest.importorskip("resource")

    def peak(rows: int) -> int:
        command = [sys.executable, "-c", script, str(rows), str(tmp_path / "x.xlsx")]
        return int(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)

    assert peak(20_000) <= 1.2 * peak(2_000)


# --- out ---------------------------------------------------------------------------------------------------

MATCH = ["AMT010", "Remote", "match", "0.9400", "1.0000", "P", "AMT010:0.9400", "it", "", "x@1"]


def page_of(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_a_workbook_looks_like_one() -> None:
    rows = [[(7, "000000"), "Clerk", (45306.5, "m/d/yy h:mm"), True, 5.5, *MATCH]]
    for decision in ("review", "none", "error"):
        rows.append(["0042", "=1+1", "3/4", "", "", "", "", decision, "", "", "", "", "", "", ""])
    headers = ["ID", "Title", "Since", "Full", "Pay", *MATCH_COLUMNS]
    page = page_of(written(headers, rows, sheet="All jobs"))
    assert page.title == "All jobs"
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:O5"
    assert [cell.value for cell in page[1]] == headers
    assert (page["A2"].value, page["A2"].number_format) == (7, "000000")
    assert (page["C2"].number_format, page["C2"].value.isoformat()) == ("m/d/yy h:mm", "2024-01-15T12:00:00")
    assert (page["D2"].value, page["E2"].value) == (True, 5.5)
    assert (page["I2"].value, page["I2"].number_format) == (0.94, "0.0000")
    assert (page["J2"].value, page["J2"].number_format) == (1, "0.0000")
    assert [page.cell(row, 8).fill.fgColor.rgb[2:] for row in range(2, 6)] == ["C6EFCE", "FFEB9C", "E1E1E1", "FFC7CE"]
    assert [(page.cell(3, at).value, page.cell(3, at).data_type, page.cell(3, at).quotePrefix) for at in (1, 2, 3)] == [
        ("0042", "s", True),
        ("=1+1", "s", True),
        ("3/4", "s", True),
    ]
    assert page["B2"].quotePrefix is False


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [[f"Clerk {number}", (number, "0.0")] for number in range(300)]
    assert written(["Title", "Pay"], rows) == written(["Title", "Pay"], iter(rows))  # type: ignore[arg-type]


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+1",
    "-1",
    "\t=1",
    "https://example.com",
    "{=1}",
    "1e5",
    "2024-01-15",
    "TRUE",
    "#N/A",
    "<r><t>injected</t></r>",
    "<r></x>&</r>",
    "</t></is></c>",
    "_x0041_",
    "a\r\nb\rc\nd",
    " spaces ",
    "\x07\x1b[31m",
    "\U0001f600" * 3,
    "12345678901234567890",
    "'quoted",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_the_text_it_is(text: str) -> None:
    data = written(["Title", text], [["Clerk", text]])
    assert cells(data) == [["Title", text], ["Clerk", text]]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1), st.text() | st.booleans() | st.integers(-(10**14), 10**14)), max_size=5))
def test_what_is_written_is_read_again(rows: list[tuple[str, str | bool | int]]) -> None:
    def seen(value: str) -> str:
        value = value.replace("\0", "\u2400").replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    expected = [[one if not isinstance(one, str) else seen(one) for one in row] for row in rows]
    found = read(written(["Title", "Job title"], rows))
    assert [[one[0] if isinstance(one, tuple) else one for one in row.values] for row in found] == expected


@pytest.mark.parametrize(("value", "text"), [(10**15, "1000000000000000"), (10**20 + 1, "100000000000000000001")])
def test_a_number_with_more_digits_than_excel_has_is_text(value: int, text: str) -> None:
    assert page_of(written(["Title"], [[value]]))["A2"].value == text


@pytest.mark.parametrize("text", ["\0a", "\ud800a", "\uffffa", "\ufffea"])
def test_what_is_no_character_is_shown(text: str) -> None:
    assert cells(written(["Title"], [[text]]))[1] == ["\u2400a" if text[0] == "\0" else "\ufffda"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("x" * 32_767, None), ("x" * 32_768, 32_759), ("\U0001f600" * 16_384, 16_379), ("\U0001f600" * 16_383, None)],
)
def test_a_text_that_is_too_long_is_cut_visibly(text: str, kept: int | None) -> None:
    notes = [*MATCH[:8], "a note", *MATCH[9:]]
    (row,) = read(written(["Text", *MATCH_COLUMNS], [[text, *notes]]))
    if kept is None:
        assert (row.cells[0], row.cells[9]) == (text, "a note")
    else:
        assert row.cells[0] == text[:kept] + " … [cut]"
        assert len(row.cells[0].encode("utf-16-le")) // 2 <= MAX_CELL
        note = f"a note | Text: cut after {kept:,} of {len(text):,} characters, as a cell holds no more"
        assert row.cells[9] == note


def test_more_rows_or_columns_than_a_sheet_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobcodes.workbook_writer.MAX_ROWS", 3)
    file = io.BytesIO()
    with pytest.raises(UsageError, match="more than 3 rows"):
        write_workbook(file, ["Title"], [["x"]] * 4)
    assert file.getvalue() == b""
    with pytest.raises(UsageError, match="16,385 columns"):
        write_workbook(file, ["x"] * 16_385, [])


@pytest.mark.parametrize(
    ("sheet", "name"),
    [
        ("Jobs 2024", "Jobs 2024"),
        ("a/b:c", "a_b_c"),
        ("x" * 32, "Jobs"),
        ("History", "Jobs"),
        ("'a'", "a"),
        ("", "Jobs"),
    ],
)
def test_the_name_of_the_sheet(sheet: str, name: str) -> None:
    assert page_of(written(["Title"], [], sheet=sheet)).title == name


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter.workbook", None)
    with pytest.raises(UsageError, match="XlsxWriter") as caught:
        written(["Title"], [])
    assert caught.value.hint == "pip install 'jobcodes[office]'"


# --- the command -------------------------------------------------------------------------------------------

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
TABLE = [
    ["Job ID", "Title", "Description", "Hired", "Pay", "Full time"],
    ["7", "", "", "", "", ""],
    [
        "000123",
        "Help Desk Analyst",
        "Troubleshoots customers' issues,\nremotely; by phone",
        "2024-01-15",
        "52000",
        "TRUE",
    ],
    ["J-1", "=1+1", '@SUM(A1) "field" service technician', "2024-02-29 08:30:00", "1234.5", "FALSE"],
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same table as CSV and as a workbook with types."""
    monkeypatch.chdir(tmp_path)
    with open("jobs.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(TABLE)
    rows: list[list[Cell]] = [
        [7, "", "", "", "", ""],
        [(123, "000000"), *TABLE[2][1:3], (45306, "yyyy-mm-dd"), (52000, "#,##0"), True],
        [*TABLE[3][:3], (45351.354166666664, "yyyy\\-mm\\-dd hh:mm:ss"), 1234.5, False],
    ]
    write_workbook("jobs.xlsx", TABLE[0], rows, sheet="HRIS")
    return tmp_path


def test_a_workbook_in_gives_the_csv_that_its_csv_gives(files: Path, jobcodes: Run) -> None:
    for format in ("csv", "tsv", "jsonl"):
        ours, theirs = (jobcodes("batch", name, "-f", format) for name in ("jobs.xlsx", "jobs.csv"))
        assert ours.stdout == theirs.stdout
        assert ours.stdout.count(b"\n") >= 3
        assert (ours.returncode, theirs.returncode) == (4, 4)  # the row without a job


def test_a_workbook_out_is_the_workbook_in_with_the_match(files: Path, jobcodes: Run) -> None:
    done = jobcodes("batch", "jobs.xlsx", "-o", "coded.xlsx")
    assert (done.returncode, done.stdout) == (4, b"")
    before, after = (openpyxl.load_workbook(name).active for name in ("jobs.xlsx", "coded.xlsx"))
    assert after.title == "HRIS"
    kept = [[(cell.value, cell.number_format) for cell in row[:6]] for row in after.iter_rows()]
    assert kept == [[(cell.value, cell.number_format) for cell in row] for row in before.iter_rows()]
    assert [cell.value for cell in after[1]][6:] == list(MATCH_COLUMNS)
    assert jobcodes("batch", "coded.xlsx", "-o", "again.xlsx").returncode == 2
    assert jobcodes("batch", "coded.xlsx", "-o", "again.xlsx", "--replace").returncode == 4
    assert Path("again.xlsx").read_bytes() == Path("coded.xlsx").read_bytes()
    assert sorted(path.name for path in files.iterdir()) == ["again.xlsx", "coded.xlsx", "jobs.csv", "jobs.xlsx"]


def test_a_workbook_through_pipes(files: Path, jobcodes: Run) -> None:
    piped = jobcodes("batch", stdin=Path("jobs.xlsx").read_bytes())
    jobcodes("batch", "jobs.xlsx", "-o", "coded.xlsx")
    assert piped.stdout == Path("coded.xlsx").read_bytes()


def test_jsonl_gives_its_types_to_the_workbook(tmp_path: Path, jobcodes: Run) -> None:
    record = {"title": "Clerk", "pay": 5.5, "full": True, "id": 12345678901234567890, "none": None, "tags": ["a"]}
    out = str(tmp_path / "x.xlsx")
    assert jobcodes("batch", "-o", out, stdin=json.dumps(record).encode() + b"\nno JSON\n").returncode == 4
    page = openpyxl.load_workbook(out).active
    assert [cell.value for cell in page[2]][:6] == ["Clerk", 5.5, True, "12345678901234567890", None, '["a"]']
    assert "the line: no JSON" in page.cell(3, 6 + 9).value


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["jobs.xlsx", "--sheet", "HIRS"], 2, "hint: did you mean 'HRIS'?"),
        (["jobs.csv", "--sheet", "HRIS"], 2, "a text has no sheets"),
        (["bad.xlsx"], 4, "bad.xlsx: not a workbook"),
        (["jobs.xlsx", "--from", "csv"], 4, "not text"),
        (["jobs.xlsx", "--title-column", "Name"], 2, "no column 'Name'; the headers are 'Job ID', 'Title'"),
    ],
)
def test_what_is_said_of_a_workbook(files: Path, jobcodes: Run, arguments: list[str], code: int, said: str) -> None:
    Path("bad.xlsx").write_bytes(b"Title\nClerk\n")
    done = jobcodes("batch", *arguments, "-o", "out.csv")
    assert (done.returncode, said in done.stderr.decode()) == (code, True), done.stderr
    assert not Path("out.csv").exists()


def test_personal_data_in_a_workbook_is_known_by_its_content(tmp_path: Path, jobcodes: Run) -> None:
    rows = [["Clerk", "a@b.example"], ["Cook", "c@d.example"]]
    write_workbook(str(tmp_path / "jobs.xlsx"), ["Title", "Contact"], rows)
    done = jobcodes("batch", str(tmp_path / "jobs.xlsx"), "--drop-personal", "-f", "csv")
    assert done.stdout.startswith(b"Title,match_code")


# --- LibreOffice -------------------------------------------------------------------------------------------

FLAT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:automatic-styles>
<number:date-style style:name="D"><number:day number:style="long"/><number:text>.</number:text>
<number:month number:style="long"/><number:text>.</number:text><number:year number:style="long"/></number:date-style>
<number:number-style style:name="Z"><number:number number:min-integer-digits="6" number:decimal-places="0"/>
</number:number-style><number:boolean-style style:name="B"><number:boolean/></number:boolean-style>
<style:style style:name="d" style:family="table-cell" style:data-style-name="D"/>
<style:style style:name="z" style:family="table-cell" style:data-style-name="Z"/>
<style:style style:name="b" style:family="table-cell" style:data-style-name="B"/>
</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="Jobs">ROWS</table:table>
</office:spreadsheet></office:body></office:document>"""


def flat_rows() -> Iterator[str]:
    def text(*words: str) -> str:
        return "".join(
            f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>' for word in words
        )

    def number(style: str, kind: str, value: str, more: str = "") -> str:
        name = {"float": "value", "date": "date-value", "boolean": "boolean-value"}[kind]
        style = f'table:style-name="{style}"' if style else ""
        return f'<table:table-cell {style} {more} office:value-type="{kind}" office:{name}="{value}"/>'

    yield text("Export of all jobs")
    yield "<table:table-cell/>"
    yield text("Job ID", "Title", "Hired", "Pay", "Full time", "Twice")
    twice = number("", "float", "104001", 'table:formula="of:=[.D4]*2"')
    typed = (number("d", "date", "2024-01-15"), number("", "float", "52000.5"), number("b", "boolean", "true"))
    yield number("z", "float", "123") + text("=Help &amp; Desk Analyst") + "".join(typed) + twice


@pytest.fixture(scope="module")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    profile = tmp_path_factory.mktemp("profile").as_uri()

    def convert(to: str, path: Path) -> Path:
        folder = path.parent / "converted"
        command = [
            program,
            "--headless",
            f"-env:UserInstallation={profile}",
            "--convert-to",
            to,
            "--outdir",
            str(folder),
        ]
        subprocess.run([*command, str(path)], capture_output=True, check=True, timeout=120)
        return folder / f"{path.stem}.{to.partition(':')[0]}"

    return convert


# Commas, quotation marks where they are needed, UTF-8, cells as they are shown.
AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"


def test_libreoffice_sees_in_our_workbook_what_our_csv_says(
    files: Path, jobcodes: Run, soffice: Callable[[str, Path], Path]
) -> None:
    jobs = ["J-1,2", *(f"{number:04}" for number in range(len(HOSTILE) - 1))]
    with open("more.csv", "w", newline="", encoding="utf-8") as file:
        hostile = [text for text in HOSTILE if "\r" not in text and text.isprintable()]
        csv.writer(file).writerows([["Job", "Title", "Description"], *zip(jobs, hostile, hostile, strict=False)])
    for name in ("jobs.xlsx", "more.csv"):
        jobcodes("batch", name, "-o", "coded.csv")
        jobcodes("batch", name, "-o", "coded.xlsx")
        theirs = soffice(AS_CSV, files / "coded.xlsx").read_bytes()
        expected = list(csv.reader(io.StringIO(Path("coded.csv").read_text(encoding="utf-8"), newline="")))
        found = list(csv.reader(io.StringIO(theirs.decode(), newline="")))
        if name == "jobs.xlsx":  # thousands are shown as the user has them, and only there
            assert found[2][4] == "52,000"
            found[2][4] = "52000"
        assert found == expected


def test_a_workbook_by_libreoffice_comes_through(
    files: Path, jobcodes: Run, soffice: Callable[[str, Path], Path]
) -> None:
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in flat_rows())
    (files / "theirs.fods").write_text(FLAT.replace("ROWS", rows), encoding="utf-8")
    book = soffice("xlsx", files / "theirs.fods")
    done = jobcodes("batch", str(book), "-f", "csv")
    first = next(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert list(first.values())[:6] == ["000123", "=Help & Desk Analyst", "2024-01-15", "52000.5", "TRUE", "104001"]
    jobcodes("batch", str(book), "-o", "coded.xlsx")
    before = openpyxl.load_workbook(book, data_only=True).active[4]
    after = openpyxl.load_workbook("coded.xlsx").active[2][:6]
    assert [cell.value for cell in after] == [cell.value for cell in before]
    for at in (0, 2, 3):
        assert after[at].number_format == before[at].number_format
