"""The same job, once: which jobs are the same, and the answers given to the latest of them."""

from __future__ import annotations

import hashlib
import unicodedata
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, TypeVar

from jobcodes.model import Posting

T = TypeVar("T")

# What is remembered at most, so that a table of any length needs the same memory. A job that was forgotten is
# classified again.
MOST_JOBS = 8192
MOST_CHARACTERS = 32_000_000
LONGEST = MOST_CHARACTERS // 64  # of one job that is remembered

_BLANKS = b" \t\n\r\x0b\x0c"


def job_key(title: str | None, text: str) -> bytes:
    """Equal for jobs that differ only in case, white space and Unicode form: 16 bytes.

    White space counts as such in a title and a short text, and not at all in a longer one.
    """
    # This is done for every row: collapsing white space would take five times as long as leaving it out.
    parts = [_plain(title or ""), _plain(text)]
    parts = [b" ".join(part.split()) if len(part) < 200 else part.translate(None, _BLANKS) for part in parts]
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()


def _plain(text: str) -> bytes:
    if text.isascii():
        return text.encode().lower()
    return unicodedata.normalize("NFKC", text).casefold().encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class Answer(Generic[T]):
    """What is said of a job, None until it is classified, and the posting that it is or will be said of.

    `asked`: it is being classified, perhaps by another process.
    """

    key: bytes
    posting: Posting
    said: T | None = None
    asked: bool = False

    def is_of(self, posting: Posting) -> bool:
        """Whether it is said of this very text and title, and not only of the same job."""
        return (self.posting.text, self.posting.title) == (posting.text, posting.title)


class Answers(Generic[T]):
    """The answers to the jobs met last; which are kept depends on nothing but the order of the postings."""

    def __init__(self, most: int = MOST_JOBS, characters: int = MOST_CHARACTERS) -> None:
        self._kept: OrderedDict[bytes, Answer[T]] = OrderedDict()
        self._most = most
        self._room = characters

    def of(self, posting: Posting) -> Answer[T]:
        """The answer to the same job, or one that is still to be given."""
        key = job_key(posting.title, posting.text)
        kept = self._kept
        if found := kept.get(key):
            kept.move_to_end(key)
            return found
        answer = Answer[T](key, posting)
        if len(posting.text) <= LONGEST:
            kept[key] = answer
            self._room -= len(posting.text)
            while len(kept) > self._most or self._room < 0:
                self._room += len(kept.popitem(last=False)[1].posting.text)
        return answer


def relocated(evidence: list[dict[str, Any]], of: Posting, to: Posting) -> list[dict[str, Any]]:
    """Evidence found in one posting, where it stands in another that is the same job."""
    moved = []
    for found in evidence:
        was, now = (of.title, to.title) if found["field"] == "title" else (of.text, to.text)
        before, after = _letters(was or ""), _letters(now or "")
        # The first letter begins where the count before it is first exceeded, the last ends where it is reached.
        start = bisect_right(after, before[found["start"]]) - 1
        end = bisect_left(after, before[found["end"]])
        moved.append(found | {"text": (now or "")[start:end], "start": start, "end": end})
    return moved


def _letters(text: str) -> list[int]:
    """For each place in a text how many letters, in the sense of `job_key`, stand before it."""
    return list(accumulate(map(_letters_in, text), initial=0))


def _letters_in(character: str) -> int:
    if character.isascii():
        return not character.isspace()
    return len("".join(unicodedata.normalize("NFKD", character).casefold().split()))
