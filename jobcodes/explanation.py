"""Why a job got its answer: what each duty speaks for, what was not read, what would have tipped it.

Nothing here scores anything: every figure is what `rank` says of the job, of a part of it, or of the job with
some duties more or less, or what the words of its duties weigh.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from jobcodes.classifier import EVIDENCE, answer_of
from jobcodes.model import Evidence
from jobcodes.ranking import Ranker
from jobcodes.reading import ENGLISH
from jobcodes.text import IGNORED, Line, lines, token_spans, words
from jobcodes.wording import OUTSIDE

if TYPE_CHECKING:
    from jobcodes.classifier import Classifier
    from jobcodes.reading import Duty, Reading

MOST = 5  # duties more or less that are tried for a tip
TRIED = 8  # of the duties that speak for the runner-up, how many are tried for one more like it
COMPARED = 60  # of a long text, the duties that weigh most are compared: each costs a ranking
SHOWN = 3  # duties that tell two answers apart
WORDS, TELLING = 6, 0.1  # words that do, and the least that they must say, as a logarithm
NOTABLE = 0.05  # what a duty must change the odds between two answers by, as a logarithm, to tell them apart
Reason = Literal["heading", "title", "ignored section", "boilerplate", "fragment"]
Scores = tuple[tuple[str, float], ...]  # (code or kind of work outside, mass), the heaviest first


@dataclass(frozen=True, slots=True)
class DutyView:
    """A duty of the job and the codes that it speaks for.

    `start` and `end` are Unicode code points into the text as given. `weight` is what the duty counts at most:
    1, less under a heading for requirements. `codes` has what it weighs for each, `evidence` the words that
    say so. `covered`: whether the answer has evidence for it; None if coverage does not count it.
    """

    start: int
    end: int
    section: str
    weight: float
    codes: Scores
    evidence: tuple[Evidence, ...]
    covered: bool | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of one line that is no duty, and why: a heading, the job's title again, an ignored section (the
    company, pay, benefits), boilerplate elsewhere, or a fragment of a sentence."""

    start: int
    end: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Side:
    """What speaks for one answer: a code, or None for none of these, with the kind of work that it is then.

    `by_title` and `by_duties` are masses: a duty that certainly speaks for the answer weighs 1. Each answer is
    weighed on its own here; between rivals, `confidence` decides. `strongest` are the numbers of the duties,
    from 0, that speak most for this answer rather than for the other. `by_words` is for how many duties the words,
    whatever cues they hold, make it likely, None where they are not weighed; `words` are those that tell it most
    from the other answer.
    """

    code: str | None
    title: str | None
    confidence: float
    by_title: float
    by_duties: float
    strongest: tuple[int, ...]
    by_words: float | None = None
    words: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        return self.by_title + self.by_duties


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a job got its answer: what its title weighs for each code, its duties and all other parts of the text
    in reading order, the answer beside the runner-up (the answer first), and in a sentence the smallest change
    found that would have made it the runner-up."""

    title: Scores
    duties: tuple[DutyView, ...]
    left_out: tuple[LeftOut, ...]
    sides: tuple[Side, ...]
    tip: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer, the keys that speak for it, and how sure it is; its title is a kind of work if it has no code."""

    code: str | None
    title: str | None
    keys: frozenset[str]
    confidence: float


def explain(classifier: Classifier, text: str, title: str | None = None) -> Explanation:
    """Why `classifier` gives a job its answer. Takes many times as long as the answer itself."""
    reading = classifier.reader.read(text, title or "")
    reading = replace(reading, duties=list(_apart(reading.duties)))
    answers = _answers(classifier, reading, text, title)
    by_title = _masses(replace(reading, duties=[replace(duty, scores={}) for duty in reading.duties]), classifier)
    by_duty = [_masses(replace(reading, duties=[duty], title_scores={}), classifier) for duty in reading.duties]
    pulls = _pulls(classifier, reading, by_duty, [answer.code for answer in answers])
    leaders = [
        sorted((i for i in pulls if sign * pulls[i] > NOTABLE), key=lambda i: -abs(pulls[i])) for sign in (1, -1)
    ]
    spans = list(_spans(reading))
    votes = classifier.ranker.votes(reading)
    return Explanation(
        title=_codes(classifier, by_title),
        duties=tuple(
            DutyView(
                *span,
                duty.line.section,
                duty.weight,
                codes := _codes(classifier, masses),
                _evidence(classifier, replace(reading, duties=[duty], title_pieces=[]), text, codes),
                _covered(classifier, reading, duty, answers[0]),
            )
            for span, duty, masses in zip(spans, reading.duties, by_duty, strict=True)
        ),
        left_out=tuple(_left_out(classifier, reading, spans)),
        sides=tuple(
            Side(
                answer.code,
                answer.title,
                answer.confidence,
                _mass_for(by_title, answer.keys),
                sum(_mass_for(masses, answer.keys) for masses in by_duty),
                tuple(leading[:SHOWN]),
                votes.get(answer.code or OUTSIDE),
                tuple(telling[:WORDS]),
            )
            for answer, leading, telling in zip(answers, leaders, _telling(classifier, reading, answers), strict=False)
        ),
        tip=_tip(classifier, reading, text, spans, answers, leaders),
    )


def _answers(classifier: Classifier, reading: Reading, text: str, title: str | None) -> list[_Answer]:
    """The answer and the runner-up, if there is one; nothing for an empty job."""
    if reading.is_empty:
        return []
    ranking, order = classifier.ranked(reading)
    match = classifier.classify(text, title, top=len(order))
    sure: dict[str | None, float] = {other.code: other.confidence for other in match.alternatives}
    sure[None] = max(0.0, 1 - sum(sure.values()))  # what the codes leave
    sure[match.code] = match.confidence or 0.0
    likely: dict[str | None, float] = {code: ranking.codes[code] for code in order}
    likely[None] = 1 - ranking.inside
    others = sorted((code for code in likely if code != match.code), key=lambda code: -likely[code])
    found = []
    for code in (match.code, *others[:1]):
        if code is not None:
            job = classifier.jobs[code]
            found.append(_Answer(code, job.title, classifier.speaking(job), sure[code]))
        elif ranking.kinds:
            kind = max(ranking.kinds, key=lambda kind: ranking.kinds[kind])
            found.append(_Answer(None, classifier.outside[kind].name, frozenset([kind]), sure[None]))
        else:
            found.append(_Answer(None, None, frozenset(), sure[None]))
    return found


def _masses(reading: Reading, classifier: Classifier) -> Mapping[str, float]:
    """What a reading weighs for every key of its scores."""
    keys = {key for scores in (reading.title_scores, *(duty.scores for duty in reading.duties)) for key in scores}
    # To a catalogue without functions every key is a kind of work of its own, which nothing rivals.
    return Ranker(replace(classifier.catalogue, functions=()), {}, keys).rank(reading).kinds


def _mass_for(masses: Mapping[str, float], keys: Iterable[str]) -> float:
    """What speaks for an answer that any of `keys` speaks for."""
    return max((masses.get(key, 0.0) for key in keys), default=0.0)


def _pulls(
    classifier: Classifier, reading: Reading, by_duty: Sequence[Mapping[str, float]], answers: Sequence[str | None]
) -> dict[int, float]:
    """How much likelier each duty makes the first answer against the second, as a logarithm: negative, less."""
    said = [
        max((*masses.values(), *duty.likely), default=0.0) for masses, duty in zip(by_duty, reading.duties, strict=True)
    ]
    heaviest = sorted(range(len(said)), key=lambda i: -said[i])[:COMPARED]

    def lead(reading: Reading) -> float:
        ranking, _ = classifier.ranked(reading)
        first, second = (1 - ranking.inside if code is None else ranking.codes[code] for code in answers)
        return math.log(max(first, 1e-12) / max(second, 1e-12))

    if len(answers) < 2:
        return {}
    whole = lead(reading)
    return {i: whole - lead(_changed(classifier, reading, [i], -1)) for i in sorted(heaviest)}


def _telling(classifier: Classifier, reading: Reading, answers: Sequence[_Answer]) -> tuple[list[str], list[str]]:
    """The words of the duties that make the first answer likelier than the second, and the other way round."""
    wording = classifier.reader.wording
    keys = [answer.code or OUTSIDE for answer in answers]
    if not wording or len(keys) < 2 or not reading.votes.keys() >= set(keys):
        return [], []
    leads: dict[str, float] = defaultdict(float)
    for duty in reading.duties:
        if duty.likely:
            for word, lead in wording.lead(duty.line.tokens[duty.first : duty.last], *keys).items():
                if len(word) > 2 and word not in ENGLISH:
                    leads[word] += duty.weight * lead
    telling = sorted((word for word in leads if abs(leads[word]) > TELLING), key=lambda word: -abs(leads[word]))
    return [word for word in telling if leads[word] > 0], [word for word in telling if leads[word] < 0]


def _codes(classifier: Classifier, masses: Mapping[str, float]) -> Scores:
    """The codes and kinds of work among `masses`; a function only where none of its codes is."""
    found = {key: mass for key, mass in masses.items() if key in classifier.jobs or key in classifier.outside}
    named = {classifier.jobs[key].function for key in found if key in classifier.jobs}
    found |= {key: mass for key, mass in masses.items() if key in classifier.functions and key not in named}
    return tuple(sorted(((key, mass) for key, mass in found.items() if mass), key=lambda item: (-item[1], item[0])))


def _evidence(classifier: Classifier, reading: Reading, text: str, codes: Scores) -> tuple[Evidence, ...]:
    return classifier.reader.evidence(reading, text, "", frozenset(code for code, _ in codes), EVIDENCE)


def _covered(classifier: Classifier, reading: Reading, duty: Duty, answer: _Answer) -> bool | None:
    """Whether the answer covers a duty; None if it is no duty that coverage counts."""
    if answer.code is None:
        return None
    # Beside a duty that is covered, one that is not takes away half, and one that does not count takes nothing.
    covered = replace(duty, line=duty.line._replace(section=""), scores={answer.code: 1.0})
    alone, beside = (
        replace(reading, duties=duties).coverage(answer.keys, classifier.rivals) for duties in ([duty], [duty, covered])
    )
    return True if alone == 1 else False if beside != 1 else None


# --- the text --------------------------------------------------------------------------------------------


def _apart(duties: Iterable[Duty]) -> Iterator[Duty]:
    """The duties, each as a line of its own, so that a long line is not gone through again for each of them."""
    line, spans = None, [(0, 0)]
    for duty in duties:
        if duty.line is not line:
            line = duty.line
            spans = token_spans(line.text)
        start, end = spans[duty.first][0], spans[duty.last - 1][1]
        tokens = duty.line.tokens[duty.first : duty.last]
        own = duty.line._replace(start=duty.line.start + start, text=duty.line.text[start:end], tokens=tokens, skip=0)
        yield replace(duty, line=own, first=0, last=len(tokens))


def _spans(reading: Reading) -> Iterator[tuple[int, int]]:
    """Where each duty stands, with the marks around its words: brackets, quotes, the full stop."""
    flat, before = reading.text, 0
    duties = [duty.span for duty in reading.duties]
    for i, (start, end) in enumerate(duties):
        following = duties[i + 1][0] if i + 1 < len(duties) else len(flat)
        while start > before and not flat[start - 1].isspace():
            start -= 1
        while end < following and not flat[end].isspace():
            end += 1
        yield start, end
        before = end


def _left_out(classifier: Classifier, reading: Reading, duties: Sequence[tuple[int, int]]) -> Iterator[LeftOut]:
    """What lies between the duties, line by line."""
    flat, headings = reading.text, classifier.reader.headings
    known = {line.start: line for line in lines(flat, headings)}
    gaps = zip([0, *(end for _, end in duties)], [*(start for start, _ in duties), len(flat)], strict=True)
    for start, last in gaps:
        for piece in flat[start:last].splitlines(keepends=True):
            if found := words(piece):
                bare = piece.strip()
                begin = start + piece.index(bare)
                line = known.get(flat.rfind("\n", 0, start) + 1)
                if line is None:
                    # What is no heading by itself was passed over because of the section it stands in.
                    reason: Reason = "ignored section" if any(lines(piece, headings)) else "heading"
                else:
                    reason = _reason(found, line, reading)
                yield LeftOut(begin, begin + len(bare), reason)
            start += len(piece)


def _reason(found: list[str], line: Line, reading: Reading) -> Reason:
    """Why these words of a line are no duty."""
    if found == words(" ".join(line.tokens[: line.skip])):
        return "heading"
    if line.section == IGNORED:
        return "ignored section"
    if found == words(reading.title):
        return "title"
    return "fragment" if len(found) < 3 else "boilerplate"


# --- the tip ---------------------------------------------------------------------------------------------


def _tip(
    classifier: Classifier,
    reading: Reading,
    text: str,
    spans: Sequence[tuple[int, int]],
    answers: Sequence[_Answer],
    leaders: Sequence[Sequence[int]],
) -> str:
    """The fewest duties less, or more like one there is, that make the runner-up the answer."""
    if len(answers) < 2:
        return "There is no other answer."
    first, second = (answer.code or (f"none ({answer.title})" if answer.title else "none") for answer in answers)
    if not reading.duties:
        return "There is only a title: no duties to take away or to add."

    def tips(numbers: Sequence[int], change: int) -> bool:
        return answer_of(*classifier.ranked(_changed(classifier, reading, numbers, change))) == answers[1].code

    def quote(i: int) -> str:
        return shortened(text[slice(*spans[i])])

    for count in range(1, MOST + 1):
        less = leaders[0][:count]
        if len(less) == count and tips(less, -1):
            taken = quote(less[0]) if count == 1 else f"the {count} duties that speak most for {first}"
            return f"Without {taken}, the answer would be {second}."
        for i in leaders[1][:TRIED]:
            if tips([i] * count, 1):
                added = "one more duty" if count == 1 else f"{count} more duties"
                return f"With {added} like {quote(i)}, the answer would be {second}."
    return f"Adding or removing up to {MOST} of these duties would not make it {second}."


def _changed(classifier: Classifier, reading: Reading, numbers: Sequence[int], change: int) -> Reading:
    """The reading without these duties (`change` -1), or with each of them once more (1)."""
    picked = [reading.duties[i] for i in numbers]
    gone = set(numbers) if change < 0 else set()
    duties = [duty for i, duty in enumerate(reading.duties) if i not in gone] + (picked if change > 0 else [])
    signals = {
        key: mass + change * sum(duty.weight * duty.scores.get(key, 0.0) for duty in picked)
        for key, mass in reading.signals.items()
    }
    defined = classifier.reader.fit(reading.title_pieces, duties)
    return replace(reading, duties=duties, signals=signals, defined=defined)


def shortened(text: str, longest: int = 60) -> str:
    """The beginning of a text in quotation marks, cut after a word."""
    plain = " ".join(text.split()).strip("-*\u2022\u00b7 ").rstrip(".;,")
    cut = plain if len(plain) <= longest else f"{plain[:longest].rpartition(' ')[0] or plain[:longest]}…"
    return f"\u201c{cut}\u201d"
