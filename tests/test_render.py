"""Records and text: the keys, columns and formats that users and programs count on."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes import __version__
from jobcodes.model import Alternative, Band, BandMatch, Catalogue, Evidence, Function, Job, Match
from jobcodes.render import (
    MATCH_COLUMNS,
    cell,
    csv_line,
    hit_record,
    item_record,
    item_text,
    list_rows,
    match_columns,
    match_object,
    match_record,
    match_row,
    printable,
    to_csv_lines,
    to_json,
    to_tsv_lines,
)
from jobcodes.search import Hit

REMOTE = Job("AMT010", "discipline", "AMT", "Remote/Help Desk", ("Troubleshoots.", "Resolves\ttickets."), ("GI",))
TOP = Job("AMT000-EX", "benchmark", "AMT", "Executive", ("Directs.",), ("GI",), "executive")
SUPPORT = Function("AMT", "Technical Support", "Supports.", ("M", "P"), ("GI", "US"), (TOP, REMOTE))
SERVICE = Function("AMS", "Service", "Serves.", (), ("GI",), (Job("AMS010", "discipline", "AMS", "Care", ()),))
BANDS = (Band("EX", "Executive"), Band("M", "Management"))
CATALOGUE = Catalogue("A survey", "2026", BANDS, (SERVICE, SUPPORT), "0123456789abcdef" * 4)
MATCH = Match(
    "review",
    "AMT010",
    "Remote/Help Desk",
    0.94001,
    2 / 3,
    BandMatch("P", 0.71, ("degree in",)),
    (Alternative("AMT010", 0.94), Alternative("AMT000", 0.03)),
    (
        Evidence("text", "troubleshoots", 212, 225, "troubleshooting", "keyword", 0.75),
        Evidence("title", "Help-Desk", 0, 9, "help desk", "title", 1.0),
        Evidence("text", "troubleshoot", 300, 312, "troubleshooting", "keyword", 0.5),
    ),
    ("few words to go by", 'read "tehcnical" as "technical"'),
)


def test_a_match_as_a_record() -> None:
    record = match_record("description.txt", "Help Desk Analyst", MATCH, CATALOGUE)
    assert to_json(record, indent=1) == (
        """{
 "source": "description.txt",
 "title": "Help Desk Analyst",
 "match": {
  "code": "AMT010",
  "title": "Remote/Help Desk",
  "decision": "review",
  "confidence": 0.94,
  "coverage": 0.6667,
  "band": {
   "code": "P",
   "confidence": 0.71,
   "evidence": [
    "degree in"
   ]
  },
  "alternatives": [
   {
    "code": "AMT010",
    "confidence": 0.94
   },
   {
    "code": "AMT000",
    "confidence": 0.03
   }
  ],
  "evidence": [
   {
    "field": "text",
    "text": "troubleshoots",
    "start": 212,
    "end": 225,
    "term": "troubleshooting",
    "kind": "keyword",
    "weight": 0.75
   },
   {
    "field": "title",
    "text": "Help-Desk",
    "start": 0,
    "end": 9,
    "term": "help desk",
    "kind": "title",
    "weight": 1.0
   },
   {
    "field": "text",
    "text": "troubleshoot",
    "start": 300,
    "end": 312,
    "term": "troubleshooting",
    "kind": "keyword",
    "weight": 0.5
   }
  ],
  "notes": [
   "few words to go by",
   "read \\"tehcnical\\" as \\"technical\\""
  ]
 },
 "catalogue": {
  "name": "A survey",
  "edition": "2026",
  "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
 },
 "jobcodes": "VERSION"
}""".replace("VERSION", __version__)
    )


def test_an_error_as_a_record() -> None:
    assert match_object(Match("error", notes=("empty",))) == {
        "code": None,
        "title": None,
        "decision": "error",
        "confidence": None,
        "coverage": None,
        "band": None,
        "alternatives": [],
        "evidence": [],
        "notes": ["empty"],
    }


def test_a_match_as_columns() -> None:
    assert match_columns(MATCH, CATALOGUE) == {
        "match_code": "AMT010",
        "match_title": "Remote/Help Desk",
        "match_decision": "review",
        "match_confidence": "0.9400",
        "match_coverage": "0.6667",
        "match_band": "P",
        "match_alternatives": "AMT010:0.9400;AMT000:0.0300",
        "match_evidence": "troubleshooting; help desk",
        "match_notes": 'few words to go by | read "tehcnical" as "technical"',
        "match_catalogue": "2026@0123456789ab",
    }
    assert tuple(match_columns(MATCH, CATALOGUE)) == MATCH_COLUMNS
    assert list(match_columns(Match("none"), CATALOGUE).values()) == [
        *["", "", "none", "", "", "", "", "", ""],
        "2026@0123456789ab",
    ]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", " =1"),
        ("a\r\nb\x1b[31m", "a  b␛[31m"),
        ("Café, 技術", "Café, 技術"),
        ("", ""),
    ],
)
def test_our_own_cells_are_no_formulas(text: str, safe: str) -> None:
    assert cell(text) == safe
    row = match_columns(Match("error", title=text, notes=(text,)), CATALOGUE)
    assert (row["match_title"], row["match_notes"]) == (safe, safe)
    assert match_row(text, text, Match("none"), CATALOGUE)["source"] == safe


def test_standard_input_keeps_its_name() -> None:
    assert list(match_row("-", None, Match("none"), CATALOGUE).items())[:3] == [
        ("source", "-"),
        ("title", ""),
        ("match_code", ""),
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("[bold]Café[/] :warning:", "[bold]Café[/] :warning:"),
        ("a\tb\nc\r\nd\x0be\x0cf\x85g\u2028h\u2029i", "a b c  d e f g h i"),
        ("\x00\x07\x1b]0;x\x7f", "␀␇␛]0;x␡"),
        ("\x9b31m\x90", "\ufffd31m\ufffd"),
        ("abc\u202etxt.exe\u2066\u2069\u200f", "abc\ufffdtxt.exe\ufffd\ufffd\ufffd"),
        ("\ufeffa\ud800b", "a\ufffdb"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_printable_text_has_no_controls(text: str) -> None:
    shown = printable(text)
    assert not {char for char in shown if ord(char) < 32 or 127 <= ord(char) < 160}
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


# --- the catalogue ---------------------------------------------------------------------------------------


def test_a_job_as_a_record() -> None:
    record = item_record(CATALOGUE, REMOTE, {"titles": [("help desk", "AMT.yaml")]})
    assert list(record.items()) == [
        ("code", "AMT010"),
        ("kind", "discipline"),
        ("role", "discipline"),
        ("function", {"code": "AMT", "title": "Technical Support"}),
        ("title", "Remote/Help Desk"),
        ("responsibilities", ["Troubleshoots.", "Resolves\ttickets."]),
        ("bands", [{"code": "M", "name": "Management"}, {"code": "P", "name": "P"}]),
        ("reports", ["GI"]),
        ("siblings", [{"code": "AMT000-EX", "title": "Executive"}]),
        ("phrases", {"titles": ["help desk"]}),
        ("phrase_files", {"titles": ["AMT.yaml"]}),
    ]
    assert item_record(CATALOGUE, TOP)["bands"] == [{"code": "EX", "name": "Executive"}]
    assert "phrases" not in item_record(CATALOGUE, TOP)


def test_a_function_as_a_record() -> None:
    assert list(item_record(CATALOGUE, SUPPORT).items()) == [
        ("code", "AMT"),
        ("kind", "function"),
        ("title", "Technical Support"),
        ("description", "Supports."),
        ("bands", [{"code": "M", "name": "Management"}, {"code": "P", "name": "P"}]),
        ("reports", ["GI", "US"]),
        (
            "jobs",
            [
                {"code": "AMT000-EX", "kind": "benchmark", "title": "Executive"},
                {"code": "AMT010", "kind": "discipline", "title": "Remote/Help Desk"},
            ],
        ),
    ]


def test_an_item_as_text() -> None:
    assert item_text(CATALOGUE, REMOTE, {"titles": [("help desk", "AMT.yaml"), ("service desk", "my.yaml:3")]}) == (
        "AMT010\tRemote/Help Desk\n"
        "kind\tdiscipline\n"
        "role\tdiscipline\n"
        "function\tAMT\tTechnical Support\n"
        "responsibilities\tTroubleshoots.\n"
        "responsibilities\tResolves tickets.\n"
        "bands\tM\tManagement\n"
        "bands\tP\tP\n"
        "reports\tGI\n"
        "siblings\tAMT000-EX\tExecutive\n"
        "phrases titles\thelp desk\tAMT.yaml\n"
        "phrases titles\tservice desk\tmy.yaml:3\n"
    )
    assert item_text(CATALOGUE, SERVICE) == (
        "AMS\tService\nkind\tfunction\ndescription\tServes.\nreports\tGI\njobs\tAMS010\tdiscipline\tCare\n"
    )


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({}, ["AMS", "AMS010", "AMT", "AMT000-EX", "AMT010"]),
        ({"function": "amt"}, ["AMT", "AMT000-EX", "AMT010"]),
        ({"function": "XYZ"}, []),
        ({"kind": "Discipline"}, ["AMS010", "AMT010"]),
        ({"kind": "function"}, ["AMS", "AMT"]),
        ({"band": "m"}, ["AMT", "AMT010"]),
        ({"band": "EX"}, ["AMT000-EX"]),
        ({"function": "AMT", "kind": "benchmark", "band": "EX"}, ["AMT000-EX"]),
    ],
)
def test_the_list_is_in_catalogue_order_and_filtered(filters: dict[str, str], codes: list[str]) -> None:
    assert [row["code"] for row in list_rows(CATALOGUE, **filters)] == codes


def test_a_row_of_the_list() -> None:
    assert list_rows(CATALOGUE, band="EX") == [
        {"code": "AMT000-EX", "kind": "benchmark", "function": "AMT", "title": "Executive", "bands": ["EX"]}
    ]


def test_a_hit_as_a_record() -> None:
    hit = Hit("AMT010", "Remote/Help Desk", "discipline", 0.912345, "title", "Remote/Help Desk", ((7, 11), (12, 16)))
    record = hit_record(hit)
    assert record == {
        "code": "AMT010",
        "title": "Remote/Help Desk",
        "kind": "discipline",
        "score": 0.9123,
        "field": "title",
        "text": "Remote/Help Desk",
        "spans": [[7, 11], [12, 16]],
    }
    assert list(to_tsv_lines([record], ["code", "score", "text"])) == ["AMT010\t0.9123\tRemote/Help Desk\n"]


# --- text ------------------------------------------------------------------------------------------------


def test_json_is_unicode_on_one_line() -> None:
    assert to_json({"a": "é\n", "b": None}) == '{"a": "é\\n", "b": null}'
    assert to_json("half \ud800 é") == '"half \\ud800 \\u00e9"'
    with pytest.raises(ValueError, match="Out of range float"):
        to_json(float("nan"))


def test_csv_has_a_header_and_minimal_quotes() -> None:
    rows = [{"a": "1", "b": 'x, "y"'}, {"a": "é", "b": "two\nlines"}]
    assert list(to_csv_lines(rows)) == ["a,b\n", '1,"x, ""y"""\n', 'é,"two\nlines"\n']
    assert list(to_csv_lines(rows, "\t"))[:2] == ["a\tb\n", '1\t"x, ""y"""\n']
    assert list(to_csv_lines([])) == []


def test_tsv_has_no_tabs_or_line_breaks_inside() -> None:
    records = [{"a": "x\ty\nz", "b": ["p", None], "c": None}, {"a": "", "b": {"k": 0.5}, "c": 7}]
    assert list(to_tsv_lines(records, ["a", "b", "c"])) == ["x y z\tp \t\n", "\t0.5000\t7\n"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.sampled_from(",;\t|"))
def test_any_cells_are_one_row_of_csv(cells: list[str], delimiter: str) -> None:
    line = csv_line(delimiter)(cells)
    assert line.endswith("\n")
    assert list(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter)) == [cells]


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_any_json_is_one_line_and_can_be_written(value: object) -> None:
    text = to_json(value)
    assert "\n" not in text
    assert json.loads(text.encode()) == value
