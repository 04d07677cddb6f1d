"""A table of jobs through the classifier, one row at a time: rows in, the same rows out with their match."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jobcodes.answers import Answer, Answers, relocated
from jobcodes.errors import UsageError
from jobcodes.model import Catalogue, Decision, Posting
from jobcodes.pipeline import answered
from jobcodes.records import Coder, match_posting
from jobcodes.render import (
    MATCH_COLUMNS,
    catalogue_object,
    cell,
    csv_line,
    match_columns,
    match_object,
    to_json,
)
from jobcodes.tables import Columns, Format, Row, Table, as_text, named_column, posting_reader
from jobcodes.tally import Tally

_NOTES = MATCH_COLUMNS.index("match_notes")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which of the user's columns come back, and how.

    `keep` (empty: all) and `drop` are names of columns; `overwrite` drops those of an earlier match.
    `excel_safe` quotes every cell of a CSV, and puts an apostrophe before what a spreadsheet would run.
    """

    format: Format | None = None
    keep: Sequence[str] = ()
    drop: Sequence[str] = ()
    overwrite: bool = False
    excel_safe: bool = False


class Said(NamedTuple):
    """A match as the table states it: the cells of MATCH_COLUMNS, or one JSON object."""

    decision: Decision
    code: str | None
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Classifies a posting and words the match, here or in another process."""

    classifier: Coder
    catalogue: Catalogue
    top: int
    as_object: bool

    def __call__(self, posting: Posting) -> Said:
        match = match_posting(posting, self.classifier, self.top)
        if self.as_object:
            found = match_object(match) | {"catalogue": catalogue_object(self.catalogue)}
            return Said(match.decision, match.code, (to_json(found),))
        return Said(match.decision, match.code, tuple(match_columns(match, self.catalogue).values()))


class Coded(NamedTuple):
    """A row of the output. `seal` is a hash over this row of the input and all before it."""

    line: str
    decision: Decision
    code: str | None
    seal: bytes


class Done(NamedTuple):
    """What an earlier run left: how many rows, their answers in order, and the seal of the last of them."""

    rows: int
    answers: Iterable[tuple[Decision, str | None]]
    seal: bytes


@dataclass(frozen=True, slots=True)
class Coding:
    """The output of a batch. `header` is its first line, empty for JSONL; `columns` are the user's that come back.

    `rows` gives a row for each of the table, as they come, but for those that are done.
    """

    format: Format
    header: str
    columns: Sequence[str]
    rows: Callable[[Done | None], Generator[Coded]]


def code_table(
    table: Table,
    columns: Columns,
    classifier: Coder,
    catalogue: Catalogue,
    layout: Layout = Layout(),
    *,
    top: int = 3,
    processes: int | None = 1,
    job_code: str | None = None,
    tally: Tally | None = None,
) -> Coding:
    """The table with the match added; a CSV keeps its delimiter, and of a workbook each line is a JSON array of
    its cells, for `workbook_writer.write_lines`.

    JSONL lines come back as they were, byte for byte, with `match` as their last key, unless a key is left
    out; a line that is no JSON object, and is not blank, as
    `{"line": n, "raw": "…", "match": {"decision": "error", …}}`. From JSONL to CSV the columns are the
    table's headers, and a key that is none of them is kept in the notes. From CSV to JSONL a header that is
    empty or repeated is numbered. `processes` is that of `pipeline.answered`; `job_code` the column of the
    employer's own codes, for the tally. Rows that are done are read and counted, but not classified again.

    Raises UsageError, before any row is read, when the table already has the columns of a match and they are
    not to be overwritten, and for a column that is not there; later, when the rows done are not those of
    the table.
    """
    tally = tally if tally is not None else Tally()
    format = layout.format or table.format
    kept = _kept(table, format, layout)
    if format == "jsonl":
        header, line = "", _json_line(table, kept, layout)
    elif format == "xlsx":
        header, line = _workbook_lines(table, kept, layout)
    else:
        header, line = _csv_lines(table, kept, format, layout)
    work = Work(classifier, catalogue, top, format == "jsonl")
    reader = _reader(table, columns, layout, job_code)

    def rows(done: Done | None) -> Generator[Coded]:
        return _rows(reader, line, work, processes, done, tally)

    return Coding(format, header, [table.headers[at] for at in kept], rows)


class _Read(NamedTuple):
    row: Row
    posting: Posting
    job_code: str
    seal: bytes


def _reader(table: Table, columns: Columns, layout: Layout, job_code: str | None) -> Iterator[_Read]:
    posting_of = posting_reader(table, columns)
    own = None if job_code is None else named_column(table.headers, job_code, "--job-code-column")
    own_at = None if own is None or table.format == "jsonl" else table.headers.index(own)
    seal = b""
    for row in table:
        if row.record is not None:
            if not layout.overwrite and "match" in row.record:
                row.error = f'line {row.line}: has a "match" already'
            mine = "" if own is None else as_text(row.record.get(own))
        else:
            mine = "" if own_at is None else row.cells[own_at]
        if row.error and (layout.keep or layout.drop):
            row.error = re.sub("(more cells than headers): .*", r"\1", row.error, flags=re.DOTALL)  # who knows whose
        seal = hashlib.sha256(seal + "\0".join((*row.cells, row.raw)).encode("utf-8", "surrogatepass")).digest()
        yield _Read(row, posting_of(row), mine.strip(), seal)


def _rows(
    reader: Iterator[_Read],
    line: Callable[[Row, Said], str],
    work: Work,
    processes: int | None,
    done: Done | None,
    tally: Tally,
) -> Generator[Coded]:
    answers: Answers[Said] = Answers()

    def count(read: _Read, decision: Decision, code: str | None, key: bytes) -> None:
        tally.add(decision, code, key, read.job_code, read.row.line, read.posting.error)

    def postings() -> Iterator[tuple[_Read, Posting]]:
        for read in reader:
            tally.read += 1
            yield read, read.posting

    if done is not None and done.rows:
        # The same jobs are remembered as in the run that was interrupted, so the rest is answered as there.
        seal = b""
        for (decision, code), (read, posting) in zip(done.answers, postings(), strict=False):
            count(read, decision, code, b"" if posting.error else answers.of(posting).key)
            seal = read.seal
        if tally.rows < done.rows or seal != done.seal:
            raise UsageError("the input is not the one that the earlier run read", "start anew, without --resume")
    for read, answer in answered(postings(), work, answers, processes):
        said = answer.said
        assert said is not None
        if work.as_object and not read.posting.error:
            said = _own_evidence(said, answer, read.posting)
        count(read, said.decision, said.code, answer.key)
        yield Coded(line(read.row, said), said.decision, said.code, read.seal)


def _own_evidence(said: Said, answer: Answer[Said], posting: Posting) -> Said:
    """What was said of a job that differs in white space or case, with the evidence where it stands in this one."""
    if answer.is_of(posting):
        return said
    import json

    found = json.loads(said.cells[0])
    found["evidence"] = relocated(found["evidence"], answer.posting, posting)
    return said._replace(cells=(to_json(found),))


def _kept(table: Table, format: Format, layout: Layout) -> list[int]:
    """The places of the user's own headers that come back."""
    reserved = {"match"} if "jsonl" in (format, table.format) else set()
    reserved |= set() if format == "jsonl" else set(MATCH_COLUMNS)
    keep = _named(table.headers, layout.keep, "--keep") or {*table.headers}
    drop = _named(table.headers, layout.drop, "--drop")
    taken = [name for name in table.headers if name in reserved and name in keep and name not in drop]
    if taken and not layout.overwrite:
        raise UsageError(
            f"the table already has {', '.join(map(repr, taken))}",
            "overwrite them with --replace, or rename them",
        )
    return [
        at
        for at, name in enumerate(table.headers)
        if name in keep and name not in drop and name not in taken and name not in table.unwritten
    ]


def _named(headers: Sequence[str], names: Sequence[str], option: str) -> set[str]:
    """The headers with these names, where several may have the same."""
    return {name if name in headers else named_column(headers, name, option) for name in names}


_RUNS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width


def _safe(cells: Iterable[str]) -> list[str]:
    return [f"'{one}" if one.startswith(_RUNS) else one for one in cells]


def _csv_lines(table: Table, kept: list[int], format: Format, layout: Layout) -> tuple[str, Callable[[Row, Said], str]]:
    """The header, and a function from a row and its match to a line of CSV."""
    delimiter = "\t" if format == "tsv" else table.delimiter.strip() or ","
    plain = csv_line(delimiter, quote_all=layout.excel_safe)

    def write(cells: Sequence[str]) -> str:
        return plain(_safe(cells) if layout.excel_safe else cells)

    names = [table.headers[at] for at in kept]
    header = write([*names, *MATCH_COLUMNS])

    if table.format == "jsonl":
        more = _more(table, layout)

        def line(row: Row, said: Said) -> str:
            cells = [_as_cell((row.record or {}).get(name)) for name in names]
            return _writable(write([*cells, *_noted(said.cells, more(row))]))

    elif len(kept) == len(table.headers):

        def line(row: Row, said: Said) -> str:
            return write([*row.cells, *said.cells])

    else:

        def line(row: Row, said: Said) -> str:
            return write([*[row.cells[at] for at in kept], *said.cells])

    return header, line


def _workbook_lines(table: Table, kept: list[int], layout: Layout) -> tuple[str, Callable[[Row, Said], str]]:
    """The headers, and a function from a row and its match to the cells of a workbook, each a JSON array.

    Cells of a workbook, and the numbers and truth values of JSONL, stay what they are; all others are text.
    """
    names = [table.headers[at] for at in kept]
    more = _more(table, layout)

    def line(row: Row, said: Said) -> str:
        cells: list[Any]
        if table.format == "jsonl":
            found = map((row.record or {}).get, names)
            cells = [value if isinstance(value, (bool, int, float)) else _as_cell(value) for value in found]
        else:
            values = row.values or row.cells
            cells = [values[at] for at in kept]
        return to_json([*cells, *_noted(said.cells, more(row))]) + "\n"

    return to_json([*names, *MATCH_COLUMNS]) + "\n", line


def _more(table: Table, layout: Layout) -> Callable[[Row], str]:
    """A function from a row to what of it has no column."""
    chosen = bool(layout.keep or layout.drop)
    known = {*table.headers, "match"} if layout.overwrite else {*table.headers}

    def more(row: Row) -> str:
        if row.record is None:
            return "" if chosen or table.format != "jsonl" else f"the line: {row.raw}"
        beyond = {} if layout.keep else {key: value for key, value in row.record.items() if key not in known}
        return f"keys without a column: {to_json(beyond)}" if beyond else ""

    return more


def _noted(cells: tuple[str, ...], more: str) -> tuple[str, ...]:
    """The cells of a match with one more note."""
    if not more:
        return cells
    before = f"{cells[_NOTES]} | " if cells[_NOTES] else ""
    return (*cells[:_NOTES], cell(before + more), *cells[_NOTES + 1 :])


def _json_line(table: Table, kept: list[int], layout: Layout) -> Callable[[Row, Said], str]:
    """A function from a row and its match to a line of JSON."""
    chosen = bool(layout.keep or layout.drop)
    headers = [table.headers[at] for at in kept]
    dropped = {*table.headers} - {*headers}

    def of_csv(row: Row, said: Said) -> str:
        record = {name: row.cells[at] for name, at in zip(names, kept, strict=True)}
        return _with_match(to_json(record), said)

    def of_json(row: Row, said: Said) -> str:
        if row.record is not None and "match" not in row.record and not chosen:
            # Added to the text as it stands: numbers, escapes, spaces and repeated keys stay the user's own.
            return _with_match(row.raw, said, row.record)
        if row.record is not None and (layout.overwrite or "match" not in row.record):
            theirs = {
                key: value
                for key, value in row.record.items()
                if key != "match" and (key in headers if layout.keep else key not in dropped)
            }
            return _with_match(to_json(theirs), said, theirs)
        return _with_match(to_json({"line": row.line, "raw": "" if chosen else row.raw}), said)

    names = _distinct(headers) if table.format != "jsonl" else []
    return of_json if table.format == "jsonl" else of_csv


def _with_match(text: str, said: Said, record: Mapping[str, Any] | None = None) -> str:
    """A JSON object with the match as its last key."""
    comma = "" if record is not None and not record else ", "
    return f'{text[:-1].rstrip()}{comma}"match": {said.cells[0]}}}\n'


def _distinct(names: Sequence[str]) -> list[str]:
    """Headers as keys: an empty or repeated one gets the number of its column."""
    keys: list[str] = []
    for number, name in enumerate(names, 1):
        key = name or f"column {number}"
        while key in keys or (key != name and key in names):
            key = f"{key} {number}"
        keys.append(key)
    return keys


def _as_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value)


def _writable(line: str) -> str:
    """The line with half a surrogate pair, which no encoding can write, as its JSON escape."""
    return line if line.isascii() else line.encode("utf-8", "backslashreplace").decode()
