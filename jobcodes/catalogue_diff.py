"""What a new edition of a catalogue changes, and for which jobs that were coded by the old one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from jobcodes.catalogue import entries, folded
from jobcodes.errors import UsageError
from jobcodes.evaluation import NONE, choose_code_column
from jobcodes.model import Catalogue, Function, Job
from jobcodes.render import Record, catalogue_object, printable
from jobcodes.tables import Row, Table, as_text, choose_columns

What = Literal[
    "retired", "added", "renumbered", "moved", "retitled", "redefined", "kind", "bands", "reports", "attributes"
]
# In the order in which they are listed, with their headings.
HEADINGS: dict[What, str] = {
    "retired": "Retired",
    "added": "Added",
    "renumbered": "Probably renumbered",
    "moved": "Moved to another function",
    "retitled": "Retitled",
    "redefined": "Redefined",
    "kind": "Another kind",
    "bands": "Other career bands",
    "reports": "Other reports",
    "attributes": "Other attributes",
}
NEAR = 4  # words left on each side of a change when a definition is shown
Piece = tuple[Literal["same", "removed", "added"], str]
Entry = Function | Job


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an edition changes about a code: `old` and `new` are its wording there, "" where it is not.

    `code` is the old edition's, `new_code` the new one's, "" where it has none. `pieces` are the words of
    both wordings in order, for titles and definitions.
    """

    what: What
    code: str
    new_code: str
    title: str
    old: str = ""
    new: str = ""
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Affected:
    """A coded job that a change concerns: its line, its title, its code and the changes to it."""

    line: int
    title: str
    code: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Coded:
    """A table that was coded by the old edition: its affected rows, and how many have which code."""

    source: str
    rows: int = 0
    affected: list[Affected] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)  # line and code, in neither edition
    unusable: list[str] = field(default_factory=list)


def changes(old: Catalogue, new: Catalogue) -> list[Change]:
    """Everything that differs, in the order of HEADINGS, then of the old catalogue, then of the new one.

    A retired and an added code with the same title or the same definition, if there is no other such pair,
    are one that was probably renumbered. Spaces and case are no difference.
    """
    before = {entry.code: entry for entry in entries(old)}
    after = {entry.code: entry for entry in entries(new)}
    gone = [entry for code, entry in before.items() if code not in after]
    come = [entry for code, entry in after.items() if code not in before]
    renumbered = _renumbered(gone, come)
    found = [Change("retired", one.code, "", one.title) for one in gone if one.code not in renumbered]
    found += [Change("added", "", one.code, one.title) for one in come if one.code not in renumbered.values()]
    for one in gone:
        if code := renumbered.get(one.code):
            found.append(Change("renumbered", one.code, code, one.title, one.code, code))
    for code, entry in before.items():
        if other := after.get(renumbered.get(code, code)):
            found += _differences(entry, other, {new: old for old, new in renumbered.items()})
    order = list(HEADINGS)
    return sorted(found, key=lambda change: order.index(change.what))


def _renumbered(gone: Sequence[Entry], come: Sequence[Entry]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for key in (
        lambda one: (_words(one.title), _words(one.description)),
        lambda one: _words(one.title),
        lambda one: _words(one.description),
    ):
        sides: list[dict[object, list[Entry]]] = []
        for side, known in ((gone, pairs.keys()), (come, pairs.values())):
            groups: dict[object, list[Entry]] = defaultdict(list)
            for one in side:
                if one.code not in known and key(one):
                    groups[type(one), key(one)].append(one)
            sides.append(groups)
        for name, olds in sides[0].items():
            news = sides[1].get(name, [])
            if len(olds) == len(news) == 1:
                pairs[olds[0].code] = news[0].code
    return pairs


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.casefold().split())


def _differences(old: Entry, new: Entry, before: Mapping[str, str]) -> Iterator[Change]:
    def change(what: What, one: str, other: str, pieces: Sequence[Piece] = ()) -> Change:
        return Change(what, old.code, new.code, new.title, one, other, tuple(pieces))

    if isinstance(old, Job) and isinstance(new, Job):
        if old.function != before.get(new.function, new.function):
            yield change("moved", old.function, new.function)
        if old.kind != new.kind:
            yield change("kind", old.kind, new.kind)
    elif type(old) is not type(new):
        yield change("kind", _kind(old), _kind(new))
    if _words(old.title) != _words(new.title):
        yield change("retitled", old.title, new.title, compared(old.title, new.title))
    if _words(old.description) != _words(new.description):
        pieces = compared(old.description, new.description)
        yield change("redefined", old.description, new.description, pieces)
    if isinstance(old, Function) and isinstance(new, Function) and set(old.bands) != set(new.bands):
        yield change("bands", ", ".join(old.bands), ", ".join(new.bands))
    if set(old.reports) != set(new.reports):
        yield change("reports", ", ".join(old.reports), ", ".join(new.reports))
    if dict(old.attributes) != dict(new.attributes):
        yield change("attributes", _attributes(old, new), _attributes(new, old))


def _kind(entry: Entry) -> str:
    return entry.kind if isinstance(entry, Job) else "function"


def _attributes(entry: Entry, other: Entry) -> str:
    return "; ".join(f"{name}: {text}" for name, text in entry.attributes if (name, text) not in other.attributes)


def compared(old: str, new: str) -> list[Piece]:
    """The words of both texts in order, in pieces that are the same, removed or added."""
    from difflib import SequenceMatcher

    one, other = old.split(), new.split()
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", " ".join(one[i:j])))
        else:
            pieces += [("removed", " ".join(one[i:j]))] if j > i else []
            pieces += [("added", " ".join(other[k:m]))] if m > k else []
    return pieces


# --- coded rows ------------------------------------------------------------------------------------------


def read_coded(
    table: Table,
    found: Sequence[Change],
    old: Catalogue,
    new: Catalogue,
    code_column: str | None = None,
    title_column: str | None = None,
) -> Coded:
    """The rows of a coded table whose code the changes concern: its own, or that of its function.

    The table is what `jobcodes batch` wrote, or has a column of codes (see `evaluation.choose_code_column`).
    Raises UsageError if it has neither.
    """
    code_of, title_of = _readers(table, code_column, title_column)
    changed: dict[str, list[Change]] = defaultdict(list)
    for change in found:
        if change.code:
            changed[change.code].append(change)
    known = {folded(entry.code): entry.code for catalogue in (new, old) for entry in entries(catalogue)}
    functions = {job.code: job.function for job in old}
    coded = Coded(table.source)
    for row in table:
        if row.error:
            coded.unusable.append(f"{table.source}: {row.error}")
            continue
        coded.rows += 1
        title = title_of(row)
        for text in re.split(r"[;,|\s]+", code_of(row).strip("[]\"' ")):
            code = known.get(folded(text.strip("\"'")), "")
            if not code and text and text.upper() != NONE:
                coded.unknown.append((row.line, text))
            of_function = [
                one for one in changed[functions.get(code, "")] if one.what in ("bands", "redefined", "retired")
            ]
            if touched := (*changed[code], *of_function):
                coded.affected.append(Affected(row.line, title, code, touched))
    return coded


def _readers(
    table: Table, column: str | None, title_column: str | None
) -> tuple[Callable[[Row], str], Callable[[Row], str]]:
    """What reads the code of a row, and what reads its title."""
    try:
        title = choose_columns(table.headers, title_column).title
    except UsageError:
        if title_column is not None:
            raise
        title = None  # no usual name, or several: the line says enough
    if table.format == "jsonl":
        if column is None and "match" in table.headers:
            return lambda row: _code_in((row.record or {}).get("match")), _cells(table, title)
    elif column is None and "match_code" in table.headers:
        column = "match_code"
    return _cells(table, choose_code_column(table.headers, column)), _cells(table, title)


def _code_in(match: object) -> str:
    return as_text(match.get("code") if isinstance(match, dict) else match)


def _cells(table: Table, name: str | None) -> Callable[[Row], str]:
    if name is None:
        return lambda row: ""
    if table.format == "jsonl":
        return lambda row: as_text((row.record or {}).get(name))
    at = table.headers.index(name)
    return lambda row: row.cells[at]


# --- how it looks ----------------------------------------------------------------------------------------


def diff_record(old: Catalogue, new: Catalogue, found: Sequence[Change], coded: Coded | None = None) -> Record:
    """All of it, ready for JSON. `pieces` are [same | removed | added, words]."""
    record: Record = {
        "old": catalogue_object(old),
        "new": catalogue_object(new),
        "changes": [
            {
                "change": one.what,
                "code": one.code or None,
                "new_code": one.new_code or None,
                "title": one.title,
                "old": one.old,
                "new": one.new,
                "pieces": [list(piece) for piece in one.pieces],
            }
            for one in found
        ],
    }
    if coded:
        record["coded"] = {
            "source": coded.source,
            "rows": coded.rows,
            "affected": [
                {
                    "line": row.line,
                    "title": row.title,
                    "code": row.code,
                    "changes": [one.what for one in row.changes],
                    "how": [_how(one) for one in row.changes],
                }
                for row in coded.affected
            ],
            "unknown": [{"line": line, "code": code} for line, code in coded.unknown],
        }
    return record


def diff_text(old: Catalogue, new: Catalogue, found: Sequence[Change], coded: Coded | None = None) -> str:
    """The changes under headings, the words that went as [-these-], those that came as {+these+}."""
    lines = [f"{_name(old)} → {_name(new)}", _sums(found)]
    for what, changes in _grouped(found):
        lines += ["", HEADINGS[what]]
        for one in changes:
            lines.append(f"  {_codes(one)}  {one.title}")
            if what not in ("added", "retired", "renumbered"):
                lines.append(f"    {_marked(one, _plain)}")
    if coded:
        lines += ["", _coded_sums(coded)]
        rows = [
            (f"{coded.source}:{row.line}", row.code, row.title, "; ".join(map(_how, row.changes)))
            for row in coded.affected
        ]
        rows += [(f"{coded.source}:{line}", code, "", "in neither edition") for line, code in coded.unknown]
        lines += ["  " + "  ".join(filter(None, row)) for row in rows]
    return "".join(f"{printable(line)}\n" for line in lines)


def diff_markdown(old: Catalogue, new: Catalogue, found: Sequence[Change], coded: Coded | None = None) -> str:
    """The same for a wiki or a pull request: the words that went are struck out, those that came bold."""
    lines = [f"# {_escaped(_name(old))} → {_escaped(_name(new))}", "", _sums(found)]
    for what, changes in _grouped(found):
        lines += ["", f"## {HEADINGS[what]}", ""]
        for one in changes:
            lines.append(f"- `{_codes(one)}` {_escaped(one.title)}")
            if what not in ("added", "retired", "renumbered"):
                lines.append(f"  - {_marked(one, _markdown)}")
    if coded:
        lines += ["", "## Coded jobs", "", _coded_sums(coded, _escaped)]
        if coded.affected or coded.unknown:
            lines += ["", "| line | code | title | change |", "|---|---|---|---|"]
        for row in coded.affected:
            lines.append(
                f"| {row.line} | `{row.code}` | {_escaped(row.title)} | {_escaped('; '.join(map(_how, row.changes)))} |"
            )
        lines += [f"| {line} | {_escaped(code)} |  | in neither edition |" for line, code in coded.unknown]
    return "".join(f"{printable(line)}\n" for line in lines)


def _name(catalogue: Catalogue) -> str:
    return f"{catalogue.name}, edition {catalogue.edition}"


def _sums(found: Sequence[Change]) -> str:
    counts = Counter(one.what for one in found)
    return ", ".join(f"{counts[what]} {what}" for what in HEADINGS if counts[what]) or "Nothing changed."


def _coded_sums(coded: Coded, shown: Callable[[str], str] = str) -> str:
    rows = len({row.line for row in coded.affected})
    ways = Counter(what for row in coded.affected for what in {one.what for one in row.changes})
    how = ", ".join(f"{ways[what]} {what}" for what in HEADINGS if ways[what])
    text = f"{shown(coded.source)}: {rows} of {coded.rows} rows have a code that changed"
    return f"{text}: {how}" if how else text


def _grouped(found: Sequence[Change]) -> Iterator[tuple[What, list[Change]]]:
    for what in HEADINGS:
        if some := [one for one in found if one.what == what]:
            yield what, some


def _codes(change: Change) -> str:
    if change.code and change.new_code and change.code != change.new_code:
        return f"{change.code} → {change.new_code}"
    return change.code or change.new_code


def _how(change: Change) -> str:
    """The change in a few words, for a row."""
    if change.what == "renumbered":
        return f"probably renumbered {change.new_code}"
    if change.what in ("moved", "kind", "bands", "reports"):
        return f"{change.what} {change.old or 'none'} → {change.new or 'none'}"
    return change.what


def _marked(change: Change, marks: Callable[[str, str], str]) -> str:
    if not change.pieces:
        return f"{marks('same', change.old or 'none')} → {marks('same', change.new or 'none')}"
    shown = []
    for at, (kind, text) in enumerate(change.pieces):
        if kind == "same":
            words = text.split(" ")
            first, last = at == 0, at == len(change.pieces) - 1
            head = [] if first else words[:NEAR]
            tail = [] if last else words[-NEAR:]
            if len(words) > len(head) + len(tail) + 1:
                text = " ".join([*head, "…", *tail])
        shown.append(marks(kind, text))
    return " ".join(shown)


def _plain(kind: str, text: str) -> str:
    return {"removed": f"[-{text}-]", "added": f"{{+{text}+}}"}.get(kind, text)


def _markdown(kind: str, text: str) -> str:
    text = _escaped(text)
    return {"removed": f"~~{text}~~", "added": f"**{text}**"}.get(kind, text)


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>|~#&!])", r"\\\1", " ".join(text.split()))
