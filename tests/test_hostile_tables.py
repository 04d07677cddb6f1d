"""Tables as they should not be: what comes out of each, row by row. Every row is there, and every output is sound."""

# ruff: noqa: E501 (a line for each case)

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from jobcodes.batch import Layout, code_table
from jobcodes.errors import InputError, JobcodesError, UsageError
from jobcodes.model import Catalogue, Evidence, Match
from jobcodes.render import MATCH_COLUMNS
from jobcodes.tables import choose_columns, open_table
from jobcodes.tally import Tally

CATALOGUE = Catalogue("A survey", "2026", (), (), "0123456789abcdef" * 4)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class Parrot:
    """Says back what it was given, as title, evidence and note: whatever is in a job gets into our columns."""

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match:
        said = title or text
        evidence = Evidence("text", text, 0, len(text), said, "keyword", 1.0)
        return Match("review", "AMT010", said, 0.5, evidence=(evidence,), notes=(said,))


@dataclass(frozen=True)
class Case:
    """`comes`: the cells or values of the user's columns that come back, row by row; None: not compared.

    `errors`: what the notes of the rows with errors contain, by the number of the row.
    """

    name: str
    data: bytes
    comes: Sequence[Sequence[Any]] | None
    errors: dict[int, str] = field(default_factory=dict)
    encoding: str | None = None
    source: str = "-"
    rows: int | None = None


def case(name: str, data: str | bytes, comes: Any = None, errors: Any = None, **more: Any) -> Case:
    return Case(name, data.encode() if isinstance(data, str) else data, comes, errors or {}, **more)


DEEP = "[" * 5000 + "]" * 5000
BIG = "Repairs printers. " * 600_000  # 10.8 MB

CSV = [
    # delimiters
    case("commas", "id,title\n1,Cook\n", [["1", "Cook"]]),
    case("semicolons", "id;title\n1;Cook, Chef\n", [["1", "Cook, Chef"]]),
    case("semicolons in quotes", 'id;title\n1;"Cook; Chef"\n', [["1", "Cook; Chef"]]),
    case("tabs", "id\ttitle\n1\tCook\n", [["1", "Cook"]]),
    case("pipes", "id|title\n1|Cook\n", [["1", "Cook"]]),
    case("sep=; of Excel", "sep=;\nid;title\n1;Cook, Chef\n", [["1", "Cook, Chef"]]),
    case("sep=, in capitals and CRLF", "SEP=,\r\nid,title\r\n1,Cook\r\n", [["1", "Cook"]]),
    case("sep=; with BOM, in quotes", '\ufeff"sep=;"\r\nid;title\r\n1;Cook\r\n', [["1", "Cook"]]),
    case("sep=^, an unusual one", "sep=^\nid^title\n1^Cook\n", [["1", "Cook"]]),
    case("sep=; and bad rows keep their lines", "sep=;\nid;title\n1;\n", [["1", ""]], {0: "line 3: empty"}),
    case("decimal commas among semicolons", "id;pay;title\n1;3,50;Cook\n2;4,75;Cook\n", [["1", "3,50", "Cook"], ["2", "4,75", "Cook"]]),
    case("one column", "title\nCook, Chef\n", [["Cook, Chef"]]),
    case("a title with commas alone in its table", "title\nCook; Chef\n", [["Cook; Chef"]]),
    # line ends
    case("CRLF", "id,title\r\n1,Cook\r\n", [["1", "Cook"]]),
    case("CR alone", "id,title\r1,Cook\r2,Chef\r", [["1", "Cook"], ["2", "Chef"]]),
    case("no line end at the end", "id,title\n1,Cook", [["1", "Cook"]]),
    case("blank lines", "\n\nid,title\n\n1,Cook\n\n\n", [["1", "Cook"]]),
    case("mixed line ends", "id,title\n1,Cook\r\n2,Chef\n", [["1", "Cook"], ["2", "Chef"]]),
    case("line breaks in cells", 'id,title\n1,"Cook\nChef"\n2,"a\r\nb"\n', [["1", "Cook\nChef"], ["2", "a\r\nb"]]),
    case("a CR in an unquoted cell", "id,title\n1,Co\rok\n", [["1", "Co\rok"]]),
    case("NEL, LS and PS in cells", "id,title\n1,Co\x85o\u2028k\u2029\n", [["1", "Co\x85o\u2028k\u2029"]]),
    case("vertical tab and form feed", "id,title\n1,Co\x0bo\x0ck\n", [["1", "Co\x0bo\x0ck"]]),
    # quotes
    case("doubled quotes", 'id,title\n1,"Cook ""Chef"""\n', [["1", 'Cook "Chef"']]),
    case("a quote inside a bare cell", 'id,title\n1,5" Cook\n', [["1", '5" Cook']]),
    case("text behind a closing quote", 'id,title\n1,"Cook" Chef\n', [["1", "Cook Chef"]]),
    case("a quote never closed", 'id,title\n1,"Cook\n2,Chef\n', [["1", '"Cook'], ["2", "Chef"]], {0: "line 2: a quotation mark is opened and never closed"}),
    case("two quotes never closed", 'id,title\n1,"Cook\n2,Chef\n3,"Cook\n4,Chef\n5,Cook\n', None, {}, rows=3),
    case("an empty quoted cell", 'id,title\n"",Cook\n', [["", "Cook"]]),
    case("only quotes", 'id,title\n"""","""Cook"""\n', [['"', '"Cook"']]),
    case("single quotes are no quotes", "id,title\n1,'Cook\n", [["1", "'Cook"]]),
    # widths
    case("too few cells", "id,title,grade\n1,Cook\n", [["1", "Cook", ""]]),
    case("too many cells", "id,title\n1,Cook,x,y\n2,Chef\n", [["1", "Cook"], ["2", "Chef"]], {0: "line 2: more cells than headers: 'x', 'y'"}),
    case("too many, all empty", "id,title\n1,Cook,,,\n", [["1", "Cook"]]),
    case("no rows", "id,title\n", []),
    case("rows of delimiters only", "id,title\n,\n", [["", ""]], {0: "line 2: empty; neither a title nor a text"}),
    case("two headers alike", "title,id,id\nCook,1,2\n", [["Cook", "1", "2"]]),
    case("empty headers", "title,,\nCook,1,2\n", [["Cook", "1", "2"]]),
    case("2,000 columns", ",".join(["title", *map(str, range(1999))]) + "\nCook" + ",x" * 1999 + "\n", [["Cook", *["x"] * 1999]]),
    # encodings
    case("BOM", "\ufefftitle,id\nCook,1\n", [["Cook", "1"]]),
    case("UTF-16 with BOM", "id\ttitle\n1\tCaf\u00e9\n".encode("utf-16"), [["1", "Caf\u00e9"]]),
    case("UTF-16 without", "id,title\n1,Cook of soups\n".encode("utf-16-le"), [["1", "Cook of soups"]]),
    case("UTF-16, big end first", "id,title\n1,Cook of soups\n".encode("utf-16-be"), [["1", "Cook of soups"]]),
    case("UTF-32", "id,title\n1,Cook\n".encode("utf-32"), [["1", "Cook"]]),
    case("cp1252 as UTF-8", "id,title\n1,Chef de caf\u00e9\n2,Cook\n".encode("cp1252"), [["1", "Chef de caf\\xe9"], ["2", "Cook"]], {0: "line 2 is not UTF-8 (byte 0xe9); name its encoding, for example --encoding cp1252"}),
    case("cp1252 by name", "id,title\n1,Caf\u00e9 \u20ac \u2013\n".encode("cp1252"), [["1", "Caf\u00e9 \u20ac \u2013"]], encoding="cp1252"),
    case("bytes that cp1252 has not", b"id,title\n1,Caf\x81\n2,Cook\n", [["1", "Caf\\x81"], ["2", "Cook"]], {0: "line 2 is not CP1252 (byte 0x81)"}, encoding="cp1252"),
    case("Shift JIS by name", "id,title\n1,\u6599\u7406\u4eba\n".encode("shift_jis"), [["1", "\u6599\u7406\u4eba"]], encoding="shift_jis"),
    case("UTF-8 cut in a character", "id,title\n1,Caf\u00e9".encode()[:-1], [["1", "Caf\\xc3"]], {0: "line 2 is not UTF-8"}),
    case("an odd byte in UTF-16", "id,title\n1,Cook of soups\n".encode("utf-16") + b"\0", None, rows=2, errors={1: "is not UTF-16"}),
    case("surrogates in UTF-8", b"id,title\n1,\xed\xa0\x80\n", [["1", "\\xed\\xa0\\x80"]], {0: "line 2 is not UTF-8 (byte 0xed)"}),
    case("overlong UTF-8", b"id,title\n1,\xc0\xaf\n", [["1", "\\xc0\\xaf"]], {0: "line 2 is not UTF-8 (byte 0xc0)"}),
    # characters
    case("NUL", f"id,title\n1,Co\0ok{' and more' * 40}\n", [["1", f"Co\0ok{' and more' * 40}"]]),
    case("terminal escapes", "id,title\n1,\x1b]0;owned\x07\x1b[31mCook\x9b\n", [["1", "\x1b]0;owned\x07\x1b[31mCook\x9b"]]),
    case("right to left override", "id,title\n1,\u202eCook\u2066\n", [["1", "\u202eCook\u2066"]]),
    case("markup", "id,title\n1,<b>Cook</b> [bold red] &amp;\n", [["1", "<b>Cook</b> [bold red] &amp;"]]),
    case("a script and XXE", 'id,title\n1,"<!DOCTYPE x [<!ENTITY y SYSTEM ""file:///etc/passwd"">]><script>&y;"\n', [["1", '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><script>&y;']]),
    case("emoji and combining marks", "id,title\n1,\U0001f468\u200d\U0001f373 e\u0301\n", [["1", "\U0001f468\u200d\U0001f373 e\u0301"]]),
    case("only invisible characters", "id,title\n1,\u200b\ufeff\u00a0\n", [["1", "\u200b\ufeff\u00a0"]], {0: "line 2: empty"}),
    # formulas: the user's cells as they are; ours never begin with one
    *(
        case(f"a formula with {mark!r}", f'id,title\n"{mark}1+1","{mark}cmd|\' /C calc\'!A0"\n', [[f"{mark}1+1", f"{mark}cmd|' /C calc'!A0"]])
        for mark in ("=", "+", "-", "@", "\t", "\r", "\n=", " =")
    ),
    case("a formula as a header", "=1+1,title\n1,Cook\n", [["1", "Cook"]]),
    # sizes
    case("a cell of 10 MB", f"id,title,text\n1,Cook,{BIG}\n2,Cook,x\n", [["1", "Cook", BIG], ["2", "Cook", "x"]]),
    case("a cell of 200,000 lines", 'id,title\n1,"' + "x\n" * 200_000 + '"\n', [["1", "x\n" * 200_000]]),
    case("20,000 empty lines", "id,title\n" + "\n" * 20_000 + "1,\n", [["1", ""]], {0: "line 20002: empty"}),
    # other suffixes
    case("commas in a TSV", "a, b, c\ttitle\n1, 2, 3\tCook\n", [["1, 2, 3", "Cook"]], source="x.tsv"),
]  # fmt: skip

JSONL = [
    case("objects", '{"title": "Cook"}\n', [{"title": "Cook"}]),
    case("no JSON", '{"title": "Cook"}\n{"title": \n', [{"title": "Cook"}, '{"title":'], {1: "line 2: not JSON"}),
    case("a list and a number", '{"title": "Cook"}\n[1]\n7\n', [{"title": "Cook"}, "[1]", "7"], {1: "line 2: not a JSON object", 2: "line 3: not a JSON object"}),
    case("NaN and Infinity", '{"title": "Cook"}\n{"title": NaN}\n{"title": -Infinity}\n', [{"title": "Cook"}, '{"title": NaN}', '{"title": -Infinity}'], {1: "NaN is not a JSON number", 2: "-Infinity is not a JSON number"}),
    case("1e999", '{"title": "Cook"}\n{"title": 1e999}\n', [{"title": "Cook"}, '{"title": 1e999}'], {1: "1e999 is too large a number"}),
    case("5,000 digits", '{"title": "Cook"}\n{"n": ' + "9" * 5000 + "}\n", None, {1: "line 2: not JSON"}, rows=2),
    case("nested 5,000 deep", '{"title": "Cook"}\n{"title": ' + DEEP + "}\n", None, {1: "line 2: nested too deeply"}, rows=2),
    case("a key twice", '{"title": "Cook", "title": "Chef"}\n', [{"title": "Chef"}]),
    case("half a surrogate pair", '{"title": "Cook"}\n{"title": "\\ud800"}\n', [{"title": "Cook"}, {"title": "\ud800"}], {1: "half a surrogate pair"}),
    case("a NUL as an escape", '{"title": "Co\\u0000ok"}\n', [{"title": "Co\0ok"}]),
    case("null, false and a list for a title", '{"title": "x"}\n{"title": null}\n{"title": ["Cook", 7]}\n', [{"title": "x"}, {"title": None}, {"title": ["Cook", 7]}], {1: "line 2: empty"}),
    case("an object for a text", '{"title": "x", "text": {"a": ["b"]}}\n', [{"title": "x", "text": {"a": ["b"]}}]),
    case("a match that is there already", '{"title": "x"}\n' * 9000 + '{"title": "x", "match": 1}\n', None, {9000: 'has a "match" already'}, rows=9001),
    case("blank lines", '\n{"title": "Cook"}\n\n \n', [{"title": "Cook"}]),
    case("BOM and CRLF", '\ufeff{"title": "Cook"}\r\n', [{"title": "Cook"}]),
    case("UTF-16", '{"title": "Caf\u00e9"}\n'.encode("utf-16"), [{"title": "Caf\u00e9"}]),
    case("cp1252", b'{"title": "Cook"}\n{"title": "Caf\xe9"}\n', [{"title": "Cook"}, '{"title": "Caf\\xe9"}'], {1: "line 2 is not UTF-8 (byte 0xe9)"}),
    case("line separators in a string", '{"title": "Co\u2028o\x85k"}\n', [{"title": "Co\u2028o\x85k"}]),
    case("control characters", '{"title": "Cook"}\n{"title": "Co\x01ok"}\n', [{"title": "Cook"}, '{"title": "Co\x01ok"}'], {1: "line 2: not JSON"}),
    case("an empty object", '{"title": "Cook"}\n{}\n', [{"title": "Cook"}, {}], {1: "line 2: empty"}),
    case("two objects on a line", '{"title": "Cook"}\n{"title": "a"} {"title": "b"}\n', [{"title": "Cook"}, '{"title": "a"} {"title": "b"}'], {1: "line 2: not JSON: Extra data"}),
    case("a text of 10 MB", '{"title": "Cook", "text": "' + BIG + '"}\n', [{"title": "Cook", "text": BIG}]),
    case("formulas and escapes", '{"=1": "@x", "title": "=1\\u001b[31m"}\n', [{"=1": "@x", "title": "=1\x1b[31m"}]),
    case("keys like ours", '{"title": "x", "__proto__": {}, "Match": "=1"}\n', [{"title": "x", "__proto__": {}, "Match": "=1"}]),
]  # fmt: skip

REFUSED: list[tuple[str, bytes, type[JobcodesError], str]] = [
    ("nothing at all", b"", InputError, "empty; a table begins with a row of headers"),
    ("blank lines only", b"\n\r\n\n", InputError, "empty"),
    ("a BOM only", b"\xef\xbb\xbf", InputError, "empty"),
    ("sep= only", b"sep=;\n", InputError, "empty"),
    ("a workbook", b"PK\x03\x04" + bytes(100), InputError, "damaged or incomplete workbook"),
    ("an old workbook", b"\xd0\xcf\x11\xe0" + bytes(100), InputError, "Excel"),
    ("a PDF", b"%PDF-1.7\n", InputError, "a PDF"),
    ("random bytes", bytes(range(7)) * 800, InputError, "binary data"),
    ("a JSON array", b'[{"title": "Cook"}]', UsageError, "a JSON array"),
    ("headers in cp1252", "Pr\u00e9nom,title\nx,y\n".encode("cp1252"), InputError, "line 1 is not UTF-8 (byte 0xe9); name its encoding, for example --encoding cp1252"),
    ("a header never closed", b'"title,id\nCook,1\n', InputError, "a quotation mark is opened and never closed"),
    ("no usual column", b"a,b\n1,2\n", UsageError, "no column has a usual name"),
    ("two titles", b"job title,position title\n1,2\n", UsageError, "several columns could be the title"),
    ("our own columns", b"title,match_code\nCook,x\n", UsageError, "already has 'match_code'"),
]  # fmt: skip


def coded(data: bytes, layout: Layout, tally: Tally, source: str = "-", encoding: str | None = None) -> list[str]:
    table = open_table(io.BytesIO(data), source=source, encoding=encoding)
    coding = code_table(table, choose_columns(table.headers), Parrot(), CATALOGUE, layout, tally=tally)
    return [*([coding.header] if coding.header else []), *(row.line for row in coding.rows(None))]


def delimiter_of(header: str) -> str:
    return header[header.index("match_code") - 1]


@pytest.mark.parametrize("case", CSV, ids=lambda case: case.name)
def test_a_hostile_csv(case: Case) -> None:
    tally = Tally()
    lines = coded(case.data, Layout(), tally, case.source, case.encoding)
    assert all(line.endswith("\n") for line in lines)
    csv.field_size_limit(1 << 30)
    delimiter = delimiter_of(lines[0])
    header, *rows = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter)
    assert len(rows) == tally.rows == (len(case.comes) if case.comes is not None else case.rows)
    assert header[-10:] == list(MATCH_COLUMNS)
    assert {len(row) for row in rows} <= {len(header)}
    if case.comes is not None:
        assert [row[:-10] for row in rows] == [list(row) for row in case.comes]
    check_errors(case, tally, {at: row[-2] for at, row in enumerate(rows) if row[-8] == "error"})
    for row in rows:
        for cell in row[-10:]:
            assert not cell.startswith(DANGEROUS)
            assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", cell)


@pytest.mark.parametrize("case", CSV, ids=lambda case: case.name)
def test_a_hostile_csv_that_excel_may_open(case: Case) -> None:
    lines = coded(case.data, Layout(excel_safe=True), Tally(), case.source, case.encoding)
    delimiter = delimiter_of(lines[0].replace('"', ""))
    for row in csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter):
        assert not [cell for cell in row if cell.startswith(DANGEROUS)]
    assert all(line.startswith('"') and line.endswith('"\n') for line in lines)


@pytest.mark.parametrize("case", JSONL, ids=lambda case: case.name)
def test_a_hostile_jsonl(case: Case) -> None:
    tally = Tally()
    lines = coded(case.data, Layout(), tally, case.source, case.encoding)
    assert all(line.count("\n") == 1 for line in lines)
    rows = [json.loads(line) for line in lines]
    assert len(rows) == tally.rows == (len(case.comes) if case.comes is not None else case.rows)
    if case.comes is not None:
        theirs = [{key: value for key, value in row.items() if key != "match"} for row in rows]
        assert [row.get("raw", row) for row in theirs] == case.comes
    check_errors(
        case,
        tally,
        {at: " ".join(row["match"]["notes"]) for at, row in enumerate(rows) if row["match"]["decision"] == "error"},
    )


@pytest.mark.parametrize("case", [*CSV, *JSONL], ids=lambda case: case.name)
def test_every_row_comes_out_in_the_other_format_too(case: Case) -> None:
    tally, crossed = Tally(), Tally()
    coded(case.data, Layout(), tally, case.source, case.encoding)
    to = "jsonl" if case in CSV else "csv"
    lines = coded(case.data, Layout(to), crossed, case.source, case.encoding)  # type: ignore[arg-type]
    assert crossed.counts == tally.counts
    if to == "jsonl":
        assert len([json.loads(line) for line in lines]) == tally.rows
    else:
        assert len(list(csv.reader(io.StringIO("".join(lines), newline="")))) == tally.rows + 1


def check_errors(case: Case, tally: Tally, found: dict[int, str]) -> None:
    if case.errors or case.comes is not None:
        assert tally.counts["error"] == len(case.errors)
        assert sorted(found) == sorted(case.errors)
    for at, reason in case.errors.items():
        assert reason in found[at]


@pytest.mark.parametrize(("name", "data", "error", "message"), REFUSED, ids=[one[0] for one in REFUSED])
def test_what_is_no_table_is_refused(name: str, data: bytes, error: type[JobcodesError], message: str) -> None:
    with pytest.raises(error) as raised:
        coded(data, Layout(), Tally())
    assert message in raised.value.message


def test_there_are_enough_of_them() -> None:
    assert len(CSV) + len(JSONL) + len(REFUSED) > 100
