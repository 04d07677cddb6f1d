"""Matches a job to a code of the catalogue: text in, match out, nothing else touched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import TYPE_CHECKING

from jobcodes.calibration import Calibration, Features, features_of, load_calibration
from jobcodes.catalogue import stands_for
from jobcodes.model import Alternative, BandMatch, Catalogue, Decision, Evidence, Job, Match
from jobcodes.ranking import Ranker, Ranking
from jobcodes.reading import Reader, Reading
from jobcodes.vocabulary import Entry, Vocabulary

if TYPE_CHECKING:
    from jobcodes.cache import Cache

EVIDENCE = 8  # how many pieces of evidence a match shows
FEW = 25  # words of duties below which a person has to look, however plain they are
PLAIN = 0.6  # from here on the title of a code names a kind of work
GUESS = 0.5  # the most that can be said of a text in another language
# The bands of an individual or a manager where a catalogue gives a function none.
USUAL_BANDS = ("M", "P", "T", "U")


class Classifier:
    """Ranks the codes of a catalogue for one job at a time; build it once and use it for many.

    `calibration` says how sure to be of an answer; without one it is the shipped one, and for a code that the
    vocabulary does not know the bare probability. `accept` (0 to 1) is the confidence from which an answer is a
    match rather than a review, by default the calibration's, and `coverage` (0 to 1) the share of a job's duties
    that the code must cover for it: the survey's 80 % rule. `cache` keeps what is made of a large catalogue.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        vocabulary: Vocabulary,
        *,
        accept: float | None = None,
        coverage: float = 0.8,
        calibration: Calibration | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.jobs = {job.code: job for job in catalogue}
        self.calibration = calibration or load_calibration()
        # The shipped calibration knows nothing of codes without a vocabulary: their probability is as it is.
        self.uncalibrated = frozenset() if calibration else self.jobs.keys() - vocabulary.described
        self.accept = self.calibration.accept if accept is None else accept
        self.coverage = coverage
        self.functions = {function.code: function for function in catalogue.functions}
        self.order = {code: i for i, code in enumerate(self.jobs)}
        self.vocabulary = vocabulary
        self.outside: Mapping[str, Entry] = (
            vocabulary.outside if self.functions.keys() & set(vocabulary.outside_of) else {}
        )
        definitions = None
        if self.jobs.keys() - vocabulary.described.keys():
            from jobcodes.definitions import load_definitions  # not for the shipped catalogue: it takes a while

            definitions = load_definitions(catalogue, vocabulary.described, cache)
        self.reader = Reader(vocabulary, definitions, self.jobs.keys() & vocabulary.described.keys())
        defined = definitions.functions if definitions else ()
        # What is outside the shipped catalogue need not be outside of one that has more functions.
        inside = self._kinds_inside(defined) if self.outside else {}
        self.outside = {kind: entry for kind, entry in self.outside.items() if kind not in inside}
        self.rivals = self.jobs.keys() | self.outside.keys()
        self.ranker = Ranker(catalogue, vocabulary.entries, self.outside, defined, inside)

    def classify(self, text: str = "", title: str | None = None, top: int = 3) -> Match:
        """The match of one job from its text, its title or both; `top` is the length of the ranking.

        Equally likely codes stand in catalogue order. A job without a single word is an error.
        """
        reading = self.reader.read(text, title or "")
        if reading.is_empty:
            return Match("error", notes=("The job is empty.",))
        ranking, order = self.ranked(reading)
        stated = answer_of(ranking, order)
        confidence = self._confidence(ranking, stated)
        if reading.foreign:
            confidence = min(confidence, GUESS)
        alternatives = _alternatives(ranking, order[:top], stated, confidence)
        if stated is None:
            kinds = sorted(ranking.kinds, key=lambda kind: -ranking.kinds[kind])[:1]
            evidence = self.reader.evidence(reading, text, title or "", frozenset(kinds), EVIDENCE)
            notes = [f"Reads as {self.outside[kind].name}, outside this catalogue." for kind in kinds]
            notes += [*_scant(reading), *self._notes(reading, evidence)]
            return Match("none", None, None, confidence, None, None, alternatives, evidence, tuple(notes))
        return self._match(self.jobs[stated], ranking, reading, text, title or "", confidence, alternatives)

    def features(self, text: str = "", title: str | None = None) -> Features:
        """What the calibration goes by, of the answer that `classify` gives for the same job."""
        ranking, order = self.ranked(self.reader.read(text, title or ""))
        return features_of(ranking, answer_of(ranking, order))

    def calibrated(self, calibration: Calibration) -> Classifier:
        """The same classifier with another calibration, and what that accepts."""
        other = copy(self)
        other.calibration, other.accept, other.uncalibrated = calibration, calibration.accept, frozenset()
        return other

    def _kinds_inside(self, functions: Iterable[str]) -> dict[str, str]:
        """Kinds of work that titles in these functions plainly name, with the function: they are not outside."""
        found: dict[str, str] = {}
        reader = copy(self.reader)
        reader.definitions = reader.wording = None  # a definition fits itself
        for function in functions:
            titles = {job.code: job.title for job in self.functions[function].jobs}
            titles[function] = self.functions[function].title
            for title in (title for code, title in titles.items() if code not in self.vocabulary.described):
                reading = reader.read(title, title)
                for scores in (reading.title_scores, *(duty.scores for duty in reading.duties)):
                    for kind, score in scores.items():
                        if score >= PLAIN and kind in self.outside:
                            found.setdefault(kind, function)
        return found

    def _confidence(self, ranking: Ranking, stated: str | None) -> float:
        if stated is not None and stated in self.uncalibrated:
            return round(ranking.codes[stated], 4)
        return round(self.calibration.apply(features_of(ranking, stated)), 4)

    def ranked(self, reading: Reading) -> tuple[Ranking, list[str]]:
        """The ranking and its codes, best first; equally likely ones in catalogue order."""
        ranking = self.ranker.rank(reading)
        return ranking, sorted(ranking.codes, key=lambda code: (-ranking.codes[code], self.order[code]))

    def _match(
        self,
        job: Job,
        ranking: Ranking,
        reading: Reading,
        text: str,
        title: str,
        confidence: float,
        alternatives: tuple[Alternative, ...],
    ) -> Match:
        speaking = self.speaking(job)
        evidence = self.reader.evidence(reading, text, title, speaking, EVIDENCE)
        coverage = reading.coverage(speaking, self.rivals)
        notes = self._notes(reading, evidence)
        doubts = self._doubts(job, ranking, reading)
        if job.role == "generalist" and (shares := self._shares(job, reading)):
            notes.insert(0, shares)
        if coverage is not None and coverage < self.coverage:
            notes.append(f"{job.code} covers {coverage:.0%} of the duties, less than {self.coverage:.0%}.")
        if job.code not in self.vocabulary.described:
            by = f"the definition of {job.code}{' and your own words' * (job.code in self.vocabulary.entries)}"
            notes.append(f"Compared with {by} only: the vocabulary does not know the code.")
        if confidence < self.accept:
            notes.append(f"Less sure than {self.accept:.0%}: compare the other codes.")
        certain = confidence >= self.accept and coverage is not None and coverage >= self.coverage
        decision: Decision = "match" if certain and not doubts else "review"
        band = self._band(job, reading)
        return Match(
            decision,
            job.code,
            job.title,
            confidence,
            coverage,
            band,
            alternatives,
            evidence,
            (*doubts, *notes),
        )

    def speaking(self, job: Job) -> frozenset[str]:
        """The keys whose cues speak for a code: its own, its function's, and those it stands for."""
        keys = {job.code, job.function} | stands_for(job, self.functions[job.function])
        if job.role == "generalist":
            keys.add("generalist")
        elif job.role == "executive":
            keys |= {job.code.rpartition("-")[0], "executive"}
        return frozenset(keys)

    def _doubts(self, job: Job, ranking: Ranking, reading: Reading) -> list[str]:
        """Reasons why a person must look, however likely the code is."""
        doubts = []
        if job.role == "executive":
            doubts.append("Executive benchmark: confirm the organization-wide responsibility.")
        elif job.role == "residual":
            doubts.append("Residual code: confirm that no discipline describes the job.")
        others = [code for code, share in ranking.functions.items() if code != job.function and share > 0.25]
        doubts += [f"Some duties belong to {code} {self.functions[code].title}." for code in others]
        if reading.signals.get("internal", 0.0) + reading.title_scores.get("internal", 0.0) > 0.8:
            doubts.append("Seems to serve the employer's own staff: internal IT belongs to another function.")
        return doubts + _scant(reading)

    def _shares(self, job: Job, reading: Reading) -> str:
        """Which disciplines share the duties of a generalist, and in which proportion."""
        masses: dict[str, float] = defaultdict(float)
        roles = {other.code: other.role for other in self.functions[job.function].jobs}
        for duty in reading.duties:
            for code, score in duty.scores.items():
                if roles.get(code) == "discipline":
                    masses[code] += duty.weight * score
        whole = sum(masses.values())
        parts = sorted(((mass / whole, code) for code, mass in masses.items() if mass > 0.1 * whole), reverse=True)
        if len(parts) < 2:
            return ""
        return "Generalist: the duties split between " + ", ".join(f"{code} {part:.0%}" for part, code in parts) + "."

    def _notes(self, reading: Reading, evidence: tuple[Evidence, ...]) -> list[str]:
        notes = []
        if not reading.duties:
            notes.append("Only a title to go by.")
        notes += [
            f"Read \u201c{word}\u201d as \u201c{target}\u201d." for word, target in self.reader.corrections(evidence)
        ]
        return notes

    def _band(self, job: Job, reading: Reading) -> BandMatch:
        """The career band: EX for a benchmark, else the best of the function's bands from the general cues."""
        if job.role == "executive":
            return BandMatch("EX", 1.0)
        bands = [band for band in self.functions[job.function].bands if band != "EX"] or list(USUAL_BANDS)
        entry = self.vocabulary.entries.get(job.code)
        usual = entry.bands if entry else []
        scores = {}
        for i, band in enumerate(bands):
            prior = 0.3 / (1 + usual.index(band)) if band in usual else 0.05 / (1 + i)
            scores[band] = prior + 2 * reading.title_scores.get(band, 0.0) + min(1.5, reading.signals.get(band, 0.0))
        best = max(bands, key=lambda band: scores[band])
        spoken = (
            " … ".join(self.reader.terms(hit, part))
            for part in (*reading.title_pieces, *reading.duties)
            if best in part.scores
            for hit in part.hits
            if hit[0].key == best
        )
        cues = list(islice(spoken, 3))
        return BandMatch(best, round(scores[best] / sum(scores.values()), 4), tuple(dict.fromkeys(cues)))


def answer_of(ranking: Ranking, order: Sequence[str]) -> str | None:
    """The answer: the likeliest code, or None where the job is more likely outside the catalogue."""
    return order[0] if order and ranking.inside >= 0.5 else None


def _scant(reading: Reading) -> list[str]:
    """What makes the text too little to go by."""
    found = ["Few words to go by."] if reading.duties and reading.size < FEW else []
    if reading.foreign:
        found.append("Does not read as English, the language of the vocabulary.")
    return found


def _alternatives(
    ranking: Ranking, codes: Iterable[str], stated: str | None, confidence: float
) -> tuple[Alternative, ...]:
    """The codes with their confidence: what the stated answer leaves, in proportion to their probability.

    None of them is surer than the answer, so that the ranking never contradicts it.
    """
    probability = 1 - ranking.inside if stated is None else ranking.codes[stated]
    scale = (1 - confidence) / (1 - probability) if probability < 1 else 0.0
    return tuple(
        Alternative(code, confidence if code == stated else round(min(confidence, ranking.codes[code] * scale), 4))
        for code in codes
    )
