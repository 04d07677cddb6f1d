"""A table of jobs through the classifier, one row at a time: rows in, the same rows out with their match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jobcodes.errors import UsageError
from jobcodes.model import Catalogue, Decision, Match
from jobcodes.records import Coder, match_posting
from jobcodes.render import (
    MATCH_COLUMNS,
    catalogue_object,
    csv_line,
    match_columns,
    match_object,
    to_json,
)
from jobcodes.tables import Cell, Columns, Format, Row, Table, posting_reader


@dataclass(slots=True)
class Tally:
    """How many rows were given each decision, so far."""

    counts: dict[Decision, int] = field(default_factory=lambda: {"match": 0, "review": 0, "none": 0, "error": 0})

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def code_rows(
    table: Table,
    columns: Columns,
    classifier: Coder,
    catalogue: Catalogue,
    *,
    format: Format | None = None,
    top: int = 3,
    overwrite: bool = False,
    tally: Tally | None = None,
) -> Iterator[str]:
    """The lines of the table with the match added, each as soon as its row is read; a CSV header comes first.

    `format` is the table's own unless given; a CSV keeps its delimiter. JSONL lines come back as they were,
    byte for byte, with `match` as their last key; a line that is no JSON object, and is not blank, as
    `{"line": n, "raw": "…", "match": {"decision": "error", …}}`. From JSONL to CSV the columns are the
    table's headers, and a key that is none of them is kept in the notes. From CSV to JSONL a header that is
    empty or repeated is numbered. Raises UsageError, before any row is read, when the table already has the
    columns of a match and `overwrite` is false; else these are dropped.
    """
    format = format or table.format
    tally = tally if tally is not None else Tally()
    kept = _kept(table, format, overwrite)
    if format == "jsonl":
        header, line = "", _json_line(table, kept, catalogue, overwrite)
    else:
        header, line = _csv_lines(table, kept, catalogue, format, overwrite)
    posting_of = posting_reader(table, columns)
    counts = tally.counts

    def lines() -> Iterator[str]:
        if header:
            yield header
        for row in table:
            if not overwrite and row.record is not None and "match" in row.record:
                row.error = f'line {row.line}: has a "match" already'
            match = match_posting(posting_of(row), classifier, top)
            counts[match.decision] += 1
            yield line(row, match)

    return lines()


def code_cells(
    table: Table,
    columns: Columns,
    classifier: Coder,
    catalogue: Catalogue,
    *,
    top: int = 3,
    overwrite: bool = False,
    tally: Tally | None = None,
) -> tuple[list[str], Iterator[list[Cell]]]:
    """The headers and rows of a workbook with the match added, for `write_workbook`; else as `code_rows`.

    Cells of a workbook, and the numbers and truth values of JSONL, stay what they are; all others are text.
    """
    tally = tally if tally is not None else Tally()
    kept = _kept(table, "xlsx", overwrite)
    names = [table.headers[at] for at in kept]
    known = {*table.headers, "match"} if overwrite else {*table.headers}
    posting_of = posting_reader(table, columns)

    def rows() -> Iterator[list[Cell]]:
        for row in table:
            match = match_posting(posting_of(row), classifier, top)
            tally.counts[match.decision] += 1
            cells: list[Cell]
            if table.format == "jsonl":
                record = row.record or {}
                beyond = {key: value for key, value in record.items() if key not in known}
                if row.record is None:
                    match = replace(match, notes=(*match.notes, f"the line: {row.raw}"))
                elif beyond:
                    match = replace(match, notes=(*match.notes, f"keys without a column: {to_json(beyond)}"))
                found = map(record.get, names)
                cells = [value if isinstance(value, (bool, int, float)) else _as_cell(value) for value in found]
            else:
                values = row.values or row.cells
                cells = [values[at] for at in kept]
            yield [*cells, *match_columns(match, catalogue).values()]

    return [*names, *MATCH_COLUMNS], rows()


def _kept(table: Table, format: Format, overwrite: bool) -> list[int]:
    """The places of the user's own headers."""
    reserved = {"match"} if "jsonl" in (format, table.format) else set()
    reserved |= set() if format == "jsonl" else set(MATCH_COLUMNS)
    taken = [name for name in table.headers if name in reserved]
    if taken and not overwrite:
        raise UsageError(
            f"the table already has {', '.join(map(repr, taken))}",
            "overwrite them with --replace, or rename them",
        )
    return [at for at, name in enumerate(table.headers) if name not in (*taken, *table.unwritten)]


def _csv_lines(
    table: Table, kept: list[int], catalogue: Catalogue, format: Format, overwrite: bool
) -> tuple[str, Callable[[Row, Match], str]]:
    """The header, and a function from a row and its match to a line of CSV."""
    delimiter = "\t" if format == "tsv" else table.delimiter.strip() or ","
    write = csv_line(delimiter)
    names = [table.headers[at] for at in kept]
    header = write([*names, *MATCH_COLUMNS])

    if table.format == "jsonl":

        def line(row: Row, match: Match) -> str:
            record = row.record or {}
            beyond = {key: value for key, value in record.items() if key not in known}
            if row.record is None:
                match = replace(match, notes=(*match.notes, f"the line: {row.raw}"))
            elif beyond:
                match = replace(match, notes=(*match.notes, f"keys without a column: {to_json(beyond)}"))
            cells = [_as_cell(record.get(name)) for name in names]
            return _writable(write([*cells, *match_columns(match, catalogue).values()]))

        known = {*table.headers, "match"} if overwrite else {*table.headers}
    elif len(kept) == len(table.headers):

        def line(row: Row, match: Match) -> str:
            return write([*row.cells, *match_columns(match, catalogue).values()])

    else:

        def line(row: Row, match: Match) -> str:
            return write([*(row.cells[at] for at in kept), *match_columns(match, catalogue).values()])

    return header, line


def _json_line(table: Table, kept: list[int], catalogue: Catalogue, overwrite: bool) -> Callable[[Row, Match], str]:
    """A function from a row and its match to a line of JSON."""
    edition = catalogue_object(catalogue)

    def of_csv(row: Row, match: Match) -> str:
        record: dict[str, Any] = {name: row.cells[at] for name, at in zip(names, kept, strict=True)}
        return to_json(record | {"match": match_object(match) | {"catalogue": edition}}) + "\n"

    def of_json(row: Row, match: Match) -> str:
        found = match_object(match) | {"catalogue": edition}
        if row.record is not None and "match" not in row.record:
            # Added to the text as it stands: numbers, escapes, spaces and repeated keys stay the user's own.
            begin = row.raw[:-1].rstrip()
            return f'{begin}{", " if row.record else ""}"match": {to_json(found)}}}\n'
        if row.record is not None and overwrite:
            theirs = {key: value for key, value in row.record.items() if key != "match"}
            return to_json(theirs | {"match": found}) + "\n"
        return to_json({"line": row.line, "raw": row.raw, "match": found}) + "\n"

    names = _distinct([table.headers[at] for at in kept]) if table.format != "jsonl" else []
    return of_json if table.format == "jsonl" else of_csv


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
