"""Job descriptions in Word, PDF, RTF and HTML as plain text; the kind is told by content, never by suffix.

The text is what `text` reads best: a heading is `# Heading` (`**Heading**` when it is only bold), a list item
`• item`, the row of a form `Label: value`, a page break a form feed on a line of its own. Nothing in a file is
run or fetched; how much of it is unpacked has limits.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jobcodes.errors import InputError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element
    from zipfile import ZipFile

MAX_PART_BYTES = 50_000_000  # of one part of a Word file, unpacked
MAX_PAGES = 200  # of a PDF
MAX_CONTENT_BYTES = 3_000_000  # of what a PDF draws on its pages, unpacked
MAX_OPERATIONS = 300_000  # of drawing in a PDF: seconds at worst
MAX_RTF = 5_000_000  # characters of an RTF file without its pictures
MAX_LABEL = 60  # characters of a form's label
MAX_HEADING = 80  # characters of a bold line that is a heading

PAGE = "\f"
_BULLETS = "\x7f\u2022\u00b7\u25cf\u25aa\u25e6\u25a0\u2023\uf0b7\uf0a7\uf0d8\uf0fc\ue000-\uf8ff"
_ITEM = re.compile(rf"(?:[{_BULLETS}]\s*|o\t)")
_HTML = re.compile(r"\s*<(?:[^<>]*>\s*<){0,20}(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
_INSTALL = "pip install 'jobcodes[office]'"


class Block(NamedTuple):
    """A paragraph. `kind`: heading, bold (all of it, and short), item (of a list), line, or "" for the rest."""

    text: str
    kind: str = ""


def reader(data: bytes) -> Callable[[bytes], str] | None:
    """What turns a document of this kind into text; None when the bytes are no document known here.

    The function raises InputError for a file that is broken, protected, too large, or without text. Raises
    InputError for a kind that is not read at all.
    """
    head = data[:1024]
    if data.startswith(b"PK\x03\x04"):
        return _guarded(_word_text, "a Word or zip file")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_office(data)
    if head.lstrip().startswith(b"{\\rtf"):
        return _guarded(_rtf_text, "a rich-text file")
    # What scanners and web servers put before a PDF's first line is at most a few lines.
    return _guarded(_pdf_text, "a PDF") if re.search(rb"(?:\A|[\r\n])%PDF-\d", head) else None


def is_html(text: str) -> bool:
    """Whether a text is a whole HTML page; a fragment such as `<p>…</p>` is read as it stands."""
    return _HTML.match(text[:2000]) is not None


def html_charset(data: bytes) -> str | None:
    """The encoding that an HTML page names in its head, if Python knows it."""
    import codecs

    if found := _CHARSET.search(data[:4096]):
        try:
            return codecs.lookup(found[1].decode()).name
        except LookupError:
            pass
    return None


def _guarded(read: Callable[[bytes], str], what: str) -> Callable[[bytes], str]:
    """The reader with whatever a hostile or broken file makes a library raise as one InputError."""

    def guarded(data: bytes) -> str:
        try:
            return read(data)
        except InputError:
            raise
        except ImportError:
            raise InputError(f"this is {what}, which takes a library to read", _INSTALL) from None
        except RecursionError:
            raise InputError(f"this is {what}, nested too deeply to read", "save it anew, or as plain text") from None
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:100]
            raise InputError(f"this is {what}, and broken ({reason})", "save it anew, or as plain text") from None

    return guarded


def _old_office(data: bytes) -> InputError:
    """What to say of the container that Word and Excel used until 2007, and still use for what is encrypted."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return InputError("this Office file is protected with a password", "save it without one")
    if "WordDocument".encode("utf-16-le") in data:
        return InputError("this is an old Word file (.doc)", "save it as .docx")
    return InputError("this is an old Office file, not text", "save it as .docx or plain text; a table is for `batch`")


# --- to lines --------------------------------------------------------------------------------------------


def _text(blocks: Sequence[Block]) -> str:
    """The blocks as text; bold is a heading only above what is not."""
    lines = []
    for block, below in zip(blocks, [*blocks[1:], Block("")], strict=False):
        if block.kind == "heading":
            lines += ["", f"# {block.text}"]
        elif block.kind == "bold" and below.kind != "bold" and below.text:
            lines += ["", f"**{block.text}**"]
        elif block.kind == "item":
            lines.append(f"\u2022 {block.text}")
        else:
            lines.append(block.text)
    return "\n".join(lines).strip("\n")


def _block(text: str, kind: str, bold: bool) -> Iterator[Block]:
    """The block of a paragraph, or the blocks between its page breaks."""
    for number, part in enumerate(text.split(PAGE)):
        if number:
            yield Block(PAGE)
        for line in part.split("\n"):
            words = " ".join(line.split())
            if not words:
                continue
            if item := _ITEM.match(line.lstrip()):
                words, own = " ".join(line.lstrip()[item.end() :].split()), kind or "item"
            elif bold and not kind and len(words) <= MAX_HEADING:
                own = "bold"
            else:
                own = kind
            if words:
                yield Block(words, own)


def _row(cells: Sequence[Sequence[Block]]) -> Iterator[Block]:
    """A row of a table: the label and the value of a form on one line, other cells below each other."""
    filled = [cell for cell in cells if cell]
    if len(filled) in (2, 4) and all(_is_label(cell) for cell in filled[::2]):
        for (label,), value in zip(filled[::2], filled[1::2], strict=True):
            name = label.text.rstrip(" :")
            if len(value) == 1:
                yield Block(f"{name}: {value[0].text}", "line")
            else:
                yield Block(f"{name}:", "line")
                yield from value
    else:
        for cell in filled:
            yield from cell


def _is_label(cell: Sequence[Block]) -> bool:
    text = cell[0].text
    return len(cell) == 1 and cell[0].kind != "item" and len(text) <= MAX_LABEL and not text.endswith((".", ";", ","))


# --- Word ------------------------------------------------------------------------------------------------


def _word_text(data: bytes) -> str:
    from zipfile import BadZipFile, ZipFile

    try:
        archive = ZipFile(io.BytesIO(data))
    except BadZipFile:
        raise InputError("this is a Word or zip file, cut short or broken", "save it anew") from None
    with archive:
        names = set(archive.namelist())
        if any(name.startswith("xl/") for name in names):
            raise InputError("this is an Excel workbook", "a table of jobs is for `jobcodes batch`")
        if not any(name.startswith("word/") for name in names):
            what = "a PowerPoint file" if any(name.startswith("ppt/") for name in names) else "a zip file"
            what = "an OpenDocument file" if "content.xml" in names and "mimetype" in names else what
            raise InputError(f"this is {what}, not a job description", "save the text as .docx or plain text")
        # Word names its parts as it likes; a relationship says which one is what.
        main = _related(archive, "_rels/.rels", "", "/officeDocument") or "word/document.xml"
        folder, _, name = main.rpartition("/")
        styles = _related(archive, f"{folder}/_rels/{name}.rels", f"{folder}/", "/styles")
        body = _part(archive, main)
        known = _Styles(_part(archive, styles) if styles in names else None)
        text = _text(list(_walk(body, known)))
    if not text.strip():
        raise InputError("this Word file holds no text", "a picture of one needs text recognition (OCR) first")
    return text


def _part(archive: ZipFile, name: str) -> Element:
    """A part of the file, parsed; InputError for one that unpacks without end or refers beyond itself."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if archive.getinfo(name).flag_bits & 1:
        raise InputError("this file is protected with a password", "save it without one")
    with archive.open(name) as stream:
        data = stream.read(MAX_PART_BYTES + 1)
    if len(data) > MAX_PART_BYTES:
        raise InputError(f"this Word file unpacks to more than {MAX_PART_BYTES // 1_000_000} MB", "save it anew")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise InputError("this Word file declares XML entities, which Word never does", "save it anew") from None
    return root


def _related(archive: ZipFile, rels: str, folder: str, type_: str) -> str:
    """The part that a list of relationships names for this type; empty if none."""
    if rels in archive.namelist():
        for relation in _part(archive, rels):
            if relation.get("Type", "").endswith(type_):
                target = relation.get("Target", "")
                return target[1:] if target.startswith("/") else folder + target
    return ""


class _Styles:
    """What a style says of its paragraphs: heading, item, bold."""

    def __init__(self, root: Element | None) -> None:
        styles = () if root is None else [style for style in root if _local(style) == "style"]
        self._styles = {_value(style, "styleId"): style for style in styles}

    def facts(self, style: str) -> set[str]:
        """Of a style and those it is based on."""
        found: set[str] = set()
        for _ in range(10):
            if (element := self._styles.get(style)) is None:
                break
            style = ""
            for child in element:
                kind = _local(child)
                if kind == "name":
                    name = _value(child).lower()
                    if name == "title" or re.fullmatch(r"heading \d", name):
                        found.add("heading")
                    elif name.startswith(("list bullet", "list number")):
                        found.add("item")
                    elif name == "strong":
                        found.add("bold")
                elif kind == "basedOn":
                    style = _value(child)
                elif kind in ("pPr", "rPr"):
                    found |= _facts(child)
        return found


def _facts(properties: Element) -> set[str]:
    """What the properties of a paragraph or a run say by themselves: heading, item, bold, hidden, page, end."""
    found = set()
    for one in properties:
        kind, on = _local(one), _value(one) not in ("0", "false", "off")
        if kind == "outlineLvl" and _value(one) < "9":
            found.add("heading")
        elif kind == "numPr":
            numbers = [_value(child) for child in one if _local(child) == "numId"]
            found |= {"item"} if numbers and numbers[0] != "0" else set()
        elif kind == "sectPr":
            types = [_value(child) for child in one if _local(child) == "type"]
            found |= {"end"} if types != ["continuous"] else set()
        elif on and kind in ("b", "vanish", "pageBreakBefore"):
            found.add({"b": "bold", "vanish": "hidden", "pageBreakBefore": "page"}[kind])
    return found


def _walk(parent: Element, styles: _Styles) -> Iterator[Block]:
    """The paragraphs and tables below an element, in the order of the file."""
    for child in parent:
        kind = _local(child)
        if kind == "p":
            yield from _paragraph(child, styles)
        elif kind == "tbl":
            for row in _below(child, "tr"):
                yield from _row([list(_walk(cell, styles)) for cell in _below(row, "tc")])
        elif kind not in _SKIPPED and not _is_placeholder(child):
            yield from _walk(child, styles)


# Deleted or moved away; said elsewhere; the same again for older programs (see _chosen).
_SKIPPED = frozenset({"del", "moveFrom", "sectPr", "sdtPr", "tblPr", "tcPr", "trPr", "rPr", "instrText"})


def _below(parent: Element, wanted: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also those inside a content control."""
    for child in parent:
        kind = _local(child)
        if kind == wanted:
            yield child
        elif kind not in _SKIPPED and kind not in ("tr", "tc", "p"):
            yield from _below(child, wanted)


def _paragraph(paragraph: Element, styles: _Styles) -> Iterator[Block]:
    """A paragraph, with a text box that is anchored in it before or after it, as the anchor stands."""
    facts: set[str] = set()
    before: list[Block] = []
    after: list[Block] = []
    text: list[str] = []
    bold: list[bool] = []

    def runs(parent: Element, formats: frozenset[str]) -> None:
        for child in parent:
            kind = _local(child)
            if kind == "pPr":
                for one in child:
                    if _local(one) == "pStyle":
                        facts.update(styles.facts(_value(one)))
                facts.update(_facts(child))
            elif kind == "r":
                runs(child, _run_facts(child, styles))
            elif kind == "AlternateContent":
                runs(_chosen(child), formats)
            elif kind == "txbxContent":
                (after if "".join(text).strip() else before).extend(_walk(child, styles))
            elif "hidden" in formats or kind in _SKIPPED or _is_placeholder(child):
                continue
            elif kind == "t":
                text.append(child.text or "")
                if text[-1].strip():
                    bold.append("bold" in formats)
            elif kind in _CHARACTERS:
                text.append(PAGE if kind == "br" and _value(child, "type") == "page" else _CHARACTERS[kind])
            else:
                runs(child, formats)

    runs(paragraph, frozenset())
    kind = "heading" if "heading" in facts else "item" if "item" in facts else ""
    yield from before
    if "page" in facts:
        yield Block(PAGE)
    yield from _block("".join(text), kind, "bold" in facts or (bool(bold) and all(bold)))
    yield from after
    if "end" in facts:
        yield Block(PAGE)


_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _run_facts(run: Element, styles: _Styles) -> frozenset[str]:
    found: set[str] = set()
    for properties in run:
        if _local(properties) == "rPr":
            found |= _facts(properties)
            for one in properties:
                if _local(one) == "rStyle":
                    found |= styles.facts(_value(one))
    return frozenset(found)


def _chosen(alternatives: Element) -> Element:
    """Of a text box that stands there twice, for newer and older programs, the one with the text."""
    for one in alternatives:
        if any(_local(inner) == "txbxContent" for inner in one.iter()):
            return one
    return alternatives[0] if len(alternatives) else alternatives


def _is_placeholder(element: Element) -> bool:
    """Whether it is a field of a form that nobody filled in: "Click here to enter text"."""
    return _local(element) == "sdt" and any(
        _local(inner) == "showingPlcHdr" for child in element if _local(child) == "sdtPr" for inner in child
    )


def _local(element: Element) -> str:
    """The name without its namespace, which differs between the two forms of the format."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Element, name: str = "val") -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


# --- PDF -------------------------------------------------------------------------------------------------


def _pdf_text(data: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.generic import NullObject, StreamObject

    _silence("pypdf")
    pdf = PdfReader(io.BytesIO(data))
    if pdf.is_encrypted and not _is_open(pdf):
        raise InputError("this PDF is protected with a password", "save it without one")
    if len(pdf.pages) > MAX_PAGES:
        raise InputError(f"this PDF has more than {MAX_PAGES} pages", "one job description a file, please")
    done = size = 0
    too_much = InputError("this PDF draws more than any job description", "save it as plain text")

    def count(*_: object) -> None:
        nonlocal done
        done += 1
        if done > MAX_OPERATIONS:
            raise too_much

    pages = []
    for page in pdf.pages:
        contents = page.get("/Contents", NullObject()).get_object()
        for part in contents if isinstance(contents, list) else [contents]:
            stream = part.get_object()
            size += len(stream.get_data()) if isinstance(stream, StreamObject) else 0
        if size > MAX_CONTENT_BYTES:
            raise too_much
        pages.append(_unwrapped(page.extract_text(visitor_operand_before=count)))
    # What was filled into a form is no part of the page: it comes first, where a title is looked for.
    filled = "".join(
        f"{str(field.get('/TU') or name).strip().rstrip(':')}: {field['/V']}\n"
        for name, field in (pdf.get_fields() or {}).items()
        if isinstance(field.get("/V"), str) and field.get("/FT") in ("/Tx", "/Ch") and str(field["/V"]).strip()
    )
    text = filled + f"\n{PAGE}\n".join(pages)
    if not text.strip():
        raise InputError("this PDF holds pictures and no text", "run text recognition (OCR) on it first")
    return text


def _is_open(pdf: object) -> bool:
    """Whether a protected PDF can be read without a password, as one can that is only closed to changes."""
    return bool(pdf.decrypt(""))  # type: ignore[attr-defined]


def _silence(name: str) -> None:
    """Keeps a library's warnings off stderr: what matters of them is in our one line."""
    import logging

    logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _unwrapped(text: str) -> str:
    """The lines of a page with those joined again that only broke because there was no more room.

    That is so for a line that goes on in lower case, and below a line as wide as most lines get.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    widths = sorted(map(len, filter(None, lines)))
    width = max(60, widths[len(widths) * 9 // 10]) if widths else 0
    found: list[str] = []
    full = item = False
    for line in lines:
        if bullet := _ITEM.match(line):
            item, line = True, line[bullet.end() :]
        if not line:
            continue
        open_ = bool(found) and found[-1][-1] not in ".:;!?"
        if item:
            found.append(f"\u2022 {line}")
        elif open_ and (line[0].islower() or full):
            found[-1] += ("" if found[-1].endswith("-") else " ") + line
        else:
            found.append(_FORM_TITLE.sub(r"\1: ", line))
        full, item = len(line) > 0.85 * width, False
    return "\n".join(found)


# The label of a form, of which only a space is left between it and its value.
_FORM_TITLE = re.compile(r"^((?:job|position|role|working) title) (?=[A-Z])", re.IGNORECASE)


# --- RTF -------------------------------------------------------------------------------------------------


def _rtf_text(data: bytes) -> str:
    from striprtf.striprtf import rtf_to_text

    text = re.sub(r"[0-9a-fA-F\s]{500,}", " ", data.decode("latin-1"))  # pictures
    if len(text) > MAX_RTF:
        raise InputError("this rich-text file is larger than any job description", "save it as plain text")
    # Two patterns of the library take quadratic time on hostile files: links, and the font table, which only
    # matters where letters come from a font of another alphabet. Page breaks come through as form feeds.
    text = text.replace("\\fonttbl", "\\*\\nofonts").replace("\\field", "\\nofield")
    text = re.sub(r"\\page(?![a-z])", lambda _: "\\par\\'0c\\par", text)
    blocks: list[Block] = []
    plain: str = rtf_to_text(text, errors="replace")  # type: ignore[no-untyped-call]
    for line in plain.split("\n"):
        if line.endswith("|"):  # a row of a table
            blocks += _row([list(_block(cell, "", False)) for cell in line[:-1].split("|")])
        else:
            blocks += _block(line, "", False)
    if not blocks:
        raise InputError("this rich-text file holds no text", "save it as plain text")
    return _text(blocks)


# --- HTML ------------------------------------------------------------------------------------------------


def html_text(page: str) -> str:
    """The text of an HTML page, without its head, scripts, styles and navigation. Raises InputError."""
    from html.parser import HTMLParser

    class Page(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.blocks: list[Block] = []
            self.tables: list[tuple[list[Block], list[list[Block]]]] = []  # what is around each, its row's cells
            self.text: list[str] = []
            self.kind = ""
            self.bold = self.skipped = self.verbatim = 0
            self.all_bold = True

        def end_block(self) -> None:
            text = "".join(self.text)
            if text.strip():
                self.blocks += _block(text, self.kind, self.all_bold)
                self.kind = ""
            self.text, self.all_bold = [], True

        def end_row(self) -> None:
            self.end_block()
            if self.tables:
                self.blocks, cells = self.tables[-1]
                self.blocks += _row(cells)
                self.tables[-1] = self.blocks, []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag in _UNREAD:
                self.skipped += 1
            elif tag == "body":  # a head may be left open
                self.skipped = 0
            elif tag == "br":
                self.text.append("\n")
            elif tag in _BOLD:
                self.bold += 1
            elif tag not in _INLINE:
                self.end_block()
                self.verbatim += tag == "pre"
                if tag not in ("p", "div"):  # which a list item may hold
                    self.kind = "heading" if re.fullmatch("h[1-6]", tag) else "item" if tag == "li" else ""
                if tag == "table":
                    self.tables.append((self.blocks, []))
                elif tag == "tr":
                    self.end_row()
                elif tag in ("td", "th") and self.tables:
                    self.blocks = []
                    self.tables[-1][1].append(self.blocks)

        def handle_endtag(self, tag: str) -> None:
            if tag in _UNREAD:
                self.skipped = max(0, self.skipped - 1)
            elif tag in _BOLD:
                self.bold = max(0, self.bold - 1)
            elif tag not in _INLINE:
                self.end_block()
                self.verbatim = max(0, self.verbatim - (tag == "pre"))
                self.kind = "" if tag != "p" else self.kind
                if tag in ("tr", "table"):
                    self.end_row()
                if tag == "table" and self.tables:
                    self.tables.pop()

        def handle_data(self, data: str) -> None:
            if self.skipped:
                return
            words = re.sub(r"[^\S\n]+" if self.verbatim else r"\s+", " ", data.replace(PAGE, " "))
            if words.strip():
                self.all_bold = self.all_bold and self.bold > 0
            self.text.append(words)

    parser = Page()
    # Never closed: what stands behind an open comment is not searched again and again. The tag ends the text.
    try:
        # The parser gives up at the conditions that Word writes, `<![if !supportLists]>`, when they are misspelt.
        parser.feed(re.sub(r"<!\[(?:[^<>]{0,100}>)?", "", page) + "\n<p>")
    except AssertionError:
        raise InputError("this is HTML, and broken", "save it anew, or as plain text") from None
    parser.end_block()
    while parser.tables:  # a table that nothing ends
        parser.handle_endtag("table")
    return _text(parser.blocks)


_UNREAD = frozenset({"head", "script", "style", "template", "noscript", "nav", "svg", "title"})
_BOLD = frozenset({"b", "strong"})
_INLINE = frozenset(
    {"a", "abbr", "code", "em", "font", "i", "img", "mark", "small", "span", "sub", "sup", "u", "wbr", "input", "label"}
)
