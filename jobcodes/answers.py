"""The same job, once: which jobs are the same, and the answers given to the latest of them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from jobcodes.model import Posting

T = TypeVar("T")

# What is remembered at most, so that a table of any length needs the same memory. A job that was forgotten is
# classified again.
MOST_JOBS = 8192
MOST_CHARACTERS = 32_000_000
LONGEST = MOST_CHARACTERS // 64  # of one job that is remembered

_BLANKS = bytes.maketrans(b"\t\r\x0b\x0c", b"    ")


def job_key(title: str | None, text: str) -> bytes:
    """Equal for jobs that differ only in case, white space within a line, blank lines and Unicode form.

    16 bytes. The lines of a text count, for they set headings and list items apart.
    """
    # HRIS exports hold the same text thousands of times: this is done for every row, so the whole text is
    # handled at once, as bytes.
    job = f"{title or ''}\0{text}"
    if not job.isascii():
        job = unicodedata.normalize("NFKC", job)
    data = job.casefold().encode("utf-8", "surrogatepass")
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").translate(_BLANKS)
    for many, one in ((b"  ", b" "), (b" \n", b"\n"), (b"\n ", b"\n"), (b"\n\n", b"\n")):
        while many in data:
            data = data.replace(many, one)
    data = data.strip().replace(b" \0", b"\0").replace(b"\0 ", b"\0").replace(b"\0\n", b"\0")
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass(slots=True)
class Answer(Generic[T]):
    """What is said of a job, None until it is classified, and the posting that it is or will be said of.

    `asked`: it is being classified, perhaps by another process.
    """

    key: bytes
    posting: Posting
    said: T | None = None
    asked: bool = False


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
    """Evidence found in one posting, where it stands in another that is the same job.

    Words have the same place in both; within a word of another length the offset is the nearest that fits.
    """
    moved = []
    for found in evidence:
        was, now = (of.title, to.title) if found["field"] == "title" else (of.text, to.text)
        start, end = _moved(found["start"], found["end"], was or "", now or "")
        moved.append(found | {"text": (now or "")[start:end], "start": start, "end": end})
    return moved


def _moved(start: int, end: int, was: str, now: str) -> tuple[int, int]:
    first, last = 0, 0
    for old, new in zip(re.finditer(r"\S+", was), re.finditer(r"\S+", now), strict=False):
        if old.start() <= start:
            first = min(new.start() + start - old.start(), new.end())
        if old.start() < end:
            last = new.end() if end >= old.end() else min(new.start() + end - old.start(), new.end())
    return first, max(first, last)
