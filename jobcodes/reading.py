"""Reads a job as an analyst does: duty by duty, which code does each speak for?"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobcodes.cues import BREAK, SKIPPED, Cue, Hit, Words
from jobcodes.model import Evidence
from jobcodes.text import IGNORED, LONGEST, Headings, Line, flatten, lines, plain, token_spans, tokens, words
from jobcodes.vocabulary import Vocabulary, need_of
from jobcodes.wording import load_wording

if TYPE_CHECKING:
    from jobcodes.definitions import Definitions

# A clause under "Requirements" says what the person knows, not what the job does: it counts this much.
REQUIREMENT = 0.35
# A title's words after its first comma, dash or bracket name a team, a place or a shift as often as the job.
ASIDE = 0.5
# How many words after "not", "reports to", "works with the … team" are not about this job.
NEGATED = 7
SPEAKS = 0.25  # a clause speaks for something from this weight on: one weak cue is enough
PLAINLY = 0.7  # … and plainly from this one
SAYS_WORK = 0.5  # a clause whose words make all work together less likely than this says what any job says
# A duty speaks for a definition by the share of its words that the definition has; with half of them, certainly.
FITS = 2.0
TELLING = 0.4  # a word of a definition is evidence from this rarity on
# A text of this many words or more is not English if few of its words are the vocabulary's, and fewer ENGLISH.
FOREIGN, KNOWN_SHARE, ENGLISH_SHARE = 8, 0.4, 0.06
_ENGLISH = "the and of to with our your their this you we is are will by from as on all for in a an or that be"
ENGLISH = frozenset(_ENGLISH.split())
_TITLE_BREAK = re.compile(r"\s[-\u2013\u2014/:]+\s|[,(|;:\u2013\u2014]|\s-|-\s")


@dataclass(slots=True)
class Duty:
    """A clause of the job with the cues in it and what it speaks for: a weight of 0 to 1 by key.

    It is the tokens `first` to `last` of its line; a title is read as such a clause too. `forms` are its
    words as the vocabulary knows them, the articles left out; `stems` those by which it is compared with
    definitions, if there are any. `likely` is how likely its words make each key of a wording, in its order.
    """

    line: Line
    first: int
    last: int
    weight: float
    forms: list[str]
    hits: list[Hit]
    scores: dict[str, float]
    stems: Sequence[str] = ()
    likely: Sequence[float] = ()

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of each of its words in the flattened text, articles and all."""
        start = self.line.start
        return [(start + a, start + b) for a, b in token_spans(self.line.text, self.first, self.last)]

    @property
    def is_common(self) -> bool:
        """Whether it is what any job says."""
        return self.scores.get("common", 0.0) >= PLAINLY

    @property
    def span(self) -> tuple[int, int]:
        """Where it starts and ends in the flattened text."""
        spans = self.spans()
        return spans[0][0], spans[-1][1]


@dataclass(slots=True)
class Reading:
    """A job as read: its duties, the pieces of its title, and what the title speaks for (0 to 1 by key).

    `signals` sums the general cues (executive, internal, …) over the duties; `size` counts their words.
    `defined` are the codes whose definitions fit best, for codes that are known by these: 1 for the best of them.
    `worded` are the keys that `likely` of a duty is about.
    `foreign`: the text is in a language that the vocabulary does not speak, and no definition fits.
    """

    text: str
    title: str
    duties: list[Duty]
    title_pieces: list[Duty]
    title_scores: dict[str, float]
    signals: dict[str, float] = field(default_factory=dict)
    size: int = 0
    defined: Mapping[str, float] = field(default_factory=dict)
    worded: Sequence[str] = ()
    foreign: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is not a single word to go by."""
        return not self.duties and not self.title_pieces and not any(map(plain, words(self.text)))

    @property
    def votes(self) -> dict[str, float]:
        """How many duties, by their weight, the words make each code that a wording knows likely for, and work outside.

        {} without any such word.
        """
        likely = [[duty.weight * one for one in duty.likely] for duty in self.duties if duty.likely]
        return dict(zip(self.worded, map(sum, zip(*likely, strict=True)), strict=True)) if likely else {}

    def coverage(self, keys: frozenset[str], rivals: Container[str]) -> float | None:
        """The share (0 to 1) of the job's duties with evidence for any of `keys`; None without text.

        A hint is evidence, and so are words that make them likely. A duty is a clause outside the requirements that
        speaks for one of the keys, or by its cues plainly for one of the `rivals` (all codes and kinds of work
        outside). What any job says is no duty, by its cues or by its words, and neither is a clause that speaks for
        nothing: whether it does made no difference to how many answers were right on the jobs that the calibration
        was fitted on.
        """
        covered = others = 0
        own = [i for i, key in enumerate(self.worded) if key in keys]
        for duty in self.duties:
            scores, likely = duty.scores, duty.likely
            if duty.line.section == "requirements" or duty.is_common:
                continue
            cued = not keys.isdisjoint(scores) and any(scores.get(key, 0.0) >= SPEAKS for key in keys)
            if cued or (likely and sum(likely[i] for i in own) >= SPEAKS):
                covered += 1
            elif likely and sum(likely) < SAYS_WORK:
                continue
            elif any(score >= PLAINLY and key in rivals for key, score in scores.items()):
                others += 1
        if not self.duties:
            return None
        return round(covered / (covered + others), 4) if covered else 0.0


def words_of(vocabulary: Vocabulary) -> Words:
    """What tells the words of a vocabulary in any form and spelling."""
    return Words(vocabulary.words, vocabulary.variants, vocabulary.articles, vocabulary.spelling, vocabulary.exact)


class Reader:
    """Finds a vocabulary's cues in a job, and the words of `definitions` for codes that are known by these.

    The words of a duty say, too, how likely they make any of `codes` that they are weighed for.
    """

    def __init__(
        self, vocabulary: Vocabulary, definitions: Definitions | None = None, codes: Collection[str] = ()
    ) -> None:
        self.in_titles, self.in_duties = vocabulary.in_titles, vocabulary.in_duties
        self.definitions = definitions
        self.words = words_of(vocabulary)
        wording = load_wording(self.words) if codes else None
        self.wording = wording if wording and any(code in wording.keys for code in codes) else None
        entries = (vocabulary.entries | vocabulary.outside).items()
        self.general = frozenset(
            (*vocabulary.signals, *vocabulary.bands, *(need_of(key) for key, entry in entries if entry.needs))
        )
        self.headings = Headings(vocabulary.headings)

    def read(self, text: str, title: str) -> Reading:
        flat, flat_title = flatten(text), flatten(title)
        duties = list(self._duties(flat, words(flat_title)))
        signals: dict[str, float] = {}
        for duty in duties:
            for key, score in duty.scores.items():
                if key in self.general:
                    signals[key] = signals.get(key, 0.0) + duty.weight * score
        pieces = list(self._title_pieces(flat_title))
        for part in (*pieces, *duties) if self.definitions else ():
            part.stems = self._stems(part)
        defined = self.fit(pieces, duties)
        for part in (*pieces, *duties) if defined else ():
            self._compare(part, defined)
        title_scores: dict[str, float] = {}
        for piece in pieces:
            for key, score in piece.scores.items():
                title_scores[key] = 1 - (1 - title_scores.get(key, 0.0)) * (1 - score)
        size = sum(len(duty.forms) for duty in duties)
        foreign = not defined and _is_foreign(duties, size)
        for duty in duties if self.wording else ():
            duty.likely = self._likely(duty)
        worded = self.wording.keys if self.wording else ()
        return Reading(flat, flat_title, duties, pieces, title_scores, signals, size, defined, worded, foreign)

    def fit(self, pieces: Iterable[Duty], duties: Iterable[Duty]) -> dict[str, float]:
        """The codes whose definitions fit a job best, from the pieces of its title and its duties."""
        if not self.definitions:
            return {}
        counts: dict[str, float] = {}
        for duty in duties:
            for word in duty.stems:
                counts[word] = counts.get(word, 0.0) + duty.weight
        return self.definitions.scores([word for piece in pieces for word in piece.stems], counts)

    def _likely(self, duty: Duty) -> Sequence[float]:
        """What the words of a duty say, unless every job says so, or some of it is not about this job."""
        assert self.wording
        if "negation" in duty.scores or duty.is_common:
            return ()
        return self.wording.likely(duty.line.tokens[duty.first : duty.last])

    def _compare(self, part: Duty, codes: Iterable[str]) -> None:
        """Adds to what a clause speaks for the codes with whose definitions it shares words."""
        assert self.definitions
        for code, share in self.definitions.shares(part.stems, codes).items():
            score = min(1.0, FITS * share) * (part.weight if part.line.section == "title" else 1.0)
            part.scores[code] = 1 - (1 - part.scores.get(code, 0.0)) * (1 - score)

    def _duties(self, flat: str, title: list[str]) -> Iterator[Duty]:
        form_of = self.words.__getitem__
        for line in lines(flat, self.headings):
            # A title that stands in the text too is still one piece of evidence.
            if line.section == IGNORED or (len(line.tokens) == len(title) and line.tokens == title):
                continue
            weight = REQUIREMENT if line.section == "requirements" else 1.0
            found = list(map(form_of, line.tokens))
            for first, last in _clauses(found, line.skip):
                forms = [form for form in found[first:last] if form is not SKIPPED]
                hits = self.in_duties.find(forms)
                if not hits:
                    if len(forms) > 2:
                        yield Duty(line, first, last, weight, forms, hits, {})
                    continue
                scores = _scores(hits)
                if "negation" in scores:
                    hits = _unnegated(hits)
                    scores = _scores(hits)
                if scores.get("boilerplate", 0.0) < 0.5:
                    yield Duty(line, first, last, weight, forms, hits, scores)

    def _title_pieces(self, flat: str) -> Iterator[Duty]:
        """The title's pieces between commas, dashes and brackets; the first counts most."""
        start, weight = 0, 1.0
        for end, following in [*(found.span() for found in _TITLE_BREAK.finditer(flat)), (len(flat), len(flat))]:
            piece = flat[start:end]
            heard = tokens(piece)
            forms = [form for form in map(self.words.__getitem__, heard) if form is not SKIPPED and form is not BREAK]
            if forms:
                hits = self.in_titles.find(forms)
                line = Line(start, piece, heard, 0, "title")
                yield Duty(line, 0, len(heard), weight, forms, hits, _scores(hits, weight))
                weight = ASIDE
            start = following

    def evidence(
        self, reading: Reading, text: str, title: str, keys: frozenset[str], most: int
    ) -> tuple[Evidence, ...]:
        """The strongest cues for any of `keys`, at most `most`, title before text, then as they stand.

        Where two overlap the heavier one is kept, then the earlier.
        """
        defined = keys & reading.defined.keys()
        found = [
            (-hit[0].weight * part.weight, part.line.section != "title", number, hit, part)
            for number, part in enumerate((*reading.title_pieces, *reading.duties))
            if not keys.isdisjoint(part.scores)
            for hit in ([*part.hits, *self._defining(part, defined)] if defined else part.hits)
            if hit[0].key in keys and hit[0].sign > 0
        ]
        found.sort(key=lambda item: item[:3])
        kept: list[Evidence] = []
        spans: dict[int, list[tuple[int, int]]] = {}
        for _, in_text, number, hit, part in found:
            if number not in spans:
                spans[number] = self._spans(part)
            first, last = min(start for start, _ in hit[1]), max(end for _, end in hit[1]) - 1
            start, end = spans[number][first][0], spans[number][last][1]
            field = "text" if in_text else "title"
            if not any(field == other.field and start < other.end and other.start < end for other in kept):
                words_ = part.line.text[start - part.line.start : end - part.line.start]
                misspelt = any(word in self.words.corrected for word in words(words_))
                kind = "fuzzy" if misspelt else "keyword" if in_text else "title"
                kind = kind if hit[0].parts else "definition"
                term = " … ".join(self.terms(hit, part))
                weight = round(hit[0].weight * part.weight, 4)
                kept.append(Evidence(field, (text if in_text else title)[start:end], start, end, term, kind, weight))
                if len(kept) == most:
                    break
        return tuple(sorted(kept, key=lambda e: (e.field != "title", e.start)))

    def _spans(self, part: Duty) -> list[tuple[int, int]]:
        """Start and end of each of the clause's `forms`."""
        return [span for span, word in zip(part.spans(), self._heard(part), strict=True) if word]

    def _heard(self, part: Duty) -> list[str]:
        """The words of a clause; "" for those that are not among its `forms`."""
        silent = (SKIPPED, BREAK)  # a break is in titles only: "Sr. Analyst"
        return ["" if self.words[word] in silent else word for word in part.line.tokens[part.first : part.last]]

    def _stems(self, part: Duty) -> list[str]:
        """The stems of a clause's words, without those that tell nothing."""
        assert self.definitions
        return [found for word in self._heard(part) if word and (found := self.definitions.stems[word])]

    def _defining(self, part: Duty, codes: Collection[str]) -> Iterator[Hit]:
        """The telling words that a clause shares with the definitions of codes, as cues without parts."""
        assert self.definitions
        stems = [self.definitions.stems[word] for word in self._heard(part) if word]
        for code in sorted(codes):
            for i, stem in enumerate(stems):
                weight = self.definitions.rarity.get(stem, 0.0) if stem in self.definitions.words[code] else 0.0
                if weight >= TELLING:
                    yield Cue(code, weight, 1, []), ((i, i + 1),)

    def terms(self, hit: Hit, part: Duty) -> list[str]:
        """The parts of a cue as the vocabulary writes them, in the order they stand in the text.

        A word of a definition is as the definition first writes it.
        """
        if not hit[0].parts and self.definitions:
            words = [word for word in self._heard(part) if word]
            return [self.definitions.spelling[self.definitions.stems[words[start]]] for start, _ in hit[1]]
        return (self.in_titles if part.line.section == "title" else self.in_duties).terms(hit, part.forms)

    def corrections(self, evidence: Iterable[Evidence]) -> list[tuple[str, str]]:
        """The misspelt words in the evidence and what each was read as, in order, each once."""
        found = {}
        for item in evidence:
            if item.kind == "fuzzy":
                for word in words(flatten(item.text)):
                    if word in self.words.corrected:
                        found[word] = self.words.corrected[word]
        return list(found.items())


def _is_foreign(duties: Sequence[Duty], size: int) -> bool:
    """Whether the text, `size` words, is in a language that the vocabulary does not speak; a few may be in any."""
    if size < FOREIGN or sum(len(duty.forms) - duty.forms.count("") for duty in duties) >= KNOWN_SHARE * size:
        return False
    heard = [word for duty in duties for word in duty.line.tokens[duty.first : duty.last]]
    return sum(map(ENGLISH.__contains__, heard)) < ENGLISH_SHARE * len(heard)


def _clauses(forms: list[str], start: int) -> Iterator[tuple[int, int]]:
    """Where the clauses of a line begin and end, by its words and breaks; none is longer than LONGEST."""
    breaks = [i for i, form in enumerate(forms) if form is BREAK and i >= start] if BREAK in forms else []
    for i in (*breaks, len(forms)):
        while start < i:
            yield start, min(i, start + LONGEST)
            start += LONGEST
        start = i + 1


def _scores(hits: Iterable[Hit], factor: float = 1.0) -> dict[str, float]:
    """What a clause speaks for: cues add up like independent chances, counter-cues take their share away."""
    missed: dict[str, float] = {}
    against: dict[str, float] = {}
    for key, weight, sign, _ in {id(cue): cue for cue, _ in hits}.values():  # none counts twice
        side = missed if sign > 0 else against
        side[key] = side.get(key, 1.0) * (1 - weight * factor)
    if against:
        return {key: (1 - miss) * against.get(key, 1.0) for key, miss in missed.items()}
    return {key: 1 - miss for key, miss in missed.items()}


def _unnegated(hits: list[Hit]) -> list[Hit]:
    """The cues that are about this job: none that follows a "not" or belongs to somebody else.

    Whom a job reports to is somebody else, and tells its rank all the same: "reports to the chief executive".
    """
    stops = {spans[0][0]: spans[0][1] for cue, spans in hits if cue[0] == "negation"}
    for cue, spans in hits:  # "not only", "no matter"
        if cue[0] == "affirmation":
            stops.pop(spans[0][0], None)
    return [
        (cue, spans)
        for cue, spans in hits
        if not any(
            stop <= start < stop + NEGATED and not (cue[0] == "executive" and begun == min(spans)[0])
            for begun, stop in stops.items()
            for start, _ in spans
        )
    ]
