"""Strict YAML: what is read, what is refused, and the words for it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes.model import Problem
from jobcodes.yamlnodes import CONTROL, MAX_BYTES, Node, parse_yaml, read_yaml, write_yaml


@pytest.fixture(params=["libyaml", "pure"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CBaseLoader", raising=False)


def parse(text: str | bytes) -> tuple[Node | None, list[str]]:
    problems: list[Problem] = []
    content = text.encode() if isinstance(text, str) else text
    return parse_yaml(content, "f.yaml", problems), [str(problem) for problem in problems]


def plain(node: Node | None) -> object:
    if node is None or isinstance(node.value, str):
        return node and node.value
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return {key: plain(item) for key, item in node.value.items()}


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 010\nb: NO\nc: 1.10\nd: 12:30:00\ne: ~",
            {"a": "010", "b": "NO", "c": "1.10", "d": "12:30:00", "e": "~"},
        ),
        ("a:\n  - x\n  - [y, z]\n  - b: c", {"a": ["x", ["y", "z"], {"b": "c"}]}),
        ("a: >\n  one\n  two\nb:", {"a": "one two\n", "b": ""}),
        ("<<: {a: b}", {"<<": {"a": "b"}}),
        ("# note\n---\na: b\n...\n", {"a": "b"}),
        (b"\xef\xbb\xbfa: caf\xc3\xa9\r\nb: c\r\n", {"a": "café", "b": "c"}),
    ],
)
def test_every_scalar_is_text(text: str | bytes, expected: object) -> None:
    node, problems = parse(text)
    assert (plain(node), problems) == (expected, [])


def test_nodes_know_their_line_and_key() -> None:
    node, _ = parse("a: x\nb:\n  - y\n  - c:\n      z\n")
    assert node is not None
    assert isinstance(node.value, dict)
    assert node.key_lines == {"a": 1, "b": 2}
    items = node.value["b"].items([])
    assert [(item.line, item.key) for item in items] == [(3, "b"), (4, "b")]
    assert items[1].mapping([])["c"] == Node("z", 5, "f.yaml", "c")


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml: expected a mapping, found an empty file"),
        ("# only a note\n", "f.yaml: expected a mapping, found an empty file"),
        ("a: 1\nb: &x 1\n", "f.yaml:2: anchors are not supported; remove &x"),
        ("a: *x\n", "f.yaml:1: aliases are not supported; write out what *x stands for"),
        ("a: !!int 3\n", "f.yaml:1: tags are not supported; remove !!int"),
        ("!!python/name:os.system x", "f.yaml:1: tags are not supported; remove !!python/name:os.system"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: expected one document, found a second one (`---`)"),
        ("? [a]\n: b\n", "f.yaml:1: expected text as a key, found a list"),
        ("a: b\0c", r"f.yaml:1: expected text, found control character '\x00'"),
        ('\na: "b\\0c"', r"f.yaml:2: expected text, found control character '\x00'"),
        (b"a: 1\nb: caf\xe9\n", "f.yaml:2: expected UTF-8, found byte 0xe9"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1: expected UTF-8, found byte 0xff"),
        ("[" * 100_000, "f.yaml:1: expected at most 20 levels, found more"),
        ("- " * 30 + "x", "f.yaml:1: expected at most 20 levels, found more"),
        (
            "a: 'x\n",
            "f.yaml:2: not YAML: while scanning a quoted scalar from line 1, found unexpected end of stream",
        ),
    ],
)
def test_refused(text: str | bytes, message: str) -> None:
    assert parse(text) == (None, [message])


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    "text",
    [
        "a: [1\nb: 2",
        "\ta: 1",
        "a: @x",
        "a\n:\n b",
        "%YAML 9.9\n---\na: 1",
        "%FOO\na",
        "!<",
        "&",
        '"\\ud800"',
        '"\\UFFFFFFFF"',
    ],
)
def test_broken_yaml_is_one_problem(text: str) -> None:
    node, problems = parse(text)
    assert node is None
    assert len(problems) == 1


def test_unquoted_colon_has_a_hint() -> None:
    assert parse("a: 1\ntitle: Service: inbound\n")[1] == [
        'f.yaml:2: not YAML: mapping values are not allowed in this context; put text that contains ": " in quotes'
    ]


@pytest.mark.usefixtures("either_parser")
def test_duplicate_keys_are_all_reported_and_the_first_holds() -> None:
    node, problems = parse("a: 1\nb:\n  c: 2\n  c: 3\na: 4\n")
    assert plain(node) == {"a": "1", "b": {"c": "2"}}
    assert problems == [
        "f.yaml:4: duplicate key 'c', first on line 3",
        "f.yaml:5: duplicate key 'a', first on line 1",
    ]


@pytest.mark.usefixtures("either_parser")
def test_billion_laughs_die_at_once() -> None:
    lines = ["l0: &l0 lol", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))]
    started = time.monotonic()
    assert parse("\n".join(lines)) == (None, ["f.yaml:1: anchors are not supported; remove &l0"])
    assert time.monotonic() - started < 1


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    problems: list[Problem] = []
    assert read_yaml(tmp_path / "none.yaml", "none.yaml", problems) is None
    assert read_yaml(tmp_path, "folder", problems) is None
    assert read_yaml(tmp_path / "large.yaml", "large.yaml", problems) is None
    assert [str(problem) for problem in problems] == [
        "none.yaml: cannot read the file: No such file or directory",
        "folder: cannot read the file: Is a directory",
        "large.yaml: expected at most 8,000,000 bytes, found a larger file",
    ]


def test_read_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [b]")
    assert plain(read_yaml(tmp_path / "a.yaml", "a.yaml", [])) == {"a": ["b"]}


@pytest.mark.parametrize(
    ("text", "call", "value", "messages"),
    [
        ("' x '", "string", "x", []),
        ("|\n  one\n  two\n", "string", "one two", []),
        ("''", "string", "", ["expected text, found nothing"]),
        ("[x]", "string", "", ["expected text, found a list"]),
        ("{a: b}", "string", "", ['expected text, found a mapping; put text that contains ": " in quotes']),
        ("[x, y]", "strings", ("x", "y"), []),
        ("[]", "strings", (), []),
        ("[x, '', [y]]", "strings", ("x",), ["expected text, found nothing", "expected text, found a list"]),
        ("x", "strings", (), ["expected a list, found the text 'x'"]),
        ("''", "strings", (), ["expected a list, found nothing"]),
        ("{a: b}", "items", [], ["expected a list, found a mapping"]),
        ("x", "mapping", {}, ["expected a mapping, found the text 'x'"]),
    ],
)
def test_helpers_return_what_is_usable(text: str, call: str, value: object, messages: list[str]) -> None:
    node, _ = parse(f"key: {text}")
    assert node is not None
    problems: list[Problem] = []
    assert getattr(node.mapping([])["key"], call)(problems) == value
    assert [str(problem) for problem in problems] == [f"f.yaml:1: key: {message}" for message in messages]


def test_mapping_names_missing_and_unknown_keys() -> None:
    node, _ = parse("code: x\nTitel: y\nbenefits: z\n")
    assert node is not None
    problems: list[Problem] = []
    assert list(node.mapping(problems, required=("code", "title", "jobs"), optional=("reports",))) == ["code"]
    assert [str(problem) for problem in problems] == [
        "f.yaml:2: unknown key 'Titel'; did you mean title?",
        "f.yaml:3: unknown key 'benefits'; known are code, title, jobs, reports",
        "f.yaml:1: missing key title",
        "f.yaml:1: missing key jobs",
    ]


TEXTS = st.text("ab01 .:#-'\"\n\t\r\x85\u2028\ufeff{}[]&*!|>%@`,?é😀", max_size=12).filter(
    lambda text: not re.search(CONTROL, text)
) | st.sampled_from(
    ["010", "NO", "1e3", "2026-01-02", "~", "null", "=", "<<", "a: b", "? y", "...", "---", "0x1F", "12:30"]
)
VALUES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


@settings(deadline=None)  # the pure dumper
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.lists(TEXTS, max_size=3))
def test_what_is_written_reads_back_and_is_text_to_any_reader(value: dict[str, object], short: list[str]) -> None:
    text = write_yaml(value | {"short": tuple(short)})
    found, problems = parse(text)
    assert (plain(found), problems) == (value | {"short": short}, [])
    assert yaml.safe_load(text) == value | {"short": short}


def test_the_style_of_what_is_written() -> None:
    long = "word " * 100 + "end"
    value = {
        "code": "010",
        "bands": ("M", "P"),
        "jobs": [{"code": "NO", "responsibilities": [long, "b: c"], "none": []}],
    }
    assert write_yaml(value) == (
        "code: '010'\nbands: [M, P]\njobs:\n"
        f"  - code: 'NO'\n    responsibilities:\n      - {long}\n      - 'b: c'\n    none: []\n"
    )


@pytest.mark.parametrize("text", ["\x00", "a\x1bb", "\ud800", "\uffff"])
def test_what_cannot_be_read_is_not_written(text: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        write_yaml({"a": text})
