"""Job text as the classifier reads it: words, clauses and sections, with offsets into the text as given.

Nothing here knows a code or a catalogue. Everything is insensitive to case, spacing, line endings, Unicode
form and HTML tags, and keeps every character where it was, so that evidence can be shown in place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# A word may hold an apostrophe, combining marks, soft hyphens and zero-width characters; `plain` removes them.
_WORD = re.compile("[^\\W_][\\w\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff'\u2019]*")
_MARKS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff_]")
_TAG = re.compile(r"<(?:br|/?p|/?li|/?ul|/?ol|/?div|/?tr|/?h\d)\b[^<>]{0,300}>|<!--.*?-->|</?[a-z][^<>]{0,300}>", re.S)
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8});")
_ENTITY_TEXT = {"&amp;": "&", "&rsquo;": "'", "&lsquo;": "'", "&#39;": "'", "&apos;": "'", "&bull;": "\n"}
LONGEST = 600  # characters of a clause; what is longer is no sentence, and its time would grow with its square
# A clause ends with a sentence, a line or an inline bullet.
_CLAUSE = re.compile(r"[^\n.!?;\u2022\u00b7\u25aa\u25cf]+(?:[.!?;]+(?=[^\s])[^\n.!?;\u2022\u00b7\u25aa\u25cf]*)*")
_BULLET = re.compile(r"\s*(?:[-*+\u2013\u2014\u2022\u00b7\u25aa\u25cf\u25e6>o]|\(?(?:\d{1,2}|[a-z])[.)])\s+")


def flatten(text: str) -> str:
    """The text in lower case with HTML tags and entities blanked out; same length as `text`.

    Tags that end a line or a paragraph become a line break followed by spaces.
    """
    lowered = text.replace("\u0130", "I").lower()  # the one letter whose lower case is two characters
    if "\r" in lowered:
        lowered = lowered.replace("\r\n", " \n").replace("\r", "\n")
    if "<" in lowered:
        lowered = _TAG.sub(_blank_tag, lowered)
    if "&" in lowered:
        lowered = _ENTITY.sub(_blank_entity, lowered)
    return lowered


def _blank_tag(found: re.Match[str]) -> str:
    breaks = re.match(r"</?(?:br|p|li|ul|ol|div|tr|h\d)\b", found[0])
    return ("\n" if breaks else " ").ljust(len(found[0]))


def _blank_entity(found: re.Match[str]) -> str:
    return _ENTITY_TEXT.get(found[0], " ").ljust(len(found[0]))


def words(flat: str, start: int = 0, end: int | None = None) -> list[str]:
    """The words between two offsets of a flattened text."""
    return _WORD.findall(flat, start, len(flat) if end is None else end)


def word_spans(flat: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Start and end of each of the words that `words` gives for the same arguments."""
    return [found.span() for found in _WORD.finditer(flat, start, len(flat) if end is None else end)]


def plain(word: str) -> str:
    """A word without accents, marks, ligatures, typographic apostrophes and a possessive ending."""
    if not word.isascii():
        word = _MARKS.sub("", unicodedata.normalize("NFKD", word).casefold().replace("\u2019", "'"))
    word = word.replace("_", "").strip("'")
    return word.removesuffix("'s")


def stem(word: str) -> str:
    """A plain word without its inflection (plural, -ed, -ing), so that forms of one word agree.

    Light on purpose: `operator` and `operation` stay apart, which stemmers for search merge.
    """
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("sses", "xes", "ches", "shes", "zes")) else word[:-1]
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) >= 3 and re.search("[aeiouy]", root):
            if root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            if root.endswith("i") and ending == "ed":
                root = root[:-1] + "y"
            word = root
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence, bullet or line of a text, by its offsets, in a section of one kind."""

    start: int
    end: int
    section: str


class Headings:
    """Recognises section headings: `kinds` maps a section's kind to the phrases that open it."""

    def __init__(self, kinds: Mapping[str, Iterable[str]]) -> None:
        self.kind_of = {tuple(words(phrase)): kind for kind, phrases in kinds.items() for phrase in phrases}
        self.longest = max(map(len, self.kind_of), default=0)

    def kind(self, line: str) -> str | None:
        """The kind of section that the line's words open: the longest known phrase in it, the first of equals."""
        tokens = [plain(word) for word in words(line)]
        if len(tokens) > 8:
            return None
        for length in range(min(self.longest, len(tokens)), 0, -1):
            for i in range(len(tokens) - length + 1):
                if kind := self.kind_of.get(tuple(tokens[i : i + length])):
                    # "Experience" opens a section; "Experience the thrill" does not.
                    return kind if length * 2 >= len(tokens) - 1 else None
        return None


def clauses(flat: str, headings: Headings) -> Iterator[Clause]:
    """The clauses of a flattened text in reading order; headings switch the section and are left out.

    Before the first heading the section is "". A heading nobody knows, if it is marked as one (a colon at
    the end, `#`, `**`), opens the section "" again.
    """
    section, start = "", 0
    for line in _unwrapped(flat):
        end = start + len(line)
        begin = start
        text = line.strip(" \t*_#:=-\u00a0")
        if text and len(text) <= 200:
            marked = len(text) <= 80 and (
                line.rstrip(" *_").endswith(":")
                or line.lstrip()[:1] == "#"
                or (line.lstrip()[:2] == "**" and line.rstrip(" :").endswith("**"))
            )
            head, colon, _ = text.partition(":")
            kind = headings.kind(text) if len(text) <= 60 else None
            if kind or marked:
                section = kind or ""
                start = end + 1
                continue
            if colon and len(head) <= 50 and (kind := headings.kind(head)):
                section = kind
                begin = start + line.index(":") + 1
        for found in _CLAUSE.finditer(flat, begin, end):
            for piece in _pieces(flat, *found.span()):
                yield Clause(*piece, section)
        start = end + 1


def _pieces(flat: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span itself, or if it is too long for a sentence, spans of whole words of at most LONGEST characters."""
    while end - start > LONGEST:
        cut = flat.rfind(" ", start, start + LONGEST)
        cut = cut if cut > start else start + LONGEST
        yield start, cut
        start = cut
    yield start, end


def _unwrapped(flat: str) -> list[str]:
    return flat.split("\n")
