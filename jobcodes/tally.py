"""What a batch counts: decisions and codes, of rows and of distinct jobs, and job codes with several answers."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jobcodes.model import Decision
from jobcodes.render import counted

# So that a table of any length needs the same memory: bits that stand for the distinct jobs. Of 200,000 jobs
# hardly one is taken for another and not counted, of a million some thirty.
_BITS = 1 << 25

# For the same reason; a table that reaches this bound is told so.
MOST_JOB_CODES = 50_000
LISTED = 20  # codes, and job codes with several answers, in the summary for people
ERRORS = 20  # rows that were unusable, with their reasons; for people only the first few
ERRORS_SHOWN = 3
MOST_SHOWN = 200  # characters of a reason, which may quote the cells of a row


class Count(NamedTuple):
    """How many rows were given an answer, and on which line the first of them is."""

    rows: int
    line: int


@dataclass(slots=True)
class Tally:
    """How many rows and how many distinct jobs were given each decision, and each code, so far.

    `errors` are the lines of the first rows that were unusable, and why.
    """

    counts: dict[Decision, int] = field(default_factory=lambda: {"match": 0, "review": 0, "none": 0, "error": 0})
    distinct: dict[Decision, int] = field(default_factory=lambda: {"match": 0, "review": 0, "none": 0})
    codes: Counter[str] = field(default_factory=Counter)
    read: int = 0
    job_codes: dict[str, dict[str, Count]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    _seen: bytearray = field(default_factory=lambda: bytearray(_BITS // 8))

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def jobs(self) -> int:
        """How many distinct jobs there are."""
        return sum(self.distinct.values())

    def add(
        self, decision: Decision, code: str | None, key: bytes, job_code: str = "", line: int = 0, error: str = ""
    ) -> None:
        """Counts a row. `key` is equal for the same job; `job_code` the employer's own, empty if there is none."""
        self.counts[decision] += 1
        if code:
            self.codes[code] += 1
        if decision == "error" or not key:
            if error and len(self.errors) < ERRORS:
                self.errors[line] = error if len(error) <= MOST_SHOWN else f"{error[:MOST_SHOWN]}\u2026"
            return
        if self._is_new(key):
            self.distinct[decision] += 1
        if job_code and (job_code in self.job_codes or len(self.job_codes) < MOST_JOB_CODES):
            answers = self.job_codes.setdefault(job_code, {})
            rows, first = answers.get(code or "none", (0, line))
            answers[code or "none"] = Count(rows + 1, first)

    def _is_new(self, key: bytes) -> bool:
        """Whether this is the first row with the key, of 16 bytes: a Bloom filter of four bits for each."""
        new = False
        for part in struct.unpack("<4I", key):
            byte, bit = divmod(part % _BITS, 8)
            if not self._seen[byte] >> bit & 1:
                self._seen[byte] |= 1 << bit
                new = True
        return new

    def divided(self) -> dict[str, dict[str, Count]]:
        """The employer's job codes whose rows were given different codes, with the rows of each."""
        return {code: answers for code, answers in self.job_codes.items() if len(answers) > 1}

    def record(self) -> dict[str, Any]:
        """The summary of a run, ready for JSON; shares are 0 to 1, null of nothing."""
        people = self.counts["review"] + self.counts["error"]
        return {
            "rows": self.rows,
            "distinct_jobs": self.jobs,
            "decisions": {**self.counts},
            "distinct_decisions": {**self.distinct},
            "codes": {code: self.codes[code] for code in sorted(self.codes)},
            "needs_a_person": {
                "rows": _share(people, self.rows),
                "distinct_jobs": _share(self.distinct["review"], self.jobs),
            },
            "first_errors": [{"line": line, "reason": reason} for line, reason in self.errors.items()],
            "job_codes_complete": len(self.job_codes) < MOST_JOB_CODES,
            "job_codes_with_several_answers": [
                {"job_code": code, "answers": {answer: one._asdict() for answer, one in answers.items()}}
                for code, answers in self.divided().items()
            ],
        }

    def lines(self, errors: bool = True) -> Iterator[str]:
        """The summary of a run for people, line by line; without `errors` only how many there were."""
        counts = ", ".join(f"{count:,} {decision}" for decision, count in self.counts.items())
        yield f"{counted(self.rows, 'row')}: {counts}"
        for line, reason in list(self.errors.items())[: ERRORS_SHOWN if errors else 0]:
            where = "" if reason.startswith((f"line {line}", f"row {line}")) else f"line {line}: "
            yield f"error: {where}{reason}"
        if errors and self.errors and self.counts["error"] > ERRORS_SHOWN:
            yield f"{counted(self.counts['error'] - ERRORS_SHOWN, 'more error')}: the notes of the match say which"
        if not self.jobs:
            return
        found = self.record()
        distinct = ", ".join(f"{count:,} {decision}" for decision, count in self.distinct.items())
        yield f"{counted(self.jobs, 'distinct job')}: {distinct}"
        shares = found["needs_a_person"]
        yield f"for a person: {shares['rows']:.1%} of the rows, {shares['distinct_jobs']:.1%} of the distinct jobs"
        if self.codes:
            # By code, as long as they can be taken in; else the most frequent, ties by code.
            shown = sorted(sorted(self.codes.items()), key=lambda item: -item[1])[:LISTED]
            more = len(self.codes) - len(shown)
            listed = ", ".join(f"{code} {count:,}" for code, count in (shown if more else sorted(shown)))
            yield f"codes: {listed}" + (f" and {more:,} more: --summary FILE has them all" if more else "")
        divided = self.divided()
        for code, answers in list(divided.items())[:LISTED]:
            each = ", ".join(
                f"{answer} in {counted(one.rows, 'row')} (from line {one.line})" for answer, one in answers.items()
            )
            yield f"job code {code}: {each}"
        if len(divided) > LISTED:
            yield f"{counted(len(divided) - LISTED, 'more job code')} with several answers: --summary FILE lists all"
        if not found["job_codes_complete"]:
            yield f"only the first {MOST_JOB_CODES:,} job codes were compared"


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
