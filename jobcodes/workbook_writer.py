"""A workbook out (XLSX), row by row and in constant memory; the same input gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain, islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from jobcodes.errors import UsageError
from jobcodes.number_formats import BUILT_IN, GENERAL
from jobcodes.render import MATCH_COLUMNS
from jobcodes.tables import Cell, Value

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MAX_ROWS = 1_048_575  # below the headers
MAX_COLUMNS = 16_384
MAX_CELL = 32_767  # UTF-16 units

# Background and ink of a decision, after Excel's "good", "neutral" and "bad"; each stays readable in black and white.
COLORS = {
    "match": ("#C6EFCE", "#006100"),
    "review": ("#FFEB9C", "#7F4F00"),
    "none": ("#E1E1E1", "#404040"),
    "error": ("#FFC7CE", "#9C0006"),
}
_IDS = {format: number for number, format in reversed(BUILT_IN.items())}
# No characters of XML, not even as `_x0000_`.
_NO_CHARACTER = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
# How a text begins that becomes a formula, a number or a date as soon as somebody edits its cell.
_UNSAFE = re.compile(r"[-=+@'\t\r\d.(]")
_DIGITS = 10**15  # a larger number would lose some of its digits
_MEASURED = 100  # rows, for the widths of the columns
_WIDTHS = 8, 60  # characters
_AS_CSV = "write it as CSV"


def write_workbook(
    file: str | BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "Jobs"
) -> None:
    """Writes a workbook of one sheet to a path, or to a file that can be sought.

    Text stays text: no formula, link or date comes of it. In the columns of a match, confidence and coverage
    are numbers and the decision has its colour. A text longer than a cell can be (32,767) is cut, and the row's
    `match_notes` say so; a NUL, half a surrogate pair and the like are shown as `\u2400` and `\ufffd`. The
    headers stay in sight and filter. Raises UsageError for more rows or columns than a sheet has, before
    anything is in `file`, and where XlsxWriter is not installed.
    """
    require_writer()
    from xlsxwriter.workbook import Workbook

    if len(headers) > MAX_COLUMNS:
        raise UsageError(f"{len(headers):,} columns; a sheet has at most {MAX_COLUMNS:,}", _AS_CSV)
    with TemporaryDirectory(prefix="jobcodes-") as folder:
        book = Workbook(file, {"constant_memory": True, "tmpdir": folder})
        book.set_properties({"created": datetime(2000, 1, 1)})  # not now: the same rows give the same bytes
        page = book.add_worksheet(_sheet_name(sheet))
        try:
            _Writer(book, page, headers).write(rows)
        except BaseException:
            page.row_data_fh.close()
            raise
        book.close()


def write_lines(file: str | BinaryIO, lines: Iterable[str | bytes], *, sheet: str = "Jobs") -> None:
    """Writes a workbook of the lines that `batch.code_table` gives for one: the headers, then the rows."""
    rows = map(json.loads, lines)
    write_workbook(file, next(rows), rows, sheet=sheet)


def require_writer() -> None:
    """Raises UsageError where XlsxWriter is not installed."""
    try:
        import xlsxwriter.workbook  # noqa: F401
    except ImportError:
        raise UsageError("writing a workbook needs XlsxWriter", "pip install 'jobcodes[office]'") from None


def _sheet_name(name: str) -> str:
    # Excel refuses these characters, 32 of any, and this word.
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", _NO_CHARACTER.sub("_", name)).strip("'")
    return "Jobs" if not name.strip() or name.lower() == "history" or _units(name) > 31 else name


class _Writer:
    def __init__(self, book: Workbook, page: Worksheet, headers: Sequence[str]) -> None:
        self._page = page
        self._headers = headers
        # The columns of the match stand last; a column of the user's own may have the name of one.
        first = max(len(headers) - len(MATCH_COLUMNS), 0)
        match = range(first, len(headers)) if tuple(headers[first:]) == MATCH_COLUMNS else ()
        self._numbers = {at for at in match if headers[at] in ("match_confidence", "match_coverage")}
        self._decision = next((at for at in match if headers[at] == "match_decision"), None)
        self._notes = next((at for at in match if headers[at] == "match_notes"), None)

        @cache
        def look(number_format: str = GENERAL, unsafe: bool = False, decision: str = "") -> Format | None:
            how: dict[str, Any] = {}
            if number_format != GENERAL:
                how["num_format"] = _IDS.get(number_format, number_format)
            elif unsafe:
                how["num_format"] = "@"
            if unsafe:
                how["quote_prefix"] = True  # as if typed after an apostrophe
            if decision:
                background, ink = COLORS[decision]
                how |= {"bg_color": background, "font_color": ink}
            return book.add_format(how) if how else None

        self._look = look
        self._bold = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        page = self._page
        for column, name in enumerate(self._headers):
            self._text(0, column, _visible(name)[:MAX_CELL], self._bold)
        rows = iter(rows)
        sample = list(islice(rows, _MEASURED))
        number = 0
        for number, row in enumerate(chain(sample, rows), 1):
            if number > MAX_ROWS:
                raise UsageError(f"more than {MAX_ROWS:,} rows, which is all that a sheet holds", _AS_CSV)
            self._row(number, row)
        for column, name in enumerate(self._headers):
            texts = [name, *(_shown(row[column]) for row in sample)]
            longest = max(len(line) for text in texts for line in text[:1000].split("\n")) + 3
            page.set_column(column, column, min(max(longest, _WIDTHS[0]), _WIDTHS[1]))
        page.freeze_panes(1, 0)
        if self._headers:
            page.autofilter(0, 0, number, len(self._headers) - 1)
            # Numbers as text are meant here; without this each has a green corner.
            page.ignore_errors({"number_stored_as_text": f"A1:XFD{MAX_ROWS + 1}"})

    def _row(self, number: int, row: Sequence[Cell]) -> None:
        cut = []
        for column, cell in enumerate(row):
            if column == self._notes:
                continue
            if (left := self._cell(number, column, cell)) is not None:
                cut.append(f"{self._headers[column] or f'column {column + 1}'}: {left}")
        if self._notes is not None:
            self._cell(number, self._notes, " | ".join(filter(None, (_shown(row[self._notes]), *cut))))

    def _cell(self, row: int, column: int, cell: Cell) -> str | None:
        """Writes a cell; returns what to say of it if it had to be cut."""
        value, format = _split(cell)
        if isinstance(value, bool):
            self._page.write_boolean(row, column, value)
            return None
        if column in self._numbers and value != "":
            value, format = float(value), "0.0000"
        if not isinstance(value, str):
            if abs(value) < _DIGITS:
                self._page.write_number(row, column, value, self._look(format))
                return None
            value = str(value)
        if not value:
            return None
        text = _visible(value)
        decision = text if column == self._decision and text in COLORS else ""
        left = None
        if len(text) * 2 > MAX_CELL and _units(text) > MAX_CELL:
            text, left = _cut(text)
        unsafe = not decision and _UNSAFE.match(text) is not None
        self._text(row, column, text, self._look(format, unsafe, decision))
        return left

    def _text(self, row: int, column: int, text: str, look: Format | None) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter takes such a text for XML of its own, and writes it as it stands. In runs, it does not.
            self._page.write_rich_string(row, column, text[0], text[1], text[2:], *([look] if look else []))
        elif text:
            self._page.write_string(row, column, text, look)


def _split(cell: Cell) -> tuple[Value, str]:
    if isinstance(cell, (str, bool, int, float)):
        return cell, GENERAL
    value, format = cell
    return value, str(format)


def _shown(cell: Cell) -> str:
    return str(_split(cell)[0])


def _visible(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return _NO_CHARACTER.sub(lambda found: "\u2400" if found[0] == "\0" else "\ufffd", text)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str) -> tuple[str, str]:
    """The text as far as a cell holds it, with a mark at its end, and a note of what is missing."""
    mark = " \u2026 [cut]"
    data = text.encode("utf-16-le")[: (MAX_CELL - len(mark)) * 2]
    kept = data.decode("utf-16-le", "ignore")
    return kept + mark, f"cut after {len(kept):,} of {len(text):,} characters, as a cell holds no more"
