"""Several roles in one text: where each begins, and what it is called.

A text that holds several says so by its form: the same label, number or section heading stands before each of
them, or each has its title on a line of its own with its duties below. One job's advertisement does none of
these, however many sections it has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from jobcodes.errors import UsageError
from jobcodes.model import Decision, Match, Posting
from jobcodes.records import as_title, guess_title

# The patterns below are compiled when they are first needed: most jobs never get that far.
MAX_ROLES = 1000  # of one file: what holds more is a table of jobs
MIN_WORDS = 12  # of what a role says of itself below its title
MAX_LINE = 100  # characters of a line that can begin a role

_MARKS = " \t\r\f\u00a0\u200b\ufeff#*_>"  # markdown and white space around a line
_LABELS = frozenset(
    f"{kind}{title}"
    for kind in ("job", "position", "role", "working", "official", "business", "posting", "name of")
    for title in (" title", "title", " name", " position")
) | {"title", "position", "role", "job", "vacancy"}
_NUMBER = (
    r"(?i)(?:job|position|role|vacancy|opening|profile|posting)\s*(?:no\.?|number|#)?\s*"
    r"(?P<number>\d{1,3}|[a-z]|one|two|three|four|five|six|seven|eight|nine|ten)\b(?:\s*(?:of|/)\s*\w+)?"
    r"(?:[\s*_]*[:.)\u2013\u2014-][\s*_]*(?P<title>.*))?"
)
_NUMBERED = frozenset(("job", "position", "role", "vacancy", "opening", "profile", "posting"))
# The section that a role opens with.
_OPENINGS = frozenset(
    f"{whose}{what}"
    for whose in ("", "job ", "position ", "role ", "the ")
    for what in ("concept", "summary", "purpose", "overview", "description", "objective", "profile")
) | {
    f"{whose}{what}"
    for whose in ("", "key ", "main ", "essential ", "primary ", "principal ", "job ")
    for what in ("responsibilities", "duties", "duties and responsibilities", "functions", "accountabilities", "tasks")
}
_FIRST_SENTENCE = r"\s*(?:The|An?|Our)\s+([^.;:!?\n]{3,80}?)\s+(?:is|are|will|has|have|provides?|performs?)\b"
# What somebody is: the words that a title ends with, in the singular.
_NOUNS = frozenset(
    """
    accountant adjuster administrator advisor adviser advocate agent aide analyst apprentice architect assembler
    assessor assistant associate attendant auditor bookkeeper buyer cashier chief clerk coach collector concierge
    consultant controller coordinator co-ordinator counsellor counselor csr dealer designer developer director
    dispatcher drafter driver editor electrician engineer estimator examiner executive expert fitter foreman
    generalist handler head helper inspector installer instructor interpreter intern investigator lead leader
    liaison librarian machinist manager mechanic merchandiser moderator negotiator nurse officer ombudsman operative
    operator partner planner practitioner president processor producer programmer receptionist recruiter rep
    repairer representative researcher salesperson scheduler scientist secretary server specialist steward
    strategist superintendent supervisor surveyor teacher technician technologist teller tester trainee trainer
    translator tutor underwriter vp warden webmaster welder worker writer
    """.split()  # noqa: SIM905
)
_NOUN_FORMS = frozenset(f"{noun}{ending}" for noun in _NOUNS for ending in ("", "s", ",", "s,", ":", "s:"))
_NO_TITLE = frozenset("a an are as be can hiring is join our that the this to was we who will with you your".split())  # noqa: SIM905
_DASH = r"\s+[-\u2013\u2014]\s+"
_ASIDE = r"(?i)\s*\(.*|,\s.*|\s+(?:of|for|to|in|at)\s.*|\s+(?:[ivx]+|\d)$"
_BULLETS = frozenset("-+*\u2022\u00b7\u25cf\u25aa\u25e6\u2013\u2014")
_ORDINAL = r"\(?\d{1,2}[.)]\s+"
_PLAIN_HEADING = r"(?m)^[^\W\d_][^\n]{2,80}[^\s.,;!?](?=\s*$)"
_SEPARATOR = r"(?m)^[ \t]*(?:(?:-[ \t]?){3,}|(?:\*[ \t]?){3,}|(?:=[ \t]?){3,}|(?:_[ \t]?){3,})[ \t\r]*$"


class Role(NamedTuple):
    """A part of a text that is a job of its own, with its title when it has one. `start` is where it begins."""

    title: str | None
    text: str
    start: int


class _Line(NamedTuple):
    """A line that may begin a role: where it stands, its words, and the line above it (empty if that is blank)."""

    start: int
    end: int
    bare: str
    above: str
    indented: bool


class _Candidates(NamedTuple):
    """The numbers of the lines that may begin a role, for each way of beginning one."""

    labelled: list[int]
    numbered: list[int]
    opened: list[int]
    titled: list[int]


# --- finding ---------------------------------------------------------------------------------------------


def find_roles(text: str) -> list[Role]:
    """The roles that headings tell apart, in their order; none when the text is one job.

    The headings are those of the first kind that gives two roles or more: labels (`Job title: X`), numbers
    (`Position 1`), then the section that each role opens with or titles on lines of their own, whichever gives
    more. What stands before the first role belongs to none.
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    lines = text.split("\n")
    found = _candidates(lines)
    if max(map(len, found)) < 2:
        return []
    labelled, numbered, opened, titled = _located(lines, found)
    starts = _labelled(text, labelled) or _numbered(text, numbered)
    if not starts:
        starts = max(_opened(text, opened), _titled(text, titled), key=len)
    if not starts:
        return []
    ends = [*(start for start, _ in starts[1:]), _end_of_last(text, [start for start, _ in starts])]
    return [Role(title, text[start:end].strip("\r\n"), start) for (start, title), end in zip(starts, ends, strict=True)]


def _candidates(lines: Sequence[str]) -> _Candidates:
    """Every job goes through here, so it has to be quick."""
    found = _Candidates([], [], [], [])
    for number, line in enumerate(lines):
        if len(line) > MAX_LINE or not (bare := line.strip(_MARKS)) or bare[-1] == "." or _is_item(line):
            continue
        words = bare.lower().split()
        colon = bare.find(":")
        if words[0] in _NUMBERED:
            found.numbered.append(number)
        elif colon < 0 and _NOUN_FORMS.isdisjoint(words):
            if len(words) < 5 and _heading(bare) in _OPENINGS:
                found.opened.append(number)
            continue
        if colon > 0 and _label(bare) in _LABELS:
            found.labelled.append(number)
        if (heading := _heading(bare)) in _OPENINGS:
            found.opened.append(number)
        elif (
            not bare[0].islower()
            and bare[-1] not in ";!?,"
            and ":" not in heading
            and _NO_TITLE.isdisjoint(words)
            and not _NOUN_FORMS.isdisjoint(heading.replace("(", " ").split())
        ):
            found.titled.append(number)
    return found


def _is_item(line: str) -> bool:
    """Whether it is an item of a list."""
    stripped = line.lstrip()
    return stripped[0] in _BULLETS and stripped[1:2].isspace()


def _label(bare: str) -> str:
    return bare.partition(":")[0].rstrip(_MARKS).lower()


def _heading(bare: str) -> str:
    return bare.rstrip(":" + _MARKS).lower()


def _located(lines: Sequence[str], found: _Candidates) -> Iterator[list[_Line]]:
    """The lines of each kind; none of a kind that has one only."""
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    for numbers in found:
        yield [
            _Line(
                starts[number],
                starts[number + 1] - 1,
                lines[number].strip(_MARKS),
                lines[number - 1].strip() if number else "",
                lines[number][0] in " \t",
            )
            for number in numbers
            if len(numbers) > 1
        ]


def _labelled(text: str, lines: Sequence[_Line]) -> list[tuple[int, str | None]]:
    """Where the same label of a title stands before several."""
    found: dict[str, list[tuple[int, str | None]]] = {}
    for line in lines:
        if title := as_title(line.bare.partition(":")[2]):
            found.setdefault(_label(line.bare), []).append((line.start, title))
    return next((kept for starts in found.values() if (kept := _with_text(text, starts))), [])


def _numbered(text: str, lines: Sequence[_Line]) -> list[tuple[int, str | None]]:
    starts: list[tuple[int, str | None]] = []
    numbers = set()
    for line in lines:
        if found := re.fullmatch(_NUMBER, line.bare):
            numbers.add(found["number"].lower())
            title = as_title(found["title"] or "") or guess_title(text[line.end :].lstrip(_MARKS + "\n")[:2000])
            starts.append((line.start, title or line.bare.strip(_MARKS + ":")))
    return _with_text(text, starts) if numbers & {"1", "a", "one"} else []


def _opened(text: str, lines: Sequence[_Line]) -> list[tuple[int, str | None]]:
    """Where the same section opens again, below a title or with a sentence that begins with one."""
    found: dict[str, list[_Line]] = {}
    for line in lines:
        found.setdefault(_heading(line.bare), []).append(line)
    for openings in found.values():
        if len(openings) < 2:
            continue
        above = [_above(text, line.start) for line in openings]
        over = Counter(name for name, _ in above)
        starts: list[tuple[int, str | None]] = []
        titled = 0
        for line, (name, start) in zip(openings, above, strict=True):
            sentence = re.match(_FIRST_SENTENCE, text[line.end : line.end + 300])
            said = re.sub(r"\s*\([^()]*\)$", "", sentence[1]) if sentence else ""
            own = name if over[name] == 1 else None  # "Back to top" stands above several
            if own and (_is_somebody(own) or not said or not _is_somebody(said)):
                starts.append((start, own))
            else:
                starts.append((line.start, said if said and _is_somebody(said) else None))
            titled += starts[-1][1] is not None
        if 2 * titled > len(openings) and (kept := _with_text(text, starts)):
            return kept
    return []


def _above(text: str, end: int) -> tuple[str | None, int]:
    """The title on the line before `end` or, if that is blank, the one before it; and where that begins."""
    window = text[max(0, end - 3 * MAX_LINE) : end]
    filled = window.rstrip()
    line = filled[filled.rfind("\n") + 1 :]
    bare = line.strip(_MARKS)
    if window.count("\n", len(filled)) > 2 or not bare or len(line) > MAX_LINE or _is_item(line):
        return None, end
    start = end - len(window) + len(filled) - len(line)
    return (None, end) if _heading(bare) in _OPENINGS else (as_title(line.rstrip(":" + _MARKS)), start)


def _titled(text: str, lines: Sequence[_Line]) -> list[tuple[int, str | None]]:
    """Where a title stands on a line of its own, as 'Technical support manager' does."""
    starts: list[tuple[int, str | None]] = []
    for line in lines:
        title = re.sub(_ORDINAL, "", line.bare).rstrip(":" + _MARKS)
        if not _is_somebody(title):
            continue
        # The rest of a sentence, or the value of a label.
        above = line.above
        if len(above) > 50 and above[-1].isalnum() and (line.indented or not _is_item(above)):
            continue
        if above.endswith(":") and len(above.split()) <= 3:
            continue
        starts.append((line.start, title))
    return _with_text(text, starts)


def _is_somebody(title: str) -> bool:
    """Whether it reads as the title of a person, by the last word of it, or of what stands before an aside."""
    ends = {re.sub(_ASIDE, "", part).lower().rpartition(" ")[2] for part in re.split(_DASH, title)}
    if _NOUNS.isdisjoint(ends | {end.removesuffix("s") for end in ends}):
        return False
    words = title.lower().split()
    return len(words) <= 10 and not title[0].islower() and title[-1] not in ".;!?," and _NO_TITLE.isdisjoint(words)


def _with_text(text: str, starts: Sequence[tuple[int, str | None]]) -> list[tuple[int, str | None]]:
    """The starts that have something below them, each title once in a row; none if not two different ones."""
    kept: list[tuple[int, str | None]] = []
    if len(starts) < 2:
        return []
    ends = [*(start for start, _ in starts[1:]), len(text)]
    for (start, title), end in zip(starts, ends, strict=True):
        below = text.find("\n", start, end)
        if below < 0 or len(text[below:end].split(None, MIN_WORDS)) < MIN_WORDS:
            continue
        if not (kept and title and title.casefold() == (kept[-1][1] or "").casefold()):
            kept.append((start, title))
    return kept if len({title for _, title in kept if title}) > 1 else []


def _end_of_last(text: str, starts: Sequence[int]) -> int:
    """Where the last role ends: at a heading, if no role before it has any below its title."""
    begin = set(starts)
    headings = [
        starts[0] + found.start()
        for found in re.finditer(_PLAIN_HEADING, text[starts[0] :])
        if len(found[0].split()) <= 8
    ]
    inside = [start for start in headings if start not in begin]
    return inside[0] if inside and inside[0] > starts[-1] else len(text)


# --- a posting's roles -----------------------------------------------------------------------------------


def with_note(match: Match, text: str) -> Match:
    """The match of a text; when the text plainly holds several roles, a note says so and it is no more than review."""
    roles = find_roles(text)
    if not roles:
        return match
    named = [role.title for role in roles if role.title]
    names = ", ".join(named[:3]) + (", \u2026" if len(roles) > 3 else "")
    note = f"{len(roles)} roles in one text ({names}): `classify --split` takes each for itself."
    decision: Decision = "review" if match.decision == "match" else match.decision
    return replace(match, decision=decision, notes=(*match.notes, note))


def split_posting(posting: Posting, pattern: re.Pattern[str] | None = None) -> list[Posting]:
    """The roles of a posting, each a posting with its own text and title, `file#1`, `file#2`, …

    They begin where the pattern matches, else where `split_roles` finds them. A posting that holds one role
    comes back as it is; one with more than MAX_ROLES as an error.
    """
    if posting.error:
        return [posting]
    roles = split_on(posting.text, pattern) if pattern else split_roles(posting.text)
    if len(roles) < 2:
        return [posting]
    if len(roles) > MAX_ROLES:
        return [Posting(posting.source, error=f"{len(roles):,} roles; a table of jobs is for `jobcodes batch`")]
    return [Posting(f"{posting.source}#{number}", role.text, role.title) for number, role in enumerate(roles, 1)]


# --- splitting -------------------------------------------------------------------------------------------


def split_roles(text: str) -> list[Role]:
    """The roles that headings tell apart, else page breaks, else lines of `---`, `***` or `===`.

    A page or part that states no title goes on with the role before it, unless none states any: then each is
    a role. One role if nothing tells more apart.
    """
    if roles := find_roles(text):
        return roles
    for pattern in ("\f", _SEPARATOR):
        parts = _parts(text, [found.span() for found in re.finditer(pattern, text)])
        titles = [guess_title(part.text) for part in parts]
        if len(parts) < 2 or not (any(titles[1:]) or not titles[0]):
            continue
        roles = [Role(title, part.text, part.start) for part, title in zip(parts, titles, strict=True)]
        joined = roles[:1]
        for role in roles[1:]:
            if role.title or not any(titles):
                joined.append(role)
            else:
                joined[-1] = joined[-1]._replace(text=text[joined[-1].start : role.start + len(role.text)])
        if len(joined) > 1:
            return joined
    return [Role(guess_title(text), text, 0)]


def split_on(text: str, pattern: re.Pattern[str]) -> list[Role]:
    """The parts of a text that begin where the pattern matches; what it matches is left out if it has no words.

    What stands before the first match is a part too.
    """
    # The ends of lines as the pattern expects them, with every character where it was.
    plain = text.replace("\r\n", "\n\n").replace("\r", "\n")
    breaks = [
        (found.start(), found.start() if re.search(r"\w", found[0]) or not found[0] else found.end())
        for found in pattern.finditer(plain)
    ]
    return [Role(guess_title(part.text), part.text, part.start) for part in _parts(text, breaks)]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern of --split-on; `^` and `$` are the ends of a line. Raises UsageError."""
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(
            f"--split-on {pattern!r} is no regular expression: {error}", "see docs.python.org/3/howto/regex"
        ) from None
    if compiled.match(""):
        raise UsageError(f"--split-on {pattern!r} matches everywhere", "say what a role begins with: '^Position'")
    return compiled


def _parts(text: str, breaks: Sequence[tuple[int, int]]) -> list[Role]:
    """What stands between the breaks, without what is blank and the blank lines around it."""
    parts = []
    begins, ends = [0, *(end for _, end in breaks)], [*(start for start, _ in breaks), len(text)]
    for start, end in zip(begins, ends, strict=True):
        part = text[start:end]
        if words := part.strip(" \t\r\n\f\u00a0"):
            at = start + part.index(words[0])
            parts.append(Role(None, text[at : at + len(words)], at))
    return parts
