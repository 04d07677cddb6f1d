"""A workbook in (XLSX, XLSM): its table of jobs, row by row, in the same memory for 300 rows as for 300,000.

An own reader, because the libraries keep the table of texts, and most of them the rows, in memory: openpyxl's
read-only mode took 69 MB for 20,000 rows and 309 MB for 200,000. Nothing in a workbook is trusted: sizes are
checked before anything is unpacked, no entity is resolved, formulas are not run and macros not looked at.
"""

from __future__ import annotations

import posixpath
import re
import weakref
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from itertools import chain, islice
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple, cast
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from jobcodes.errors import InputError, UsageError
from jobcodes.number_formats import BUILT_IN, DAYS_TO_1904, EAST_ASIAN, GENERAL, format_kind, number_text, serial
from jobcodes.tables import WORKBOOKS, Cell, Row, Table, is_usual

if TYPE_CHECKING:
    Attributes = Mapping[str, str]

MAX_UNPACKED = 4 << 30  # bytes of one part; the largest sheet that Excel can hold is seldom half of it
MAX_RATIO = 200  # of unpacked to packed bytes, in a part above 16 MB; a sheet has 5 to 40
MAX_SMALL = 64 << 20  # bytes of a part that is no sheet and no table of texts
MAX_TEXTS = 20_000_000  # in the table of texts
MAX_CELL = 20_000_000  # characters; Excel has 32,767
MAX_COLUMNS = 16_384
SEARCHED_ROWS = 30  # for the headers, from the first that is not empty

_SAVE_AS = "open it in Excel or LibreOffice and save it as .xlsx, or as CSV"
# NotImplementedError: a zip of a later version.
_DAMAGE = (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, LookupError, OverflowError)
_PIECE = 1 << 16
_IN_MEMORY = 1 << 22


def open_workbook(stream: BinaryIO, *, source: str = "-", sheet: str | None = None) -> Table:
    """The table in a workbook; one that cannot be sought, a pipe, is first copied to a temporary file.

    `sheet` is a name, in any case, or a number from 1; else it is the first visible sheet in whose first
    rows stands a usual column name, else the first visible one that is not empty. The headers are the row
    with most usual names among the first 30, else the first that is as wide as any; lines above are left
    out, and so are rows without any text. A row has its number in the sheet, `cells` as a CSV would have
    them, and `values` as the workbook has them; of a formula, its value. Hidden and filtered rows are rows.
    A cell that cannot be read is an error of its row. Raises InputError for what is no workbook that can be
    read, UsageError for a sheet that is not there.
    """
    with ExitStack() as stack:
        if not stream.seekable():
            pipe, stream = stream, cast(BinaryIO, stack.enter_context(TemporaryFile()))
            copyfileobj(pipe, stream)
        with _faults(source):
            package = _Package(stack.enter_context(_opened(stream)))
            book = _Book(package)
            texts = _Texts(stack, package, book)
            chosen, found, rows, reached = _choose(book, texts, package, source, sheet)
        at = _header_at(found)
        width = max((max(row.cells) + 1 for row in found[at:] if row.cells), default=0)
        headers = _texts_of(found[at], width)
        table = Table(source, "xlsx", headers, _fitted(chain(found[at + 1 :], rows), width, source))
        table.above = tuple(Row(row.line, _texts_of(row, width)) for row in found[:at])
        table.sheet, table.reached = chosen, reached
        table.sheets = tuple(one.name for one in book.sheets if not one.hidden)
        table.first = [_texts_of(row, width) for row in found[at + 1 :]]
        if sheet is None and len(book.sheets) > 1:
            others = ", ".join(repr(one.name) for one in book.sheets if one.name != chosen)
            table.notes = (f"{source}: read the sheet {chosen!r}; with --sheet you choose another: {others}",)
        if above := [" ".join(text for text, _ in row.cells.values()) for row in found[:at]]:
            shown = ", ".join(repr(line[:60]) for line in above[:3]) + (", \u2026" if above[3:] else "")
            table.notes += (f"{source}: the headers are in row {found[at].line}; left out above them: {shown}",)
        weakref.finalize(table._rows, stack.pop_all().close)
        return table


@contextmanager
def _faults(source: str) -> Iterator[None]:
    """Whatever a damaged workbook makes of the reader, said in one way."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{source}: {error.message}", error.hint) from None
    except expat.ExpatError as error:
        raise InputError(f"{source}: a damaged workbook: {error}", _SAVE_AS) from None
    except _DAMAGE as error:
        raise InputError(f"{source}: a damaged or incomplete workbook: {error}", _SAVE_AS) from None


# --- the package -----------------------------------------------------------------------------------------


def _opened(stream: BinaryIO) -> ZipFile:
    stream.seek(0)
    head = stream.read(1024)
    if head.startswith(WORKBOOKS[1]):
        stream.seek(0)
        if "EncryptedPackage".encode("utf-16-le") in stream.read(1 << 26):
            raise InputError("the workbook has a password", "save it without one")
        raise InputError("an old Excel file (.xls)", _SAVE_AS)
    if not head.startswith(b"PK"):
        if not head:
            raise InputError("empty; not a workbook")
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            raise InputError("a web page or XML, not a workbook, whatever its name says", _SAVE_AS)
        raise InputError("not a workbook", "if it is text, say --from csv")
    try:
        return ZipFile(stream)
    except BadZipFile:
        raise InputError("a damaged or incomplete workbook: its end is missing", "copy or download it again") from None


class _Package:
    """The parts of a zip, by name in any case."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._parts = {info.filename.replace("\\", "/").lstrip("/").lower(): info for info in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def size(self, name: str) -> int:
        """Of the part, unpacked."""
        return self._parts[name.lower()].file_size

    def open(self, name: str, limit: int = MAX_UNPACKED) -> IO[bytes]:
        """Raises InputError for a part that is missing, or would unpack to more than is sound.

        `zipfile` reads no more of a part than the size it declares, so that size is what counts.
        """
        info = self._parts.get(name.lower())
        if info is None:
            raise InputError(f"a damaged or incomplete workbook: {name!r} is missing", _SAVE_AS)
        self._check(info, limit)
        return self._archive.open(info)

    @staticmethod
    def _check(info: ZipInfo, limit: int) -> None:
        if info.flag_bits & 1:
            raise InputError("the workbook has a password", "save it without one")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise InputError(f"{info.filename!r} is packed in a way that no workbook is", _SAVE_AS)
        size, packed = info.file_size, max(info.compress_size, 1)
        if size > limit or (size > 1 << 24 and size > MAX_RATIO * packed):
            raise InputError(
                f"{info.filename!r} would unpack from {packed:,} to {size:,} bytes, more than is sound for a workbook",
                "if you trust it, save its table as CSV",
            )


class _Names(dict[str, str]):
    """Names without their prefix: producers, and the strict kind of workbook, differ in it."""

    def __missing__(self, name: str) -> str:
        self[name] = local = name.rpartition(":")[2]
        return local


_LOCAL = _Names()


def _parse(
    part: IO[bytes],
    start: Callable[[str, Attributes], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
) -> Iterator[None]:
    """Hands what is in a part to these functions; yields after each piece of it. No DTD gets through."""

    def refuse(*_: object) -> None:
        raise InputError("a workbook with a DTD, which no spreadsheet writes", _SAVE_AS)

    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, _PIECE
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    while piece := part.read(_PIECE):
        parser.Parse(piece)
        yield
    parser.Parse(b"", True)
    yield


def _elements(package: _Package, name: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small part, in order, with their attributes; all names without prefix."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(tag: str, attributes: Attributes) -> None:
        # The prefix counts in `r:id`, whose like without one is another attribute.
        named = {("r:" if ":" in key else "") + _LOCAL[key]: value for key, value in attributes.items()}
        found.append((_LOCAL[tag], named))

    with package.open(name, MAX_SMALL) as part:
        for _ in _parse(part, start):
            pass
    return found


# --- the workbook ----------------------------------------------------------------------------------------


class _SheetPart(NamedTuple):
    name: str
    part: str
    hidden: bool


class _Book:
    """What a workbook says of itself: its sheets, number formats and first day."""

    def __init__(self, package: _Package) -> None:
        related = _related(package, "") if "_rels/.rels" in package else {}
        parts = [part for kind, part in related.values() if kind == "officeDocument"]
        self._path = parts[0] if parts else "xl/workbook.xml"
        if self._path.endswith(".bin"):
            raise InputError("a binary workbook (.xlsb)", _SAVE_AS)
        if "content.xml" in package and "mimetype" in package:
            raise InputError("an OpenDocument file (.ods, .odt)", _SAVE_AS)
        if self._path not in package or "word/document.xml" in package:
            raise InputError("a zip file or a document, no workbook", "one job a file is for `jobcodes classify`")
        related = _related(package, self._path)
        self.texts = next((part for kind, part in related.values() if kind == "sharedStrings"), None)
        styles = next((part for kind, part in related.values() if kind == "styles"), None)
        self.formats = _formats(package, styles) if styles is not None and styles in package else [GENERAL]
        self.first_day = 0
        self.sheets: list[_SheetPart] = []
        for tag, attributes in _elements(package, self._path):
            if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self.first_day = DAYS_TO_1904
            elif tag == "sheet":
                kind, part = related.get(attributes.get("r:id", ""), ("", ""))
                if kind == "worksheet":
                    hidden = attributes.get("state", "visible") != "visible"
                    self.sheets.append(_SheetPart(attributes.get("name", ""), part, hidden))


def _related(package: _Package, owner: str) -> dict[str, tuple[str, str]]:
    """The parts that a part refers to, by the id of the reference: kind and name."""
    folder, name = posixpath.split(owner)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    found = {}
    for tag, attributes in _elements(package, path) if path in package else ():
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/")))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target.lstrip("/"))
    return found


def _formats(package: _Package, part: str) -> list[str]:
    """The number format of each cell style."""
    own: dict[int, str] = {}
    formats: list[str] = []
    within = ""
    for tag, attributes in _elements(package, part):
        if tag in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            within = tag
        elif tag == "numFmt" and not within:
            own[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif tag == "xf" and within == "cellXfs":
            number = int(attributes.get("numFmtId", 0))
            formats.append(own.get(number) or BUILT_IN.get(number) or EAST_ASIAN.get(number, GENERAL))
    return formats or [GENERAL]


class _Texts:
    """The table of texts that cells refer to by number, on disk unless it is small."""

    def __init__(self, stack: ExitStack, package: _Package, book: _Book) -> None:
        self._file = stack.enter_context(SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
        self._ends = array("Q", [0])
        if book.texts is not None and book.texts in package:
            with package.open(book.texts) as part:
                self._read(part)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError
        start = self._ends[number]
        self._file.seek(start)
        return self._file.read(self._ends[number + 1] - start).decode()

    def _read(self, part: IO[bytes]) -> None:
        words = _Words()
        write, ends = self._file.write, self._ends

        def start(name: str, _: Attributes) -> None:
            words.start(_LOCAL[name])

        def end(name: str) -> None:
            tag = _LOCAL[name]
            words.end(tag)
            if tag == "si":
                if len(ends) > MAX_TEXTS:
                    raise InputError(f"a table of more than {MAX_TEXTS:,} texts", "save the table of jobs as CSV")
                ends.append(ends[-1] + write(words.taken().encode()))

        for _ in _parse(part, start, end, words.text):
            pass


class _Words:
    """Collects the text in `t` elements, plain or in runs, without the phonetic guides beside it."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.into = False
        self._guide = False

    def start(self, tag: str) -> None:
        if tag == "rPh":
            self._guide = True
        self.into = tag == "t" and not self._guide

    def end(self, tag: str) -> None:
        if tag == "rPh":
            self._guide = False
        self.into = False

    def text(self, piece: str) -> None:
        if self.into:
            self.add(piece)

    def add(self, piece: str) -> None:
        self.size += len(piece)
        if self.size > MAX_CELL:
            raise InputError(f"a cell of more than {MAX_CELL:,} characters", "save the table of jobs as CSV")
        self.pieces.append(piece)

    def taken(self) -> str:
        text = "".join(self.pieces)
        self.pieces.clear()
        self.size = 0
        return _unescaped(text) if "_x" in text else text


def _unescaped(text: str) -> str:
    """`_x000D_` and the like as the characters they stand for."""

    def character(escape: re.Match[str]) -> str:
        code = int(escape[1], 16)
        return escape[0] if 0xD800 <= code < 0xE000 else chr(code)

    return re.sub("_x([0-9A-Fa-f]{4})_", character, text)


# --- a sheet ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """A row with anything in it: text and value by column from 0."""

    line: int
    cells: dict[int, tuple[str, Cell]]
    error: str = ""


class _Columns(dict[str, int]):
    """Letters of a column, to its number from 0."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters.upper():
            number = number * 26 + ord(letter) - 64
            if not "A" <= letter <= "Z" or number > MAX_COLUMNS:
                raise InputError(f"a damaged workbook: it has a cell in column {letters!r}", _SAVE_AS)
        self[letters] = number - 1
        return number - 1


class _Sheet:
    """Hears of the elements of a sheet, and makes rows of them in `rows`; `read` is how many bytes it was told."""

    def __init__(self, book: _Book, texts: _Texts) -> None:
        self.rows: list[_Found] = []
        self.read = 0
        self.ended = False
        self._formats = book.formats
        self._first_day = book.first_day
        self._texts = texts
        self._columns = _Columns()
        self._words = _Words()
        self._row = _Found(0, {})
        self._at = -1  # the column of the cell
        self._kind = "n"
        self._style = 0
        self._formula: str | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        tag = _LOCAL[name]
        if tag == "c":
            place = attributes.get("r")
            self._at = self._columns[place.rstrip("0123456789")] if place else self._at + 1
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", 0))
            self._formula = None
        elif tag == "v" or tag == "f":
            self._words.into = True
        elif tag == "row":
            self._row = _Found(int(attributes.get("r") or self._row.line + 1), {})
            self._at = -1
        else:
            self._words.start(tag)

    def end(self, name: str) -> None:
        tag = _LOCAL[name]
        if tag == "c":
            self._cell(self._words.taken())
        elif tag == "f":
            self._words.into = False
            self._formula = self._words.taken()
        elif tag == "row":
            if self._row.cells or self._row.error:
                self.rows.append(self._row)
        elif tag == "sheetData":
            self.ended = True
        else:
            self._words.end(tag)

    def text(self, piece: str) -> None:
        self._words.text(piece)

    def _cell(self, raw: str) -> None:
        if not raw:
            # What computes a workbook also keeps the values: this one never met a spreadsheet.
            if self._formula is not None and self._kind == "n":
                self._blame("a formula without its value; open the workbook in Excel or LibreOffice and save it")
                self._row.cells[self._at] = (f"={self._formula}",) * 2
            return
        format = self._formats[self._style] if self._style < len(self._formats) else GENERAL
        text, value = raw, cast(Cell, raw)
        try:
            if self._kind == "s":
                text = value = self._texts[int(raw)]
            elif self._kind == "n":
                text, value = self._number(raw, format)
                format = GENERAL
            elif self._kind == "b":
                value = raw.strip() not in ("0", "false")
                text = "TRUE" if value else "FALSE"
            elif self._kind == "d":
                text, value = _iso(raw, format)
        except (ValueError, OverflowError, IndexError):
            self._blame(f"a damaged cell ({raw[:40]!r}); open the workbook in Excel or LibreOffice and save it")
        if text:
            plain = format == GENERAL or not isinstance(value, str)
            self._row.cells[self._at] = text, value if plain else (text, format)

    def _number(self, raw: str, format: str) -> tuple[str, Cell]:
        if format == GENERAL and raw.isdecimal() and len(raw) < 16:
            return str(int(raw)), int(raw)
        number = float(raw)
        if number - number:  # NaN and the infinite are no numbers here
            raise ValueError(raw)
        if self._first_day and format_kind(format) in ("date", "datetime"):
            number += self._first_day
        whole = int(number) if number == int(number) and abs(number) < 1e15 else number
        return number_text(number, format), whole if format == GENERAL else (whole, format)

    def _blame(self, why: str) -> None:
        letters, number = "", self._at + 1
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(65 + letter) + letters
        self._row.error = self._row.error or f"row {self._row.line}: {letters}{self._row.line} is {why}"


def _iso(raw: str, format: str) -> tuple[str, Cell]:
    """A date that a strict workbook keeps as text."""
    moment = datetime.fromisoformat(raw.strip())
    number = serial(moment.replace(tzinfo=None))
    if format_kind(format) not in ("date", "datetime"):
        format = "yyyy-mm-dd hh:mm:ss" if "T" in raw else "yyyy-mm-dd"
    return number_text(number, format), (number, format)


def _rows_of(part: IO[bytes], sheet: _Sheet) -> Iterator[_Found]:
    """What comes after the rows is not read, so it cannot do anything either."""
    with part:
        for _ in _parse(part, sheet.start, sheet.end, sheet.text):
            sheet.read += _PIECE
            yield from sheet.rows
            sheet.rows.clear()
            if sheet.ended:
                return


# --- the table -------------------------------------------------------------------------------------------


def _choose(
    book: _Book, texts: _Texts, package: _Package, source: str, sheet: str | None
) -> tuple[str, list[_Found], Iterator[_Found], tuple[Callable[[], int], int]]:
    """The name of the sheet, its first rows, those after them, and how many bytes of how many are read."""
    if not book.sheets:
        raise InputError("a workbook without a sheet of cells")
    shown = [one for one in book.sheets if not one.hidden] or book.sheets
    first = None
    for one in shown if sheet is None else [_named(book.sheets, sheet, source)]:
        heard = _Sheet(book, texts)
        rows = _rows_of(package.open(one.part), heard)
        found = list(islice(rows, SEARCHED_ROWS))
        reached = (partial(getattr, heard, "read"), package.size(one.part))
        if found and (sheet is not None or max(map(_usual, found))):
            return one.name, found, rows, reached
        if found and first is None:
            first = one.name, found, rows, reached
    if first is None:
        raise InputError(f"the sheet {sheet!r} is empty" if sheet else "every sheet is empty")
    return first


def _named(sheets: Sequence[_SheetPart], sheet: str, source: str) -> _SheetPart:
    wanted = sheet.strip().casefold()
    for one in sheets:
        if one.name == sheet:
            return one
    for one in sheets:
        if one.name.strip().casefold() == wanted:
            return one
    if wanted.isdecimal() and 1 <= int(wanted) <= len(sheets):
        return sheets[int(wanted) - 1]
    names = [one.name for one in sheets]
    near = get_close_matches(sheet, names, 3, 0.5)
    raise UsageError(
        f"{source}: no sheet {sheet!r}; it has {', '.join(map(repr, names))}",
        f"did you mean {' or '.join(map(repr, near))}?" if near else "give --sheet a name or a number from 1",
    )


def _usual(row: _Found) -> int:
    return sum(is_usual(text) for text, _ in row.cells.values())


def _header_at(rows: Sequence[_Found]) -> int:
    """Which of the first rows has the headers. A line above the table is narrow, even if it is `Job Description`."""
    widest = max(len(row.cells) for row in rows)
    usual = [_usual(row) if len(row.cells) * 2 >= widest else 0 for row in rows]
    return usual.index(max(usual)) if any(usual) else [len(row.cells) for row in rows].index(widest)


def _texts_of(row: _Found, width: int) -> list[str]:
    texts = [""] * width
    for at, (text, _) in row.cells.items():
        if at < width:
            texts[at] = text
    return texts


def _fitted(rows: Iterator[_Found], width: int, source: str) -> Iterator[Row]:
    """The rows with as many cells as there are headers; cells beyond them go into the error."""
    with _faults(source):
        for row in rows:
            values: list[Cell] = [""] * width
            beyond = []
            for at, (text, value) in row.cells.items():
                if at < width:
                    values[at] = value
                else:
                    beyond.append(text)
            error = row.error
            if beyond and not error:
                error = f"row {row.line}: more cells than headers: {', '.join(map(repr, beyond))}"
            yield Row(row.line, _texts_of(row, width), error=error, values=values)
