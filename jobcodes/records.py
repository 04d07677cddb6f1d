"""A job in: text from bytes, so that encodings have one rule, and the title that the text states.

Nothing in a job stops the run: what cannot be used becomes a posting with an `error` that says why.
"""

from __future__ import annotations

import os
import re
from typing import Protocol

from jobcodes.errors import InputError, UsageError
from jobcodes.model import Match, Posting

MAX_FILE_BYTES = 20_000_000  # of one job description: anything longer is not one

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a Word, Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"{\\rtf", "a rich-text file"),
)
_DOCUMENTS = (*(signature for signature, _ in _SIGNATURES), b"<")
_INVISIBLE = frozenset("\ufeff\u200b\u200c\u200d\u2060\0")  # besides white space; a pattern takes 0.5 ms to compile


# --- text and titles -------------------------------------------------------------------------------------


def decode(data: bytes, encoding: str | None = None) -> str:
    """The text of `data`: UTF-8 or UTF-16, recognised, unless an encoding is named; the BOM is dropped.

    Raises InputError for what is not text or not in that encoding, UsageError for an unknown encoding.
    """
    name = encoding or recognise(data)
    try:
        return data.decode(name).removeprefix("\ufeff")
    except LookupError:
        raise unknown_encoding(name) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(*not_in(name, line, data[error.start : error.start + 1])) from None


def document_text(data: bytes, encoding: str | None = None) -> str:
    """The text of a file: of a Word, PDF, RTF or HTML document what it says, of any other what `decode` gives.

    Raises InputError for what cannot be read, UsageError for an unknown encoding.
    """
    head = data[:1024]
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_DOCUMENTS) and b"%PDF-" not in head:
        return decode(data, encoding)
    from jobcodes import documents

    if read := documents.reader(data):
        return read(data)
    text = decode(data, encoding or documents.html_charset(data))
    return documents.html_text(text) if documents.is_html(text) else text


def recognise(data: bytes) -> str:
    """The encoding of a file from how it begins; InputError when that is not text."""
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise InputError(f"this is {what}, not text", "save it as plain text or CSV")
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:4096]
    # In UTF-16 the text of most languages has a NUL in nearly every other byte, and hardly any between.
    half, even, odd = len(head) // 2, head[0::2].count(0), head[1::2].count(0)
    if half and odd > 0.5 * half and even < 0.05 * half:
        return "utf-16-le"
    if half and even > 0.5 * half and odd < 0.05 * half:
        return "utf-16-be"
    if even + odd > len(head) // 100:
        raise InputError("this is binary data, not text", "save it as plain text or CSV")
    return "utf-8"


def not_in(encoding: str, line: int, byte: bytes) -> tuple[str, str]:
    """Message and hint for a byte that is no text."""
    found = f"byte 0x{byte.hex()}" if byte else "its end"
    hint = "name its encoding, for example --encoding cp1252"
    return f"line {line} is not {encoding.upper()} ({found})", hint


def unknown_encoding(name: str) -> UsageError:
    """What to raise for an encoding that Python does not know."""
    return UsageError(f"no encoding is called {name!r}", "use utf-8, utf-16, cp1252 or latin-1")


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_INLINE = frozenset({"a", "b", "code", "em", "font", "i", "small", "span", "strong", "u"})
_MARKS = " \t\u00a0\u200b\ufeff#*_>`=~"  # markdown and white space around a line
_LABEL = re.compile(
    r"(?:(?:job|position|role|working|official|business|posting)[ \t]?)?title|"
    r"position|role|job name|job(?=\s*:)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[ \t*_]*(?:[:\uff1a|\t]|[ \t][-\u2013\u2014][ \t])[ \t*_:|]*")
_BULLET = re.compile(r"(?:[-+*\u2022\u00b7\u25cf\u25aa\u25e6\u2013\u2014]|\(?\w{1,2}[.)])\s")
_SENTENCE = re.compile(r"(?:we|we're|our|you|your|join|as an?|this|these|are you|do you|i|in|it|there)\b", re.I)
# The name of the document: the title may stand behind it or below it.
_DOCUMENT = re.compile(r"(?:job|position|role) (?:description|posting|profile|specification|spec|ad)|vacancy")
# The heading of a section: no title, and none below it. A line of such words only is one; a pattern for them would
# take longer to compile than to classify a job.
_HEADING_WORDS = frozenset(
    word
    for words in (
        "the your our key main essential primary principal minimum preferred general basic and of job position role",
        "company team employment work overview summary description purpose concept detail details introduction profile",
        "story mission values opportunity duties tasks responsibilities accountabilities functions requirements",
        "qualifications skills education experience benefits location locations department salary schedule hours date",
        "type title name full time part remote apply now hiring we are",
    )
    for word in words.split()
)
_HEADING = re.compile(r"about.*|who we are|how we .*|what (?:we|you) .*|why .*")


def guess_title(text: str) -> str | None:
    """The job's title as its text states it, or None.

    First a line `Job title: X` (title, position, role, working title, …; also `**Title:** X`, or X on the
    next line) among the first 40; else the first line, when it is short (80 characters), followed by more,
    and no sentence, bullet or heading. Below the name of the document ("Job Description"), the next line.
    """
    head = text[:8000]
    if "<" in head:
        head = _TAG.sub(lambda tag: "" if tag[2].lower() in _INLINE else "\n", head)
    stripped = map(str.strip, head.replace("\r", "\n").split("\n"))
    lines = [line for line in stripped if line.strip(_MARKS)]
    for number, line in enumerate(lines[:40]):
        plain = line.lstrip(_MARKS + "-\u2022")
        if label := _LABEL.match(plain):
            rest = plain[label.end() :]
            separator = _SEPARATOR.match(rest)
            if not rest.strip(_MARKS + ":"):
                found = as_title("".join(lines[number + 1 : number + 2]))
            else:
                found = as_title(rest[separator.end() :]) if separator else None
            if found:
                return found
    for line in lines[:-1]:
        if _DOCUMENT.fullmatch(_words(line)):
            continue
        name, *value = re.split(r":|\s[-\u2013\u2014]\s", line, maxsplit=1)
        return as_title(value[0] if value and _DOCUMENT.fullmatch(_words(name)) else line)
    return None


def as_title(line: str) -> str | None:
    """The line without its markup, when it can be a title."""
    title = " ".join(line.strip(_MARKS).split())
    if "&" in title:
        from html import unescape

        title = unescape(title)
    words = _words(title)
    if not title or len(title) > 80 or title.endswith((".", ":", ";", "!", "?", ",")):
        return None
    if _HEADING.fullmatch(words) or _HEADING_WORDS.issuperset(words.split()) or _DOCUMENT.fullmatch(words):
        return None
    if _BULLET.match(line) or _SENTENCE.match(title):
        return None
    return title if any(map(str.isalpha, title)) else None


def _words(line: str) -> str:
    return re.sub(r"[\W\d_]+", " ", line).strip().lower()


# --- one file, one job -----------------------------------------------------------------------------------


def read_posting(path: str, *, title: str | None = None, encoding: str | None = None) -> Posting:
    """The job in a file, with the title given, else the one its text states; `error` when it is unusable.

    Raises UsageError for an encoding that does not exist, nothing else.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Posting(path, title=title, error="no such file")
    except IsADirectoryError:
        closed = not os.access(path, os.R_OK | os.X_OK)
        what = "a folder that cannot be opened" if closed else "a folder, not a file; name the files in it"
        return Posting(path, title=title, error=what)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return Posting(path, title=title, error=f"cannot be read: {getattr(error, 'strerror', None) or error}")
    return posting_from_bytes(data, path, title=title, encoding=encoding)


def posting_from_bytes(data: bytes, source: str, *, title: str | None = None, encoding: str | None = None) -> Posting:
    """The job in `data`, as `read_posting` gives it."""
    if len(data) > MAX_FILE_BYTES:
        limit = f"larger than {MAX_FILE_BYTES // 1_000_000} MB"
        return Posting(source, title=title, error=f"{limit}; a table of jobs is for `jobcodes batch`")
    try:
        text = document_text(data, encoding)
    except InputError as error:
        return Posting(source, title=title, error=f"{error.message}; {error.hint}")
    return posting_from_text(text, source, title=title)


def posting_from_text(text: str, source: str, *, title: str | None = None) -> Posting:
    """The job in `text`, with the title given, else the one it states; `error` when it holds nothing."""
    if is_blank(text):
        return Posting(source, title=title, error="empty; give it a job description")
    return Posting(source, text, title if title and not is_blank(title) else guess_title(text))


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in the text."""
    return all(char.isspace() or char in _INVISIBLE for char in text)


# --- to their matches ----------------------------------------------------------------------------------


class Coder(Protocol):
    """What classifies: `jobcodes.Classifier`, or anything with its verb."""

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match: ...


def match_posting(posting: Posting, classifier: Coder, top: int = 3) -> Match:
    """The match of a posting; for one that could not be read, the decision error with the reason.

    A text that holds several roles is no more than a review.
    """
    if posting.error:
        return Match(decision="error", notes=(posting.error,))
    from jobcodes.roles import with_note

    return with_note(classifier.classify(posting.text, posting.title, top), posting.text)
