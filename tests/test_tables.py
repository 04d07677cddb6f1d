"""Tables of jobs in: delimiters, quoting, encodings, columns, and what happens to what cannot be read."""

from __future__ import annotations

import codecs
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.errors import InputError, UsageError
from jobcodes.tables import Columns, Format, Table, as_text, choose_columns, open_table, posting_reader


def table(data: str | bytes, format: Format | None = None, encoding: str | None = None, source: str = "-") -> Table:
    data = data.encode() if isinstance(data, str) else data
    return open_table(io.BytesIO(data), source=source, format=format, encoding=encoding)


def cells(data: str | bytes, format: Format | None = None, encoding: str | None = None) -> list[list[str]]:
    return [list(row.cells) for row in table(data, format, encoding)]


# --- delimiters, quoting, widths -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "delimiter", "headers"),
    [
        ("id,title\n1,Agent\n", ",", ("id", "title")),
        ("id;title;text\n1;Agent;Answers phones, mail, chat\n", ";", ("id", "title", "text")),
        ("id\ttitle\n1\tAgent\n", "\t", ("id", "title")),
        ("id|title\n1|Agent\n", "|", ("id", "title")),
        ('"id, old";"title"\n"1";"Agent, senior"\n', ";", ("id, old", "title")),
        ('"a;b","title"\n"1;2","Agent"\n', ",", ("a;b", "title")),
        ('"ti\ntle, long";"x"\n1;2\n', ";", ("ti\ntle, long", "x")),
        ("Stelle;Aufgaben (kurz, knapp)\nAgent;a\nAgent;b\n", ";", ("Stelle", "Aufgaben (kurz, knapp)")),
        ("title\nAgent\n", ",", ("title",)),
        # One column with commas in it: what cuts none of the rows.
        ("title\nAgent, senior\nManager\n", "\t", ("title",)),
        ("title", ",", ("title",)),
        ("\ufeffid,title\n", ",", ("id", "title")),
        ("\n\nid,title\n1,2\n", ",", ("id", "title")),
        ("id,title,\n1,2,\n", ",", ("id", "title", "")),
    ],
)
def test_the_delimiter_is_sniffed(data: str, delimiter: str, headers: tuple[str, ...]) -> None:
    found = table(data)
    assert (found.delimiter, found.headers) == (delimiter, headers)
    assert found.format == ("tsv" if delimiter == "\t" else "csv")


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ('a,b\n1,"x\ny"\n2,z\n', [["1", "x\ny"], ["2", "z"]]),
        ('a,b\r\n1,"x\r\ny"\r\n2,z\r\n', [["1", "x\r\ny"], ["2", "z"]]),
        ('a,b\n1,"say ""hi"", you"\n', [["1", 'say "hi", you']]),
        ("a,b\n1\n", [["1", ""]]),
        ("a,b\n\n1,2\n\n\n3,4", [["1", "2"], ["3", "4"]]),
        ("a,b\n,\n", [["", ""]]),
        ('a\n""\nx\n', [[""], ["x"]]),
        ("a,b\n1,2,,\n", [["1", "2"]]),  # empty cells beyond the headers hold nothing
        ("a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
        ("a,b\n1,x\ry\n2,z\n", [["1", "x\ry"], ["2", "z"]]),
        ("a,b\n1,x\u2028y\x85z\x0c\n", [["1", "x\u2028y\x85z\x0c"]]),
        ("a,b\n1,x\0y\n" + "2,abcdefgh\n" * 20, [["1", "x\0y"], *[["2", "abcdefgh"]] * 20]),
        ("a,b\n1," + "x" * 200_000 + "\n", [["1", "x" * 200_000]]),
    ],
)
def test_cells_are_read_as_they_are(data: str, rows: list[list[str]]) -> None:
    assert cells(data) == rows
    assert not any(row.error for row in table(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_unicode_tables_are_recognised(encoding: str, end: str) -> None:
    data = end.join(["id,title", '1,"Réparateur\n, à domicile"', "2,技術", ""]).encode(encoding)
    found = table(data)
    assert found.headers == ("id", "title")
    assert [list(row.cells) for row in found] == [["1", "Réparateur\n, à domicile"], ["2", "技術"]]


def test_a_named_encoding_is_used() -> None:
    assert cells(codecs.BOM_UTF8 + "id,title\n1,Réparateur\n".encode(), encoding="utf_8_sig") == [["1", "Réparateur"]]
    assert cells("id,title\n1,Réparateur\n".encode("cp1252"), encoding="cp1252") == [["1", "Réparateur"]]
    assert cells("id,title\n1,Réparateur\n".encode("utf-16"), encoding="utf-16") == [["1", "Réparateur"]]


def test_too_many_cells_are_an_error_that_keeps_them() -> None:
    rows = list(table("a,b\n1,2,x,,y\n3,4\n"))
    assert [list(row.cells) for row in rows] == [["1", "2"], ["3", "4"]]
    assert [row.error for row in rows] == [
        "line 2: more cells than headers: 'x', 'y'; quote cells with the delimiter",
        "",
    ]


def test_bad_bytes_spoil_their_row_only() -> None:
    rows = list(table(b'id,title\n1,caf\xe9\n2,"x\ny\xff"\n3,ok\n'))
    assert [list(row.cells) for row in rows] == [["1", "caf\\xe9"], ["2", "x\ny\\xff"], ["3", "ok"]]
    hint = "name its encoding, for example --encoding cp1252"
    assert [row.error for row in rows] == [
        f"line 2 is not UTF-8 (byte 0xe9); {hint}",
        f"line 4 is not UTF-8 (byte 0xff); {hint}",
        "",
    ]
    assert [row.line for row in rows] == [2, 3, 5]


def test_bad_utf_16_spoils_its_row_only() -> None:
    data = "id,title\n1,".encode("utf-16") + b"\x00\xdc" + "x\n2,ok\n".encode("utf-16-le")
    assert [bool(row.error) for row in table(data)] == [True, False]


def test_a_quotation_mark_never_closed_spoils_its_row_only() -> None:
    rows = list(table('id,title\n1,ok\n2,"Agent\n3,ok\n4,ok\n5,ok\n'))
    assert [list(row.cells) for row in rows] == [
        ["1", "ok"],
        ["2", '"Agent'],
        ["3", "ok"],
        ["4", "ok"],
        ["5", "ok"],
    ]
    assert [row.error for row in rows] == [
        "",
        "line 3: a quotation mark is opened and never closed",
        "",
        "",
        "",
    ]
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]


def test_a_quotation_mark_never_closed_among_bare_carriage_returns() -> None:
    rows = list(table('id,title\n1,"x\ry\n2,o\rk\n'))
    assert [list(row.cells) for row in rows] == [["1", '"x\ry'], ["2", "o\rk"]]
    assert [bool(row.error) for row in rows] == [True, False]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "-: empty; a table begins with a row of headers"),
        (b"\n\n", "-: empty; a table begins with a row of headers"),
        (b"id,caf\xe9\n1,2\n", "-: line 1 is not UTF-8 (byte 0xe9); name its encoding"),
        (b"PK\x03\x04", "-: a damaged or incomplete workbook: its end is missing"),
        (b"\0\1\2\3\0\0\1", "this is binary data, not text"),
    ],
)
def test_a_table_that_cannot_begin(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as raised:
        table(data)
    assert raised.value.message.startswith(message)


def test_an_encoding_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="no encoding is called 'latin-99'"):
        table(b"id,title\n", encoding="latin-99")


def test_the_format_is_the_one_given_then_the_suffix_then_what_it_begins_with() -> None:
    assert table('{"title": "Agent"}\n').format == "jsonl"
    assert table('\ufeff\n  {"title": "Agent"}\n').format == "jsonl"
    assert table("title,text\n").format == "csv"
    assert table("title,text\n", source="jobs.TSV").headers == ("title,text",)
    assert table("{a},b\n", source="jobs.csv").headers == ("{a}", "b")
    assert table("title,text\n", source="jobs.jsonl").format == "jsonl"
    assert table("a\tb\n", "tsv", source="jobs.jsonl").headers == ("a", "b")
    with pytest.raises(UsageError, match="a JSON array"):
        table('[\n {"title": "Agent"}]')


def test_a_table_is_read_as_it_arrives() -> None:
    class Pipe(io.RawIOBase):
        """Gives one line at a time, and says how many were asked for."""

        def __init__(self) -> None:
            self.given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            line = b"id,title\n" if self.given == 0 else b"%d,Agent\n" % self.given
            self.given += 1
            buffer[: len(line)] = line
            return len(line)

    pipe = Pipe()
    rows = iter(open_table(io.BufferedReader(pipe)))
    assert list(next(rows).cells) == ["1", "Agent"]
    assert pipe.given == 2


# --- JSONL -----------------------------------------------------------------------------------------------


def test_json_lines_are_objects_or_errors() -> None:
    found = table(
        '{"title": "Agent", "n": 1}\n'
        "\n"
        "not json\n"
        "[1]\n"
        '{"n": NaN}\n'
        '{"n": -Infinity}\n'
        '{"n": 1e999}\n'
        '{"a": 1, "a": 2}\r\n'
        '{"a": ' + "[" * 5000 + "]" * 5000 + "}\n"
        '{"a": ' + "[" * 150 + "]" * 150 + "}\n"
        '{"a": "x\u2028y"}'
    )
    assert found.headers == ("title", "n", "a")
    rows = list(found)
    assert [row.line for row in rows] == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert [row.record for row in rows if row.record] == [
        {"title": "Agent", "n": 1},
        {"a": 2},
        {"a": "x\u2028y"},
    ]
    assert [row.error for row in rows] == [
        "",
        "line 3: not JSON: Expecting value: line 1 column 1 (char 0)",
        "line 4: not a JSON object",
        "line 5: not JSON: NaN is not a JSON number",
        "line 6: not JSON: -Infinity is not a JSON number",
        "line 7: not JSON: 1e999 is too large a number",
        "",
        "line 9: nested too deeply",
        "line 10: nested too deeply",
        "",
    ]


def test_a_json_line_in_another_encoding_is_an_error_that_shows_it() -> None:
    rows = list(table(b'{"title": "caf\xe9"}\n{"title": "Agent"}\n'))
    assert [row.record for row in rows] == [None, {"title": "Agent"}]
    assert rows[0].raw == '{"title": "caf\\xe9"}'
    assert rows[0].error.startswith("line 1 is not UTF-8 (byte 0xe9)")


def test_the_headers_of_json_lines_are_the_keys_of_the_first_objects() -> None:
    assert table('{"id": 1}\n{"id": 2, "text": "x"}\n').headers == ("id", "text")
    assert table(b"", "jsonl").headers == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (None, ""),
        (7, "7"),
        (1.5, "1.5"),
        (["a", None, "b"], "a\n\nb"),
        ({"main": ["a", "b"], "other": "c"}, "a\nb\nc"),
    ],
)
def test_json_values_as_text(value: object, text: str) -> None:
    assert as_text(value) == text


# --- columns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "title", "texts"),
    [
        (["title", "text"], "title", ("text",)),
        (["ID", " Job_Title ", "JOB-DESCRIPTION"], " Job_Title ", ("JOB-DESCRIPTION",)),
        (["jobTitle", "jobDescription"], "jobTitle", ("jobDescription",)),
        (["Position", "Job Title"], "Job Title", ()),  # a position is often a number
        (["Position", "Grade"], "Position", ()),
        (["description"], None, ("description",)),
        (["Job Summary", "Title", "Essential Functions"], "Title", ("Job Summary", "Essential Functions")),
        (["title", "requirements", "benefits", "company profile"], "title", ()),
    ],
)
def test_usual_columns_are_found(headers: list[str], title: str | None, texts: tuple[str, ...]) -> None:
    assert choose_columns(headers) == Columns(title, texts)


def test_columns_can_be_named() -> None:
    headers = ["a", "B", "title", "text", "text"]
    assert choose_columns(headers, "a", ["b", "title", "b"]) == Columns("a", ("B", "title"))
    assert choose_columns(["x", "text", "title"], "x") == Columns("x", ("text",))
    assert choose_columns(["title", "job title", "text"], "title") == Columns("title", ("text",))


@pytest.mark.parametrize(
    ("headers", "title", "texts", "message", "hint"),
    [
        (
            ["id", "x"],
            None,
            [],
            "no column has a usual name for a job's title or text; the headers are 'id', 'x'",
            "name the columns with --title-column and --text-column",
        ),
        (
            ["Title", "Job Title"],
            None,
            [],
            "several columns could be the title: 'Title', 'Job Title'",
            "choose one with --title-column 'Title'",
        ),
        (
            ["title", "text", "description"],
            None,
            [],
            "several columns could be the text: 'text', 'description'",
            "choose with --text-column 'text'; given twice, both are read",
        ),
        (
            ["title", "description", "duties"],
            None,
            [],
            "several columns could be the text: 'description', 'duties'",
            "choose with --text-column 'description'; given twice, both are read",
        ),
        (["a", "b"], "c", [], "no column 'c'; the headers are 'a', 'b'", "check --title-column"),
        (["a", "b"], None, ["c"], "no column 'c'; the headers are 'a', 'b'", "check --text-column"),
        (
            ["a", "a"],
            "a",
            [],
            "several columns could be the a: 'a', 'a'",
            "give every column a name of its own",
        ),
        (
            [],
            None,
            [],
            "no column has a usual name for a job's title or text; no headers were found",
            "name the columns with --title-column and --text-column",
        ),
    ],
)
def test_columns_that_are_missing_or_ambiguous(
    headers: list[str], title: str | None, texts: list[str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as raised:
        choose_columns(headers, title, texts)
    assert (raised.value.message, raised.value.hint) == (message, hint)


def test_a_row_becomes_a_posting() -> None:
    found = table('title,summary,duties\nAgent,"a",b\nAgent,,\n,"Clerk\nSells.",\n,,\n" ",, \n', source="jobs.csv")
    posting = posting_reader(found, choose_columns(found.headers))
    postings = [posting(row) for row in found]
    assert [(one.source, one.title, one.text, one.error) for one in postings] == [
        ("jobs.csv:2", "Agent", "a\n\nb", ""),
        ("jobs.csv:3", "Agent", "", ""),
        ("jobs.csv:4", "Clerk", "Clerk\nSells.", ""),
        ("jobs.csv:6", None, "", "line 6: empty; neither a title nor a text"),
        ("jobs.csv:7", None, "", "line 7: empty; neither a title nor a text"),
    ]


def test_an_object_becomes_a_posting() -> None:
    found = table(
        '{"title": "Agent", "duties": ["a", "b"]}\n{"title": null, "duties": 7}\n{"id": 1}\n{"title": "\\ud800"}\n'
    )
    posting = posting_reader(found, choose_columns(found.headers))
    postings = [posting(row) for row in found]
    assert [(one.title, one.text, one.error) for one in postings] == [
        ("Agent", "a\nb", ""),
        (None, "7", ""),
        (None, "", "line 3: empty; neither a title nor a text"),
        (None, "", "line 4: half a surrogate pair, which is no character"),
    ]


# --- any table -------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), max_size=8), st.sampled_from(",;\t|"))
def test_any_csv_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    headers = ["title", "text", "c", "d"]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([headers, *rows])
    # NULs in numbers mark binary data: keep to a few.
    data = buffer.getvalue().replace("\0", "\1")
    expected = [[cell.replace("\0", "\1") for cell in row] + [""] * (4 - len(row)) for row in rows]
    assert cells(data) == expected


@given(st.lists(st.dictionaries(TEXT, st.none() | st.integers() | TEXT | st.lists(TEXT)), max_size=8))
def test_any_objects_are_read_back(objects: list[dict[str, object]]) -> None:
    data = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
    assert [row.record for row in table(data, "jsonl")] == objects


@given(st.binary())
def test_any_bytes_are_a_table_or_one_error(data: bytes) -> None:
    for format in (None, "csv", "jsonl"):
        try:
            found = table(data, format)
        except (InputError, UsageError):
            continue
        for row in found:
            assert len(row.cells) == (len(found.headers) if found.delimiter else 0)
