"""YAML read strictly, with line numbers, and written; the only module that imports yaml.

Every scalar is text (`010` and `NO` stay what they look like). Refused: duplicate keys, since YAML lets the
last one win silently; tags, anchors and aliases, since nothing here needs them and a few lines of them can
expand to gigabytes. It works on the parser's events, which never expand anything, and stops at the first
refusal, so a hostile file costs no more than its bytes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobcodes.model import Problem

MAX_BYTES = 8_000_000  # thousands of codes fit into a tenth of it
MAX_DEPTH = 20  # a catalogue needs 6
# What YAML excludes, one by one: the class of all that it allows takes 6 ms to compile.
# A pattern that `re` compiles at the first file of YAML: a command with a warm cache reads none.
CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a YAML file: a text, a list or a mapping, and where it stands.

    `line` counts from 1. `key` is the key that the value belongs to ("" at the top); it opens every message.
    The helpers append what is wrong to `problems` and return what is usable: one run finds every fault.
    """

    value: str | list[Node] | dict[str, Node]
    line: int
    path: str
    key: str = ""
    key_lines: Mapping[str, int] = field(default_factory=dict)

    def problem(self, message: str) -> Problem:
        """A fault of this node, to be appended to the list of problems."""
        return Problem(self.path, self.line, f"{self.key}: {message}" if self.key else message)

    def string(self, problems: list[Problem]) -> str:
        """The text, without surrounding white space, line breaks as spaces; "" if it is blank or no text."""
        if isinstance(self.value, str) and self.value.strip():
            return " ".join(line.strip() for line in self.value.strip().splitlines())
        hint = '; put text that contains ": " in quotes' if isinstance(self.value, dict) else ""
        problems.append(self.problem(f"expected text, found {self._found()}{hint}"))
        return ""

    def items(self, problems: list[Problem]) -> list[Node]:
        """The list's items; empty if this is no list."""
        if isinstance(self.value, list):
            return self.value
        problems.append(self.problem(f"expected a list, found {self._found()}"))
        return []

    def strings(self, problems: list[Problem]) -> tuple[str, ...]:
        """The list's texts, without the items that are blank or no text."""
        return tuple(text for item in self.items(problems) if (text := item.string(problems)))

    def mapping(
        self, problems: list[Problem], required: Sequence[str] = (), optional: Sequence[str] = ()
    ) -> dict[str, Node]:
        """The mapping's known keys with their values; empty if this is no mapping.

        With neither `required` nor `optional`, every key is welcome. Otherwise each unknown key is a problem
        that suggests the nearest known one, and each missing required key is a problem.
        """
        known = (*required, *optional)
        if not isinstance(self.value, dict):
            keys = f" with {', '.join(known)}" if known else ""
            problems.append(self.problem(f"expected a mapping{keys}, found {self._found()}"))
            return {}
        if not known:
            return self.value
        for key in self.value:
            if key not in known:
                message = f"unknown key {_shown(key)}; {_nearest(key, known)}"
                problems.append(Problem(self.path, self.key_lines[key], message))
        for key in required:
            if key not in self.value:
                problems.append(self.problem(f"missing key {key}"))
        return {key: node for key, node in self.value.items() if key in known}

    def _found(self) -> str:
        if isinstance(self.value, list):
            return "a list"
        if isinstance(self.value, dict):
            return "a mapping"
        return f"the text {_shown(self.value)}" if self.value.strip() else "nothing"


def read_yaml(path: Path, name: str, problems: list[Problem]) -> Node | None:
    """The top node of a YAML file; None if it is unreadable or empty, and `problems` says why.

    `name` is the path as messages show it. Duplicate keys are problems too, but do not stop the reading.
    """
    content = read_bytes(path, name, problems)
    return None if content is None else parse_yaml(content, name, problems)


def read_bytes(path: Path, name: str, problems: list[Problem]) -> bytes | None:
    """The bytes of a file of at most MAX_BYTES; None if it cannot be read, and `problems` says why."""
    try:
        with path.open("rb") as file:
            content: bytes = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.append(Problem(name, 0, f"cannot read the file: {error.strerror or error}"))
        return None
    if len(content) > MAX_BYTES:
        problems.append(Problem(name, 0, f"expected at most {MAX_BYTES:,} bytes, found a larger file"))
        return None
    return content


def parse_yaml(content: bytes, name: str, problems: list[Problem]) -> Node | None:
    """The top node of a YAML document in UTF-8; None if it is unreadable or empty, as for `read_yaml`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, f"expected UTF-8, found byte 0x{content[error.start]:02x}"))
        return None
    if found := re.search(CONTROL, text):
        line = text.count("\n", 0, found.start()) + 1
        problems.append(Problem(name, line, f"expected text, found control character {found[0]!r}"))
        return None

    import yaml  # here, since look-ups and worker processes need the catalogue but not its file

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml, ten times faster, is not everywhere
    try:
        return _Reader(yaml.parse(text, Loader=loader), name, problems).document()
    except _Refused as error:
        problems.append(error.problem)
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax(error, name))
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an impossible `\U` escape is a ValueError
        problems.append(Problem(name, 0, f"not YAML: {error}"))
    return None


def write_yaml(value: Mapping[str, Any]) -> str:
    """A YAML document of mappings, lists and texts that reads back as it is, each text on a line of its own.

    A list is a block, a tuple stands in brackets on one line. Texts that other programs would take for a
    number, a date or a truth are quoted. Raises ValueError for characters that the reader refuses.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)  # lists are indented below their key

    def text_of(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
        if found := re.search(CONTROL, text):
            raise ValueError(f"no text: control character {found[0]!r} in {_shown(text)}")
        # In other quotes the emitter loses line breaks such as \x85.
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')

    def in_brackets(dumper: yaml.SafeDumper, items: tuple[Any, ...]) -> yaml.Node:
        return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)

    Dumper.add_representer(str, text_of)
    Dumper.add_representer(tuple, in_brackets)
    # A width that no line reaches: a folded line would make every later change of its words hard to compare.
    return str(yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=sys.maxsize))


def _syntax(error: Any, name: str) -> Problem:
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    what = error.problem or "unreadable"
    if error.context:
        since = f" from line {start.line + 1}" if start and start.line != mark.line else ""
        what = f"{error.context}{since}, {what}"
    if "mapping values are not allowed" in what:  # what the parser says of `title: Service: inbound`
        what += '; put text that contains ": " in quotes'
    return Problem(name, mark.line + 1 if mark else 0, f"not YAML: {what}")


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    """Builds nodes from the parser's events (untyped in yaml; their kind is their class name)."""

    def __init__(self, events: Iterator[Any], path: str, problems: list[Problem]) -> None:
        self.events = events
        self.path = path
        self.problems = problems

    def document(self) -> Node | None:
        next(self.events)  # the start of the stream
        event = next(self.events)
        if type(event).__name__ == "StreamEndEvent":
            raise self.refuse(None, "expected a mapping, found an empty file")
        node = self.node(next(self.events), "", 1)
        next(self.events)  # the end of the document
        event = next(self.events)
        if type(event).__name__ != "StreamEndEvent":
            raise self.refuse(event, "expected one document, found a second one (`---`)")
        return node

    def node(self, event: Any, key: str, depth: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            raise self.refuse(event, f"aliases are not supported; write out what *{event.anchor} stands for")
        if event.anchor is not None:
            raise self.refuse(event, f"anchors are not supported; remove &{event.anchor}")
        if event.tag is not None:
            raise self.refuse(event, f"tags are not supported; remove {event.tag.replace('tag:yaml.org,2002:', '!!')}")
        if depth > MAX_DEPTH:
            raise self.refuse(event, f"expected at most {MAX_DEPTH} levels, found more")
        line = event.start_mark.line + 1
        if kind == "ScalarEvent":
            return Node(self.text(event), line, self.path, key)
        if kind == "SequenceStartEvent":
            items = []
            while type(event := next(self.events)).__name__ != "SequenceEndEvent":
                items.append(self.node(event, key, depth + 1))
            return Node(items, line, self.path, key)
        values: dict[str, Node] = {}
        key_lines: dict[str, int] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            name_node = self.node(event, key, depth + 1)
            name = name_node.value
            if not isinstance(name, str):
                raise self.refuse(event, f"expected text as a key, found {name_node._found()}")
            node = self.node(next(self.events), name, depth + 1)
            if name in values:
                first = key_lines[name]
                message = f"duplicate key {_shown(name)}, first on line {first}"
                self.problems.append(Problem(self.path, name_node.line, message))
                continue
            values[name] = node
            key_lines[name] = name_node.line
        return Node(values, line, self.path, key, key_lines)

    def text(self, event: Any) -> str:
        value: str = event.value
        # Only an escape in double quotes can bring in what the whole text was already searched for.
        if event.style == '"' and (found := re.search(CONTROL, value)):
            raise self.refuse(event, f"expected text, found control character {found[0]!r}")
        return value

    def refuse(self, event: Any, message: str) -> _Refused:
        return _Refused(Problem(self.path, event.start_mark.line + 1 if event else 0, message))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _nearest(key: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # only when there is something to report

    nearest = get_close_matches(key.casefold(), known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
