"""Reads a job as an analyst does: duty by duty, which code does each speak for?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jobcodes.cues import SKIPPED, CueIndex, Hit, Words
from jobcodes.model import Evidence
from jobcodes.text import Clause, Headings, clauses, flatten, word_spans, words
from jobcodes.vocabulary import Vocabulary, need_of

# A clause under "Requirements" says what the person knows, not what the job does: it counts this much.
REQUIREMENT = 0.35
# A title's words after its first comma, dash or bracket name a team, a place or a shift as often as the job.
ASIDE = 0.5
# How many words after "not", "reports to", "works with the … team" are not about this job.
NEGATED = 7
_TITLE_BREAK = re.compile(r"\s[-\u2013\u2014/:]+\s|[,(|;:\u2013\u2014]|\s-|-\s")


@dataclass(frozen=True, slots=True)
class Definition:
    """The words of a code's title and definition, stemmed, each with its weight (0 to 1)."""

    words: Mapping[str, float]
    title: frozenset[str]


@dataclass(frozen=True, slots=True)
class Duty:
    """A clause of the job with the cues in it and what it speaks for: a weight of 0 to 1 by key."""

    clause: Clause
    weight: float
    hits: tuple[Hit, ...]
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A job as read. Texts are flattened; `title_scores` has a weight of 0 to 1 by key.

    `signals` sums the general cues (executive, internal, …) over the duties.
    """

    text: str
    title: str
    duties: tuple[Duty, ...]
    title_hits: tuple[tuple[int, int, Hit, float], ...]
    title_scores: dict[str, float]
    signals: dict[str, float] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is not a single word to go by."""
        return not words(self.text) and not words(self.title)

    def described(self) -> list[Duty]:
        """The duties that coverage is counted over: those under a duties heading if there are any such,
        else every clause outside the requirements."""
        duties = [duty for duty in self.duties if duty.clause.section == "duties"]
        return duties if len(duties) > 1 else [duty for duty in self.duties if duty.clause.section != "requirements"]


class Reader:
    """Finds a vocabulary's cues in a job, and those of `definitions`: words by code, with their weights."""

    def __init__(self, vocabulary: Vocabulary, definitions: Mapping[str, Definition]) -> None:
        self.in_titles, self.in_duties = vocabulary.in_titles, vocabulary.in_duties
        known = set(vocabulary.words)
        if definitions:
            self.in_titles, self.in_duties = self.in_titles.copy(), self.in_duties.copy()
            known |= {word for definition in definitions.values() for word in definition.words}
            _add_definitions(self.in_titles, definitions, {word for d in definitions.values() for word in d.title})
            _add_definitions(self.in_duties, definitions, known)
        self.words = Words(known, vocabulary.variants, vocabulary.articles, vocabulary.exact)
        entries = (vocabulary.entries | vocabulary.outside).items()
        self.general = frozenset(
            (*vocabulary.signals, *vocabulary.bands, *(need_of(key) for key, entry in entries if entry.needs))
        )
        self.headings = Headings(vocabulary.headings)

    def read(self, text: str, title: str) -> Reading:
        flat, flat_title = flatten(text), flatten(title)
        duties = tuple(self._duties(flat, words(flat_title)))
        signals: dict[str, float] = {}
        for duty in duties:
            for key, score in duty.scores.items():
                if key in self.general:
                    signals[key] = signals.get(key, 0.0) + duty.weight * score
        title_hits = tuple(self._title_hits(flat_title))
        title_scores: dict[str, float] = {}
        for _, _, hit, weight in title_hits:
            title_scores[hit.key] = 1 - (1 - title_scores.get(hit.key, 0.0)) * (1 - weight)
        return Reading(flat, flat_title, duties, title_hits, title_scores, signals)

    def _duties(self, flat: str, title: list[str]) -> Iterator[Duty]:
        for clause in clauses(flat, self.headings):
            if clause.section == "ignore" or words(flat, clause.start, clause.end) == title:
                continue  # a title that stands in the text too is still one piece of evidence
            found = self._forms(flat, clause.start, clause.end)
            hits = _unnegated(self.in_duties.find(found))
            scores = _scores(hits)
            if scores.get("boilerplate", 0.0) >= 0.5 or (not hits and len(found) < 3):
                continue
            weight = REQUIREMENT if clause.section == "requirements" else 1.0
            yield Duty(clause, weight, tuple(hits), scores)

    def _title_hits(self, flat: str) -> Iterator[tuple[int, int, Hit, float]]:
        """Start and end of each piece of the title, a cue in it, and what it weighs there."""
        start, factor = 0, 1.0
        for end, following in [
            *(found.span() for found in _TITLE_BREAK.finditer(flat)),
            (len(flat), len(flat)),
        ]:
            forms = self._forms(flat, start, end)
            for hit in self.in_titles.find(forms):
                yield start, end, hit, hit.weight * factor
            if forms:
                factor = ASIDE
            start = following

    def _forms(self, flat: str, start: int, end: int) -> list[str]:
        return [form for form in map(self.words.__getitem__, words(flat, start, end)) if form != SKIPPED]

    def evidence(
        self, reading: Reading, text: str, title: str, keys: frozenset[str], most: int
    ) -> tuple[Evidence, ...]:
        """The strongest cues for any of `keys`, at most `most`, title before text, then as they stand.

        Where two overlap the heavier one is kept, then the longer, then the earlier.
        """
        found = [
            self._locate(reading.title, title, "title", start, end, hit, weight)
            for start, end, hit, weight in reading.title_hits
            if hit.key in keys
        ]
        found += [
            self._locate(
                reading.text,
                text,
                "text",
                duty.clause.start,
                duty.clause.end,
                hit,
                hit.weight * duty.weight,
            )
            for duty in reading.duties
            for hit in duty.hits
            if hit.key in keys and hit.sign > 0
        ]
        found.sort(key=lambda e: (-e.weight, e.start - e.end, e.field != "title", e.start, e.term))
        kept: list[Evidence] = []
        for evidence in found:
            if len(kept) < most and not any(
                evidence.field == other.field and evidence.start < other.end and other.start < evidence.end
                for other in kept
            ):
                kept.append(evidence)
        return tuple(sorted(kept, key=lambda e: (e.field != "title", e.start)))

    def _locate(self, flat: str, given: str, field: str, start: int, end: int, hit: Hit, weight: float) -> Evidence:
        spans = [span for span in word_spans(flat, start, end) if self.words[flat[slice(*span)]] != SKIPPED]
        first = min(spans[start][0] for start, _ in hit.spans)
        last = max(spans[end - 1][1] for _, end in hit.spans)
        term = " \u2026 ".join(term for _, term in sorted(zip(hit.spans, hit.terms, strict=True)))
        misspelt = any(word in self.words.corrected for word in words(flat, first, last))
        kind = "fuzzy" if misspelt else "title" if field == "title" else "keyword"
        return Evidence(field, given[first:last], first, last, term, kind, round(weight, 4))

    def corrections(self, evidence: Iterable[Evidence]) -> list[tuple[str, str]]:
        """The misspelt words in the evidence and what each was read as, in order, each once."""
        found = {}
        for item in evidence:
            for word in words(flatten(item.text)):
                if word in self.words.corrected:
                    found[word] = self.words.corrected[word]
        return list(found.items())


def _scores(hits: Iterable[Hit]) -> dict[str, float]:
    """What a clause speaks for: cues add up like independent chances, counter-cues take their share away."""
    missed: dict[str, float] = {}
    against: dict[str, float] = {}
    for hit in hits:
        side = missed if hit.sign > 0 else against
        side[hit.key] = side.get(hit.key, 1.0) * (1 - hit.weight)
    return {key: (1 - miss) * against.get(key, 1.0) for key, miss in missed.items()}


def _unnegated(hits: list[Hit]) -> list[Hit]:
    """The cues that are about this job: none that follows a "not" or belongs to somebody else."""
    stops = {hit.spans[0][1] for hit in hits if hit.key == "negation"}
    stops -= {hit.spans[0][1] for hit in hits if hit.key == "affirmation"}
    if not stops:
        return hits
    return [hit for hit in hits if not any(stop <= start < stop + NEGATED for stop in stops for start, _ in hit.spans)]


def _add_definitions(index: CueIndex, definitions: Mapping[str, Definition], words: set[str]) -> None:
    """Makes each of `words` a cue of the codes that have it in their definition."""
    codes: dict[str, list[tuple[str, float]]] = {}
    for code, definition in definitions.items():
        for word, weight in definition.words.items():
            if word in words:
                codes.setdefault(word, []).append((code, weight))
    for word, found in codes.items():
        part = index.add_part({word: [(word,)]})
        for code, weight in found:
            index.add_cue(code, weight, 1, [part])
