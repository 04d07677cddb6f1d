"""A table of jobs in (CSV, TSV, JSONL; XLSX by `workbooks`): its rows as they are, and the columns that hold a job.

Nothing in a row stops the run: what cannot be used becomes a row or a posting with an `error` that says why.
Only a table that cannot be begun (no header, no such column) raises.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from jobcodes.errors import InputError, UsageError
from jobcodes.model import Posting
from jobcodes.records import guess_title, is_blank, not_in, recognise, unknown_encoding

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Format = Literal["csv", "tsv", "jsonl", "xlsx"]
# What a cell of a workbook holds, as JSON can: text, truth value or number; with a number format, the pair of both.
Value = str | bool | int | float
Cell = Value | Sequence[Value]

DELIMITERS = (",", "\t", ";", "|")  # in the order that decides a tie

# fmt: off
# Usual names of columns. Case, spaces, hyphens and underscores do not count: `Job_Title` is "job title".
TITLE_COLUMNS = (
    "title", "job title", "position title", "role title", "business title", "working title",
    "posting title", "survey title", "job name", "position name", "role name", "job profile",
    "job profile name", "occupation"
)
# Often a number or a grade instead: the title only where no column above is there.
TITLE_COLUMNS_ELSE = ("position", "role", "job", "designation")
# The whole job in one column.
TEXT_COLUMNS = (
    "text", "description", "job description", "position description", "role description",
    "full description", "job text", "job posting", "posting text", "content", "body"
)
# A section of the job each: several of them together are joined, in the order of the table.
SECTION_COLUMNS = (
    "summary", "job summary", "position summary", "role summary", "purpose", "job purpose", "duties",
    "job duties", "key duties", "main duties", "essential duties", "duties and responsibilities",
    "duties responsibilities", "responsibilities", "job responsibilities", "key responsibilities",
    "main responsibilities", "accountabilities", "key accountabilities", "essential functions",
    "essential job functions", "job functions", "tasks"
)

# fmt: on

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how a workbook begins, and one of before 2007

_HEAD_BYTES = 1 << 16
_MAX_DEPTH = 100  # of a JSON value
_FIRST_ROWS = 50  # that tell what a column holds
_STATED_DELIMITER = re.compile(r'"?sep=([^"\w\r\n])"?(?:\r\n?|\n)', re.IGNORECASE)
_NO_LIMIT = 2**31 - 1  # of a CSV cell: the default refuses one above 131,072 characters


# --- tables ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """One job of a table. `line` counts from 1 and is where the row begins; `error` says why it is unusable.

    CSV: `cells`, exactly as many as there are headers. JSONL: `raw`, the line without its line break, and
    `record`, the object in it; None when it is no JSON object. XLSX: `cells` as in CSV, and `values`, the same
    cells as the workbook has them.
    """

    line: int
    cells: Sequence[str] = ()
    record: dict[str, Any] | None = None
    raw: str = ""
    error: str = ""
    values: Sequence[Cell] = ()


class Table:
    """Rows of a stream, read one at a time: iterate once. `delimiter` is empty for JSONL and XLSX.

    `sheet` is the one that was read of a workbook, `sheets` are all that show, `above` its rows above the headers;
    `notes` are for whoever ran it. `unwritten` are headers that are read and do not come back with the match.
    `reached` is how much is read, and of how much, where the stream does not tell.
    """

    sheet = ""
    sheets: tuple[str, ...] = ()
    above: Sequence[Row] = ()
    notes: tuple[str, ...] = ()
    reached: tuple[Callable[[], int], int] | None = None

    def __init__(
        self,
        source: str,
        format: Format,
        headers: Sequence[str],
        rows: Iterator[Row],
        delimiter: str = "",
        unwritten: Sequence[str] = (),
    ):
        self.source = source
        self.format = format
        self.headers = tuple(headers)
        self.delimiter = delimiter
        self.first: Sequence[Sequence[str]] = ()  # the cells of the first rows, as far as they are known already
        self.unwritten = tuple(unwritten)
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return self._rows


def open_table(
    stream: BinaryIO,
    *,
    source: str = "-",
    format: Format | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    """The table in a stream, in the format given, else that of `source`'s suffix, else what it begins with.

    CSV: the delimiter is the one in a first line `sep=;`, as Excel has it, which does not come back; else it is
    sniffed from the first records; blank lines are skipped; a short row is filled with
    empty cells; a row with too many cells keeps its columns, and the cells beyond them go into its error.
    A row with bytes that are not in the encoding is an error, and shows them as `\\xe9`; NULs stay.
    JSONL: blank lines are skipped; of a key given twice the last counts; the headers are all keys of the
    objects in the first 64 KB. XLSX: see `open_workbook`; it is known by how it begins, whatever the suffix.
    Raises InputError for an empty or unreadable table, UsageError for an array, and for the `sheet` of a text.
    """
    head = _read_head(stream)
    if format == "xlsx" or (format is None and (head.startswith(WORKBOOKS) or _format_by_suffix(source) == "xlsx")):
        from jobcodes.workbooks import open_workbook

        if stream.seekable():
            stream.seek(-len(head), 1)
        else:
            stream = cast(BinaryIO, io.BufferedReader(_Rewound(head, stream), _HEAD_BYTES))
        return open_workbook(stream, source=source, sheet=sheet)
    if sheet is not None:
        raise UsageError(f"{source}: a text has no sheets", "leave --sheet out")
    lines, sample = _decoded(head, stream, encoding)
    kind = format or _format_by_suffix(source) or _format_by_content(sample)
    if kind == "jsonl":
        objects = _json_objects(sample)
        keys = list(dict.fromkeys(key for one in objects for key in one))
        table = Table(source, kind, keys, _json_rows(lines))
        table.first = [[as_text(one.get(key)) for key in keys] for one in objects[:_FIRST_ROWS]]
        return table
    stated = _STATED_DELIMITER.match(sample)
    if stated:
        delimiter = stated[1]
        sample = sample[stated.end() :]
    else:
        delimiter = "\t" if kind == "tsv" else _sniff_delimiter(sample)
    rows = _csv_rows(lines, delimiter)
    if stated:
        next(rows)
    header = next(rows, None)
    if header is None:
        raise InputError(f"{source}: empty; a table begins with a row of headers")
    if header.error:
        raise InputError(f"{source}: {header.error}")
    headers = header.cells
    table = Table(source, "tsv" if delimiter == "\t" else "csv", headers, _fitted(rows, len(headers)), delimiter)
    table.first = _first_rows(sample, delimiter)
    return table


def read_records(content: bytes, delimiter: str, encoding: str | None = None) -> Iterator[Row]:
    """Every record of a CSV as it is, for tables whose headings need not come first; blank lines are skipped.

    Raises InputError for an encoding that does not exist.
    """
    stream = io.BytesIO(content)
    lines, _ = _decoded(_read_head(stream), stream, encoding)
    return _csv_rows(lines, delimiter)


def _decoded(head: bytes, stream: BinaryIO, encoding: str | None) -> tuple[_Lines, str]:
    """The lines of a stream, of which `head` was read, in the encoding given or found; and `head` as text."""
    name = encoding or recognise(head)
    try:
        name = codecs.lookup(name).name.removesuffix("-sig")
        newline = "\n".encode(name)
        sample = head.decode(name, "replace").removeprefix("\ufeff")
    except LookupError:
        raise unknown_encoding(name) from None
    rewound = io.BufferedReader(_Rewound(head, stream), _HEAD_BYTES)
    # Bytes can be cut into lines before they are decoded, but not in UTF-16, nor where \r alone ends a line.
    old_mac = b"\r" in head and b"\n" not in head
    lines = _Lines(
        cast(BinaryIO, rewound),
        name,
        by_bytes=newline == b"\n" and not old_mac,
        newline="" if old_mac else "\n",
    )
    return lines, sample


def _read_head(stream: BinaryIO) -> bytes:
    """What can be had without waiting for more than a first line, so that a slow pipe is not held up."""
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    head = read(_HEAD_BYTES)
    while b"\n" not in head and b"\r" not in head and (more := read(_HEAD_BYTES)):
        head += more
    return head


class _Rewound(io.RawIOBase):
    """A stream with the bytes already taken from it put back in front."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        chunk = self._head[: len(view)] or self._read(len(view))
        self._head = self._head[len(chunk) :]
        view[: len(chunk)] = chunk
        return len(chunk)


class _Lines:
    """Decoded lines that remember the current row: its lines, their first fault, whether all are read."""

    def __init__(self, stream: BinaryIO, encoding: str, *, by_bytes: bool, newline: str) -> None:
        self.row: list[str] = []
        self.fault = ""
        self.ended = False
        self._before = 0  # lines before the current row
        self._encoding = encoding
        self._lines = self._from_bytes(stream) if by_bytes else self._from_text(stream, newline)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def next_row(self) -> int:
        """Forgets the current row; returns the line on which the next one begins."""
        self._before += len(self.row)
        self.row.clear()
        self.fault = ""
        return self._before + 1

    def _from_bytes(self, stream: BinaryIO) -> Iterator[str]:
        encoding, take = self._encoding, self.row.append
        for data in stream:
            try:
                line = data.decode(encoding)
            except UnicodeDecodeError as error:
                self._blame(data[error.start : error.start + 1])
                line = data.decode(encoding, "backslashreplace")
            if line[:1] == "\ufeff" and self._is_first():
                line = line[1:]
            take(line)
            yield line
        self.ended = True

    def _from_text(self, stream: BinaryIO, newline: str) -> Iterator[str]:
        for line in io.TextIOWrapper(cast(io.BufferedReader, stream), self._encoding, "replace", newline):
            if "\ufffd" in line:
                self._blame(b"")
            self.row.append(line.removeprefix("\ufeff") if self._is_first() else line)
            yield self.row[-1]
        self.ended = True

    def _is_first(self) -> bool:
        return not self._before and not self.row

    def _blame(self, byte: bytes) -> None:
        line = self._before + len(self.row) + 1
        self.fault = self.fault or "; ".join(not_in(self._encoding, line, byte))

    def again(self, lines: list[str]) -> None:
        """Reads these lines, the last of the current row and of the stream, once more."""
        del self.row[-len(lines) :]
        self.ended = False
        self._lines = self._from_list(lines)

    def _from_list(self, lines: list[str]) -> Iterator[str]:
        for line in lines:
            self.row.append(line)
            yield line
        self.ended = True


def _csv_rows(lines: _Lines, delimiter: str) -> Iterator[Row]:
    """Records as they are, the header first."""
    import csv

    csv.field_size_limit(_NO_LIMIT)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        start = lines.next_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = _with_bare_returns("".join(lines.row), delimiter)
        if lines.ended:
            # A quotation mark that nothing closes took the rest of the table into one cell: that line is the
            # error, and the lines below it are rows again.
            first, *rest = lines.row
            cells = _with_bare_returns(first, delimiter, quoting=csv.QUOTE_NONE)
            yield Row(start, cells, error=f"line {start}: a quotation mark is opened and never closed")
            if rest:
                lines.again(rest)
            reader = csv.reader(lines, delimiter=delimiter)
        elif cells:
            yield Row(start, cells, error=lines.fault)


def _with_bare_returns(record: str, delimiter: str, quoting: Literal[0, 3] = 0) -> list[str]:
    """The cells of a record with a carriage return outside quotation marks, which `csv` refuses."""
    import csv

    body = record.rstrip("\r\n")
    stand_in = next(mark for mark in map(chr, range(0xE000, 0xF8FF)) if mark not in body)
    reader = csv.reader([body.replace("\r", stand_in)], delimiter=delimiter, quoting=quoting)
    return [cell.replace(stand_in, "\r") for cell in next(reader)]


def _fitted(rows: Iterable[Row], width: int) -> Iterator[Row]:
    """The rows with as many cells as there are headers."""
    for row in rows:
        missing = width - len(row.cells)
        if missing > 0:
            row.cells = [*row.cells, *[""] * missing]
        elif missing < 0:
            extra = [cell for cell in row.cells[width:] if cell]
            row.cells = row.cells[:width]
            if extra and not row.error:
                cells = ", ".join(map(repr, extra))
                row.error = f"line {row.line}: more cells than headers: {cells}; quote cells with the delimiter"
        yield row


def _json_rows(lines: _Lines) -> Iterator[Row]:
    import json

    decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode
    while True:
        start = lines.next_row()
        line = next(iter(lines), None)
        if line is None:
            return
        raw = line.strip(" \t\r\n")
        if not raw:
            continue
        row = Row(start, raw=raw, error=lines.fault)
        if not row.error:
            try:
                value = decode(raw)
                if raw.count("[") + raw.count("{") > _MAX_DEPTH and _is_deep(value):
                    raise RecursionError
            except RecursionError:
                row.error = f"line {row.line}: nested too deeply"
            except ValueError as error:  # also a number with more digits than Python will read
                row.error = f"line {row.line}: not JSON: {error}"
            else:
                if isinstance(value, dict):
                    row.record = value
                else:
                    row.error = f"line {row.line}: not a JSON object"
        yield row


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits} is too large a number")
    return number


def _is_deep(value: Any) -> bool:
    """Whether a value is nested deeper than everything that walks it can follow."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _json_objects(sample: str) -> list[dict[str, Any]]:
    import json

    objects = []
    for line in sample.split("\n"):  # the last may be cut off, and is then no JSON
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            objects.append(value)
    return objects


def _first_rows(sample: str, delimiter: str) -> list[list[str]]:
    """The cells of some rows in what was read so far, without the header and a last row that may be cut off."""
    import csv

    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        return [row for row in islice(rows, _FIRST_ROWS + 2) if row][1:-1]
    except csv.Error:
        return []


def _format_by_suffix(source: str) -> Format | None:
    suffixes: dict[str, Format] = {
        "csv": "csv",
        "tsv": "tsv",
        "tab": "tsv",
        "jsonl": "jsonl",
        "ndjson": "jsonl",
        "xlsx": "xlsx",
        "xlsm": "xlsx",
    }
    return suffixes.get(source.rpartition(".")[2].lower())


def _format_by_content(sample: str) -> Format:
    if re.match(r"\s*\[\s*\{", sample):
        raise UsageError("a JSON array, not one object a line", "turn it into JSONL with: jq -c '.[]'")
    return "jsonl" if sample.lstrip().startswith("{") else "csv"


def _sniff_delimiter(sample: str) -> str:
    """The delimiter whose header has most usual names, then most rows of its width, then most cells."""
    import csv

    csv.field_size_limit(_NO_LIMIT)
    scores, single = {}, []
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        records = [record for record in islice(reader, 32) if record]
        widths = [len(record) for record in (records[:-1] if len(records) > 2 else records)]  # the last: cut off?
        if not widths:
            continue
        if widths[0] > 1:
            usual = sum(column_key(name) in _USUAL for name in records[0])
            scores[delimiter] = usual, widths.count(widths[0]) / len(widths), widths[0]
        elif max(widths) == 1:
            single.append(delimiter)
    if scores:
        return max(scores, key=scores.__getitem__)
    return single[0] if single else ","  # a table of one column: what cuts none of its rows


# --- columns ---------------------------------------------------------------------------------------------


def column_key(name: str) -> str:
    """A column name without case and separators: `Job_Title`, `jobTitle` → `jobtitle`."""
    return "".join(filter(str.isalnum, name.casefold()))


_TITLES, _TITLES_ELSE, _TEXTS, _SECTIONS = (
    frozenset(map(column_key, names)) for names in (TITLE_COLUMNS, TITLE_COLUMNS_ELSE, TEXT_COLUMNS, SECTION_COLUMNS)
)
_USUAL = _TITLES | _TITLES_ELSE | _TEXTS | _SECTIONS


def is_usual(name: str) -> bool:
    """Whether a column of this name is read without being named: see TITLE_COLUMNS and TEXT_COLUMNS."""
    return len(name) < 100 and column_key(name) in _USUAL


@dataclass(frozen=True, slots=True)
class Columns:
    """The headers to read a job from; several texts are joined by a blank line."""

    title: str | None
    texts: tuple[str, ...]


def choose_columns(
    headers: Sequence[str],
    title_column: str | None = None,
    text_columns: Sequence[str] = (),
    *,
    titles_only: bool = False,
    first: Iterable[Sequence[str]] = (),
) -> Columns:
    """The columns named, else those with a usual name: see TITLE_COLUMNS and TEXT_COLUMNS.

    `titles_only` leaves the texts aside, and needs a title. `first` are first rows, for the hint of an error.
    Two usual titles, two usual texts, or a text beside sections of one are ambiguous. Raises UsageError for
    that, for a column that is not there, and when there is neither a title nor a text.
    """
    usual = [name for name in headers if name not in (title_column, *text_columns)]
    if title_column is not None:
        titles = [named_column(headers, title_column, "--title-column")]
    else:
        titles = _of(usual, _TITLES) or _of(usual, _TITLES_ELSE)
        if len(titles) > 1:
            raise _ambiguous("title", titles, f"choose one with --title-column {titles[0]!r}")
    if titles_only:
        if text_columns:
            raise UsageError("--titles-only and --text-column are both given", "leave one of them out")
        texts = []
    elif text_columns:
        texts = [named_column(headers, name, "--text-column") for name in text_columns]
    else:
        texts, sections = _of(usual, _TEXTS), _of(usual, _SECTIONS)
        if len(texts) > 1 or (texts and sections) or len(set(sections)) < len(sections):
            both = [*texts, *sections]
            raise _ambiguous("text", both, f"choose with --text-column {both[0]!r}; given twice, both are read")
        texts = texts or sections
    if not titles and not texts:
        found = f"the headers are {_listed(headers)}" if headers else "no headers were found"
        hint = f"name {'it' if titles_only else 'the columns'} with --title-column"
        hint += "" if titles_only else " and --text-column"
        if len(headers) == 1:  # a line of a single cell does not tell the delimiter
            first = [re.split(r"[,;\t|]", "\t".join(row)) for row in first]
        if below := next((row for row in first if any(map(is_usual, row))), None):
            hint = f"the headers seem to be {_listed(below)}: delete the lines above them"
        what = "title" if titles_only else "title or text"
        raise UsageError(f"no column has a usual name for a job's {what}; {found}", hint)
    return Columns(titles[0] if titles else None, tuple(dict.fromkeys(texts)))


def _of(headers: Sequence[str], names: frozenset[str]) -> list[str]:
    return [header for header in headers if column_key(header) in names]


def named_column(headers: Sequence[str], name: str, option: str) -> str:
    """The header that `name` stands for, if need be without regard to case and outer spaces.

    Raises UsageError, naming `option`, if there is none or more than one.
    """
    found = [header for header in headers if header == name] or [
        header for header in headers if header.strip().casefold() == name.strip().casefold()
    ]
    if not found:
        raise UsageError(f"no column {name!r}; the headers are {_listed(headers)}", f"check {option}")
    if len(found) > 1:
        raise _ambiguous(name, found, "give every column a name of its own")
    return found[0]


def _ambiguous(what: str, headers: Sequence[str], hint: str) -> UsageError:
    return UsageError(f"several columns could be the {what}: {_listed(headers)}", hint)


def _listed(headers: Sequence[str]) -> str:
    shown = [repr(name if len(name) <= 60 else name[:59] + "…") for name in headers[:40]]
    return ", ".join(shown) + (", …" if len(headers) > 40 else "")


def posting_reader(table: Table, columns: Columns) -> Callable[[Row], Posting]:
    """A function from a row of the table to its posting, with `error` for a row that holds no job.

    Without a title in its column, the title is what the text states, as for a file. A bare title is a job.
    """
    if table.format == "jsonl":

        def cells(row: Row) -> tuple[str, list[str]]:
            record = row.record or {}
            title = as_text(record.get(columns.title)) if columns.title is not None else ""
            return title, [as_text(record.get(name)) for name in columns.texts]

    else:
        title_at = None if columns.title is None else table.headers.index(columns.title)
        texts_at = [table.headers.index(name) for name in columns.texts]

        def cells(row: Row) -> tuple[str, list[str]]:
            return "" if title_at is None else row.cells[title_at], [row.cells[at] for at in texts_at]

    def posting(row: Row) -> Posting:
        source = f"{table.source}:{row.line}"
        if row.error:
            return Posting(source, error=row.error)
        title, parts = cells(row)
        text = parts[0] if len(parts) == 1 else "\n\n".join(part for part in parts if not is_blank(part))
        if not _is_writable(title) or not _is_writable(text):
            return Posting(source, error=f"line {row.line}: half a surrogate pair, which is no character")
        if not is_blank(title):
            return Posting(source, "" if is_blank(text) else text, title)
        if is_blank(text):
            return Posting(source, error=f"line {row.line}: empty; neither a title nor a text")
        return Posting(source, text, guess_title(text))

    return posting


def as_text(value: Any) -> str:
    """A JSON value as words: null is nothing, a list or an object has a line for each value in it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return "\n".join(map(as_text, value))
    return str(value)


def _is_writable(text: str) -> bool:
    # Only JSON can hold half a surrogate pair ("\\ud800"): no encoding can write it.
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
