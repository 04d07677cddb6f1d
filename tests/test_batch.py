"""A table through the classifier: every row comes back, in order, untouched, with its match."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.batch import Layout, code_table
from jobcodes.errors import UsageError
from jobcodes.model import Alternative, Catalogue, Match, Posting
from jobcodes.outputs import whole_file
from jobcodes.records import match_posting
from jobcodes.render import MATCH_COLUMNS
from jobcodes.tables import Format, choose_columns, open_table
from jobcodes.tally import Tally

CATALOGUE = Catalogue("A survey", "2026", (), (), "0123456789abcdef" * 4)
MATCHED = ",AMT010,Remote,match,0.9400,,,AMT010:0.9400,,,2026@0123456789ab"
NONE = ",,,none,0.8000,,,,,,2026@0123456789ab"
HEADER = "," + ",".join(MATCH_COLUMNS)
CATALOGUE_JSON = {"name": "A survey", "edition": "2026", "sha256": "0123456789abcdef" * 4}


class Fake:
    """Knows one job: whatever mentions a desk."""

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match:
        if "desk" in f"{title} {text}".lower():
            return Match("match", "AMT010", "Remote", 0.94, alternatives=(Alternative("AMT010", 0.94),)[:top])
        return Match("none", confidence=0.8)


def code(
    data: str | bytes,
    format: Format | None = None,
    *,
    source: str = "-",
    overwrite: bool = False,
    tally: Tally | None = None,
) -> list[str]:
    table = open_table(io.BytesIO(data.encode() if isinstance(data, str) else data), source=source)
    columns = choose_columns(table.headers)
    coding = code_table(table, columns, Fake(), CATALOGUE, Layout(format, overwrite=overwrite), tally=tally)
    return [*([coding.header] if coding.header else []), *(row.line for row in coding.rows(None))]


def error(note: str) -> str:
    quoted = f'"{note.replace(chr(34), chr(34) * 2)}"' if set(note) & set(',"') else note
    return f",,,error,,,,,,{quoted},2026@0123456789ab"


# --- CSV to CSV ------------------------------------------------------------------------------------------


def test_a_table_comes_back_with_its_match() -> None:
    tally = Tally()
    assert code("id,title\n007,Help desk\n=1+1,Cook\n,\n", tally=tally) == [
        f"id,title{HEADER}\n",
        f"007,Help desk{MATCHED}\n",
        f"=1+1,Cook{NONE}\n",
        f",{error('line 4: empty; neither a title nor a text')}\n",
    ]
    assert tally.counts == {"match": 1, "review": 0, "none": 1, "error": 1}
    assert tally.rows == 3


@pytest.mark.parametrize(
    ("data", "format", "lines"),
    [
        ("id;title\n1;Desk, help\n", None, [f"id;title{HEADER}\n", f"1;Desk, help{MATCHED}\n"]),
        ("id|title\n1|Desk\n", "csv", [f"id|title{HEADER}\n", f"1|Desk{MATCHED}\n"]),
        ("id\ttitle\n1\tDesk\n", None, [f"id\ttitle{HEADER}\n", f"1\tDesk{MATCHED}\n"]),
    ],
)
def test_the_delimiter_is_kept(data: str, format: Format | None, lines: list[str]) -> None:
    delimiter = data[2]
    expected = [line.replace(HEADER, HEADER.replace(",", delimiter)) for line in lines]
    expected = [line.replace(MATCHED, MATCHED.replace(",", delimiter)) for line in expected]
    assert code(data, format) == expected


def test_another_format_has_its_own_delimiter() -> None:
    assert code("id\ttitle\n1\tDesk, help\n", "csv")[1] == f'1,"Desk, help"{MATCHED}\n'
    assert code("id;title\n1;Desk\n", "tsv")[1] == "1\tDesk" + MATCHED.replace(",", "\t") + "\n"


@pytest.mark.parametrize(
    ("row", "came_back"),
    [
        ('1,"Desk, help"', '1,"Desk, help"'),
        ('"1","Desk"', "1,Desk"),  # quotes only where they are needed
        ('1,"Desk ""help"""', '1,"Desk ""help"""'),
        ('1,"Desk\nhelp"', '1,"Desk\nhelp"'),
        ('1,"Desk\r\nhelp"', '1,"Desk\r\nhelp"'),
        ('1,"Desk\rhelp"', '1,"Desk\rhelp"'),
        ("1, Desk ", "1, Desk "),
        ("1,<b>Desk</b> [bold] \x1b[31m", "1,<b>Desk</b> [bold] \x1b[31m"),
        ("-1+2,@Desk", "-1+2,@Desk"),
        ("1," + "Desk " * 40_000, "1," + "Desk " * 40_000),
    ],
)
def test_cells_come_back_untouched(row: str, came_back: str) -> None:
    assert code(f"id,title\n{row}\n")[1:] == [f"{came_back}{MATCHED}\n"]


def test_bad_rows_come_back_as_errors_and_the_others_are_done() -> None:
    hint = "name its encoding, for example --encoding cp1252"
    extra = "line 4: more cells than headers: 'more'; quote cells with the delimiter"
    assert code(b'id,title\n1,caf\xe9\n2,Desk\n3,Desk,more,\n4\n5,"Desk\n6,Desk')[1:] == [
        f"1,caf\\xe9{error(f'line 2 is not UTF-8 (byte 0xe9); {hint}')}\n",
        f"2,Desk{MATCHED}\n",
        f"3,Desk{error(extra)}\n",
        f"4,{error('line 5: empty; neither a title nor a text')}\n",
        f'5,"""Desk"{error("line 6: a quotation mark is opened and never closed")}\n',
        f"6,Desk{MATCHED}\n",
    ]


def test_columns_of_a_match_are_overwritten_only_when_asked() -> None:
    first = "".join(code("id,title\n1,Desk\n"))
    with pytest.raises(UsageError) as raised:
        code(first)
    assert raised.value.message.startswith("the table already has 'match_code', 'match_title', ")
    assert raised.value.hint == "overwrite them with --replace, or rename them"
    assert "".join(code(first, overwrite=True)) == first
    assert code("match_code,title,x\nold,Desk,1\n", overwrite=True) == [
        f"title,x{HEADER}\n",
        f"Desk,1{MATCHED}\n",
    ]
    assert code("match,title\n1,Desk\n")[1] == f"1,Desk{MATCHED}\n"


def test_a_table_of_headers_only() -> None:
    assert code("id,title\n") == [f"id,title{HEADER}\n"]


# --- JSONL to JSONL --------------------------------------------------------------------------------------


def test_objects_come_back_as_they_were_with_a_match() -> None:
    data = '{"title":"Desk",  "n": 1.10, "n": 2, "e": "\\u00e9", "big": 12345678901234567890}'
    (line,) = code(f"{data}\r\n")
    assert line.startswith(data[:-1] + ', "match": {"code": "AMT010", ')
    assert line.endswith("}}}\n")
    assert json.loads(line)["match"] == {
        "code": "AMT010",
        "title": "Remote",
        "decision": "match",
        "confidence": 0.94,
        "coverage": None,
        "band": None,
        "alternatives": [{"code": "AMT010", "confidence": 0.94}],
        "evidence": [],
        "notes": [],
        "catalogue": CATALOGUE_JSON,
    }


def test_lines_that_are_no_objects_come_back_raw() -> None:
    tally = Tally()
    data = '{"title": "Desk"}\n\n[1]\n{"title": NaN}\n{ }\n{"title": "\\ud800"}\n'
    lines = [json.loads(line) for line in code(data, tally=tally)]
    assert [line["match"]["decision"] for line in lines] == ["match", "error", "error", "error", "error"]
    assert [line["match"]["notes"] for line in lines[1:]] == [
        ["line 3: not a JSON object"],
        ["line 4: not JSON: NaN is not a JSON number"],
        ["line 5: empty; neither a title nor a text"],
        ["line 6: half a surrogate pair, which is no character"],
    ]
    assert list(lines[1]) == ["line", "raw", "match"]
    assert (lines[1]["line"], lines[1]["raw"]) == (3, "[1]")
    assert list(lines[3]) == ["match"]
    assert lines[4]["title"] == "\ud800"
    assert tally.counts == {"match": 1, "review": 0, "none": 0, "error": 4}


def test_a_match_in_an_object_is_overwritten_only_when_asked() -> None:
    with pytest.raises(UsageError, match="the table already has 'match'"):
        code('{"title": "Desk", "match": 1}\n')
    (line,) = code('{"match": 1, "title": "Desk"}\n', overwrite=True)
    assert list(json.loads(line)) == ["title", "match"]
    assert json.loads(line)["match"]["code"] == "AMT010"


def test_a_match_that_turns_up_late_is_an_error() -> None:
    data = '{"title": "Desk"}\n' * 5000 + '{"title": "Desk", "match": 1}\n'
    last = json.loads(code(data)[-1])
    assert (last["line"], last["raw"]) == (5001, '{"title": "Desk", "match": 1}')
    assert last["match"]["notes"] == ['line 5001: has a "match" already']


# --- from one format to another --------------------------------------------------------------------------


def test_csv_to_jsonl() -> None:
    (line,) = code("id,title,,id\n007,Desk,x,8\n", "jsonl")
    record = json.loads(line)
    assert list(record.items())[:4] == [("id", "007"), ("title", "Desk"), ("column 3", "x"), ("id 4", "8")]
    assert record["match"]["catalogue"] == CATALOGUE_JSON


def test_jsonl_to_csv() -> None:
    data = (
        '{"id": 7, "title": "Desk", "tags": ["a", null], "ok": true}\n'
        '{"title": "Desk", "id": null}\n'
        '{"title": "Desk \\ud800"}\n'
        "oops\n"
    )
    assert code(data, "csv") == [
        f"id,title,tags,ok{HEADER}\n",
        f'7,Desk,"[""a"", null]",true{MATCHED}\n',
        f",Desk,,{MATCHED}\n",
        f",Desk \\ud800,,{error('line 3: half a surrogate pair, which is no character')}\n",
        f",,,{error('line 4: not JSON: Expecting value: line 1 column 1 (char 0) | the line: oops')}\n",
    ]


def test_a_key_without_a_column_is_kept_in_the_notes() -> None:
    data = '{"title": "Desk"}\n' * 5000 + '{"title": "Desk", "grade": [7]}\n'
    (row,) = csv.DictReader(io.StringIO("".join([code(data, "csv")[0], code(data, "csv")[-1]])))
    assert row["match_notes"] == 'keys without a column: {"grade": [7]}'


# --- any table -------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=8)


@given(ROWS, st.sampled_from(",;\t|"))
def test_any_cells_come_back_from_csv(rows: list[list[str]], delimiter: str) -> None:
    rows = [[cell.replace("\0", "\1") for cell in row] for row in rows]  # many NULs are binary data
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["title", "text", "id"], *rows])
    out = "".join(code(buffer.getvalue()))
    back = list(csv.reader(io.StringIO(out, newline=""), delimiter=delimiter))[1:]
    assert [row[:3] for row in back] == rows
    assert all(len(row) == 13 for row in back)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3))


@given(st.lists(st.dictionaries(TEXT.filter(lambda key: key != "match"), JSON), max_size=8), st.booleans())
def test_any_objects_come_back_from_jsonl(objects: list[dict[str, object]], ascii_only: bool) -> None:
    objects = [{"title": "Desk"}, *objects]
    data = "".join(json.dumps(one, ensure_ascii=ascii_only) + "\n" for one in objects)
    if data.count("\\u0000") == 0 and "Title" not in data:
        table = open_table(io.BytesIO(data.encode()), format="jsonl")
        columns = choose_columns(table.headers, "title", ["title"])
        back = [json.loads(row.line) for row in code_table(table, columns, Fake(), CATALOGUE).rows(None)]
        assert [list(one)[-1] for one in back] == ["match"] * len(objects)
        assert [{key: value for key, value in one.items() if key != "match"} for one in back] == objects


# --- postings and files ----------------------------------------------------------------------------------


def test_an_unreadable_posting_is_an_error() -> None:
    assert match_posting(Posting("f", error="no such file"), Fake()) == Match("error", notes=("no such file",))
    assert match_posting(Posting("f", "the desk"), Fake(), top=0) == Match("match", "AMT010", "Remote", 0.94)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def interrupted() -> None:
        with whole_file(str(path)) as file:
            file.write("a\r\nrow\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert (tmp_path / "out.csv.partial").read_bytes() == b"a\r\nrow\n"
    with whole_file(str(path)) as file:
        file.write("é\n")
        assert path.read_text() == "old"
    assert path.read_bytes() == "é\n".encode()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out.csv"]


def test_nothing_is_left_behind_when_nothing_was_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError), whole_file(str(tmp_path / "out.csv")):
        raise UsageError("no such column")
    assert list(tmp_path.iterdir()) == []


def test_a_link_keeps_pointing_and_a_device_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out.csv")
    with whole_file(str(tmp_path / "link")) as file:
        file.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out.csv").read_text() == "x"
    with whole_file("/dev/null") as file:
        file.write("x")
    assert Path("/dev/null").is_char_device()


def test_what_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "out.csv", tmp_path, "a\0b"):
        with pytest.raises(UsageError, match="cannot write"), whole_file(str(path)) as file:
            file.write("x")
