"""Job text as the classifier reads it: words, lines and sections, with offsets into the text as given.

Nothing here knows a code or a catalogue. Everything is insensitive to case, spacing, line endings, Unicode
form and HTML tags, and keeps every character where it was, so that evidence can be shown in place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

# A word may hold an apostrophe, combining marks, soft hyphens and zero-width characters; `plain` removes them.
# A clause ends with a mark that ends a sentence, or with an inline bullet.
BREAKS = frozenset(".!?;\u2022\u00b7\u25aa\u25cf")
# In ASCII text a range beats \w by a fifth.
_ASCII_TOKEN = re.compile(r"[a-zA-Z0-9_']+|[.!?;](?=[\s*_\"')\]]|$)", re.ASCII)
# Patterns that `re` compiles, and keeps, when a text first needs them: many never do.
_TOKEN = (
    "[\\w'\u2019\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]+|[.!?;](?=[\\s*_\"')\\]]|$)|[\u2022\u00b7\u25aa\u25cf]"
)
_TAG = r"(?s)<(?:br|/?p|/?li|/?ul|/?ol|/?div|/?tr|/?h\d)\b[^<>]{0,300}>|<!--.*?-->|</?[a-z][^<>]{0,300}>"
_ENTITY = r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8});"
# "growth.Responsibilities:Monitor": ads that lost their line breaks. Four letters, so that no address is cut.
_GLUED = re.compile(r"[.!?;](?=[a-z]{4})(?<=[a-z]{3}.)")
IGNORED = "ignore"  # the kind of section that says nothing about the job
HEADING = 100  # characters that no heading has
LONGEST = 100  # words of a clause; what is longer is no sentence, and its time would grow with its square


def flatten(text: str) -> str:
    """The text in lower case with HTML tags and entities blanked out; same length as `text`.

    Tags that end a line or a paragraph become a line break followed by spaces, and so does the end of a sentence
    that the next one follows without a space.
    """
    lowered = text.replace("\u0130", "I").lower()  # the one letter whose lower case is two characters
    if lowered[:1] == "\ufeff":
        lowered = f" {lowered[1:]}"  # a byte order mark: no word
    if "\r" in lowered:
        lowered = lowered.replace("\r\n", " \n").replace("\r", "\n")
    if "<" in lowered:
        lowered = re.sub(_TAG, _blank_tag, lowered)
    if "&" in lowered:
        lowered = re.sub(_ENTITY, _blank_entity, lowered)
    return _GLUED.sub("\n", lowered)


def _blank_tag(found: re.Match[str]) -> str:
    breaks = re.match(r"</?(?:br|p|li|ul|ol|div|tr|h\d)\b", found[0])
    return ("\n" if breaks else " ").ljust(len(found[0]))


def _blank_entity(found: re.Match[str]) -> str:
    from html import unescape  # two milliseconds that few texts need

    text = unescape(found[0]).lower().replace("\0", " ")
    if len(text) != 1:  # nothing that HTML knows, or several characters for one
        text = " "
    return text.ljust(
        len(found[0]), "\u200b" if text.isalpha() or text in "'\u2019" else " "
    )  # "don&#39;t" is one word


def _token(flat: str) -> re.Pattern[str]:
    return _ASCII_TOKEN if flat.isascii() else re.compile(_TOKEN)


def tokens(flat: str) -> list[str]:
    """The words of a flattened text, and the marks that end its clauses, in order."""
    found: list[str] = _token(flat).findall(flat)
    return found


def token_spans(flat: str, first: int = 0, last: int | None = None) -> list[tuple[int, int]]:
    """Start and end of the tokens `first` to `last` of those that `tokens` gives."""
    found = _token(flat).finditer(flat)
    return [token.span() for token in islice(found, first, last)]


def words(flat: str) -> list[str]:
    """The words of a flattened text, in order."""
    return [token for token in tokens(flat) if token[0] not in BREAKS]


def plain(word: str) -> str:
    """A word without accents, marks, ligatures, typographic apostrophes and a possessive ending."""
    if not word.isascii():
        letters = unicodedata.normalize("NFKD", word).casefold().replace("\u2019", "'")
        word = "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf"))
    word = word.replace("_", "").strip("'")
    return word.removesuffix("'s")


# Words in -ing and -ed that are things of their own: a booking is no book, accounting keeps no customer's account.
_WHOLE = frozenset(
    (
        "accounting",
        "advertising",
        "banking",
        "booking",
        "briefing",
        "building",
        "clothing",
        "engineering",
        "evening",
        "farming",
        "fundraising",
        "gardening",
        "hearing",
        "heating",
        "housing",
        "lighting",
        "manufacturing",
        "marketing",
        "meeting",
        "morning",
        "nursing",
        "painting",
        "parking",
        "plumbing",
        "pricing",
        "printing",
        "programming",
        "publishing",
        "purchasing",
        "rating",
        "recording",
        "roofing",
        "shipping",
        "teaching",
        "trading",
        "wedding",
        "welding",
        "wiring",
        "writing",
        "based",
        "dedicated",
        "experienced",
        "licensed",
        "limited",
        "related",
        "united",
    )
)


def stem(word: str) -> str:
    """A plain word without its inflection (plural, -ed, -ing), so that forms of one word agree.

    Light on purpose: `operator` and `operation` stay apart, which stemmers for search merge, and so do `book`
    and `booking`.
    """
    if len(word) < 4 or not word.isalpha() or word in _WHOLE:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("sses", "xes", "ches", "shes", "zes")) else word[:-1]
        if word in _WHOLE:
            return word
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and (len(root) >= 3 or root == "us") and re.search("[aeiouy]", root):
            if root[-1] == root[-2] and root[-1] not in "lszf" and len(root) > 3:
                root = root[:-1]  # planning, plan
            elif root.endswith("i") and ending == "ed":
                root = root[:-1] + "y"
            elif re.fullmatch("[^aeiou]?[aeiouy][^aeiouwxy]", root):
                root += "e"  # taking, take
            word = root
            break
    if word.endswith("ll") and len(word) > 5:
        word = word[:-1]  # install and instal, controlled and control
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


class Line(NamedTuple):
    """A line of a flattened text below its section's heading: where it starts, its text and its tokens.

    `skip` tokens at its beginning are an inline heading.
    """

    start: int
    text: str
    tokens: list[str]
    skip: int
    section: str


class Headings:
    """Recognises section headings: `kinds` maps a section's kind to the phrases that open it."""

    def __init__(self, kinds: Mapping[str, Iterable[str]]) -> None:
        self.kind_of = {tuple(map(plain, words(phrase))): kind for kind, phrases in kinds.items() for phrase in phrases}
        self.longest = max(map(len, self.kind_of), default=0)
        self.words = frozenset(word for phrase in self.kind_of for word in phrase)

    def kind(self, found: Sequence[str]) -> str | None:
        """The kind of section that a line of these tokens opens; None if it opens none.

        It does if a known phrase makes up half of the line or more, the longest known one, the first of equals:
        "Experience" opens a section, "Experience the thrill" does not.
        """
        if len(found) > 2 * self.longest + 1:
            return None
        heading = [word for token in found if token[0] not in BREAKS and (word := plain(token))]
        if self.words.isdisjoint(heading):
            return None
        for length in range(min(self.longest, len(heading)), (len(heading) + 1) // 2 - 1, -1):
            for i in range(len(heading) - length + 1):
                if kind := self.kind_of.get(tuple(heading[i : i + length])):
                    return kind
        return None


def lines(flat: str, headings: Headings) -> Iterator[Line]:
    """The lines of a flattened text with the kind of section they stand in; headings are left out.

    Before the first heading the section is "". A heading nobody knows, if it is marked as one (a colon at
    the end, `#`, `**`), opens the section "" again. A line such as `Company: Acme` speaks for itself only.
    """
    section, start = "", 0
    for line in flat.split("\n"):
        # In a section that nobody reads, only what is short enough for a heading needs a look.
        found = tokens(line) if section != IGNORED or len(line) < HEADING else []
        if found:
            kind, skip = _heading(line, found, headings)
            if skip == len(found):
                section = kind or ""
            elif kind != IGNORED:
                section = section if kind is None else kind
                yield Line(start, line, found, skip, section)
        start += len(line) + 1


def _heading(line: str, found: list[str], headings: Headings) -> tuple[str | None, int]:
    """The section that a line opens (None if it opens none), and how many of its tokens are its heading."""
    head, colon, rest = line.partition(":")
    if colon and rest.strip(" \t*_"):
        opening = tokens(head) if len(head) < HEADING else []
        if opening and (kind := headings.kind(opening)) is not None:
            return kind, len(opening)
    elif len(found) <= 12:
        if (kind := headings.kind(found)) is not None:
            return kind, len(found)
        bare = line.strip(" \t_")
        if colon or bare[:1] == "#" or (bare[:2] == "**" and bare[-2:] == "**"):
            return "", len(found)
    return None, 0
