"""From what a job's duties and title speak for to the probability of each code.

Function first (against every kind of work outside the catalogue), then the discipline, then the special
codes: several disciplines together, none of them, the top executive.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jobcodes.catalogue import stands_for
from jobcodes.model import Catalogue, Function
from jobcodes.reading import Duty, Reading
from jobcodes.vocabulary import Entry, need_of
from jobcodes.wording import OUTSIDE

# Found by trying many on labelled jobs; none of them is particular to a code. Masses are in duties: one duty that
# certainly speaks for something has the mass 1.
TITLE, TITLE_SHARE = 2.33, 0.1  # a title weighs as much as two or three duties and a tenth of the job's
UNKNOWN = 0.015  # a duty that says nothing we know speaks this much for "none of these"
DOUBT = 0.6  # what "none of these" starts with
FLOOR = 0.07  # what every discipline starts with
SHARPNESS = 3.03  # how much more likely twice the mass makes an answer: 2 ** SHARPNESS times
CERTAINTY = 1.62  # how much less a hint counts than a certainty, for telling jobs inside the catalogue from outside
RIVALRY = 1.29  # how much of a duty goes to the code it speaks for most
WITHOUT = 0.66  # what evidence is worth where the surroundings it needs are missing
# A duty is plainly one discipline's if cues say so CLEARLY and give it MOSTLY, as the words do, to this one. They
# share a job where the first has less than EVEN of these duties, fully at RAMP less; and what "both" adds.
CLEARLY, MOSTLY = 0.8, 0.55
EVEN, RAMP, MIXED, SAID = 0.65, 0.1, 0.8, 0.83
TOLD = 0.47  # how much of such a "both" a duty is that tells how the job is split: "half by phone, half on visits"
OWN = 0.6  # how much of a benchmark's own evidence tells that it is the top job
# The words of the duties weigh against the cues as WORDS of all, half of that for FEW_VOTES duties. They are flattened
# less: SURE. Every code has a vote of EVER; what speaks for a generalist tells of the WHOLE job, not of one duty.
WORDS, FEW_VOTES, SURE, EVER, WHOLE = 0.35, 1.54, 2.9, 0.035, 4.0
WORDS_OUTSIDE, AT_LEAST = 2.12, 1.25  # … and for telling inside from outside, where each side has votes of AT_LEAST
FIT = 7.0  # how much likelier a definition that fits twice as well: 2 ** FIT times
EDGE = 1e-4  # no cue makes a code less likely than this beside the others of the job's kind
RESIDUAL = 0.3  # how much less likely a residual code is than others that fit as well
UNASSIGNED = 0.28  # the part of the function's mass in no discipline that speaks for its residual code


@dataclass(frozen=True, slots=True)
class Ranking:
    """Probabilities by code; `inside` is that of any code at all, `functions` those of each function.

    `kinds` are the kinds of work outside that the job shows, by mass. `known` is the mass of all evidence there
    is: next to nothing for a text in another language.
    """

    codes: dict[str, float]
    inside: float
    functions: dict[str, float]
    kinds: dict[str, float] = field(default_factory=dict)
    known: float = 0.0


class Ranker:
    """Ranks a catalogue's codes, given what is known about them: build it once and use it for many jobs.

    `entries` are the codes' and functions' own, `outside` the keys of the kinds of work outside, `defined` the
    functions with codes that are known by their definitions, `inside` the kinds of work that are a function's.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        entries: Mapping[str, Entry],
        outside: Iterable[str],
        defined: Iterable[str] = (),
        inside: Mapping[str, str] | None = None,
    ) -> None:
        self.functions = catalogue.functions
        self.function_of = {job.code: job.function for job in catalogue}
        self.function_of |= {function.code: function.code for function in catalogue.functions}
        self.function_of |= inside or {}
        self.outside = frozenset(outside)
        self.jobs = {job.code: job for job in catalogue}
        self.known = frozenset(entries)
        self.defined = frozenset(defined)
        self.has_executives = any(job.role == "executive" for job in catalogue)
        self.needs = [key for key, entry in entries.items() if entry.needs]
        self.disciplines = {function.code: _disciplines(function) for function in catalogue.functions}

    def rank(self, reading: Reading) -> Ranking:
        """The probability of each code, from the reading of a job."""
        set_in = {key: _setting(reading, key) for key in self.needs}
        masses: dict[str, float] = {}
        within = {function.code: 0.0 for function in self.functions}
        kinds: dict[str, float] = {}
        outer = DOUBT
        size = 0.0
        for duty in reading.duties:
            found = self._add(duty.scores, duty.weight, set_in, within, masses, kinds)
            size += duty.weight
            outer += duty.weight * (UNKNOWN if found is None else found)
        title = TITLE + TITLE_SHARE * size
        outer += title * (self._add(reading.title_scores, title, set_in, within, masses, kinds) or 0.0)
        powers = {code: mass**SHARPNESS for code, mass in within.items()}
        votes = self.votes(reading)
        # Definitions share words, and so do the functions that are known by these: the likeliest stands for all.
        # What fits by the first letters of its words only has no mass, and is ranked all the same.
        defined = max((powers[function] for function in self.defined), default=0.0)
        if self.defined and reading.defined:
            defined = defined or 1e-6
        inner = defined + sum(power for function, power in powers.items() if function not in self.defined)
        everything = inner + outer**SHARPNESS * self._told_outside(votes)
        fits = self._fits(reading, masses, size + title) if self.defined else {}
        codes: dict[str, float] = {}
        for function in self.functions:
            if function.code in self.defined:
                shares = {job.code: defined * fits.get(job.code, 0.0) / everything for job in function.jobs}
            else:
                share = powers[function.code] / everything
                disciplines = self.disciplines[function.code]
                inside = _within(function, masses, within[function.code], reading, disciplines)
                shares = {code: share * part for code, part in inside.items()}
            codes |= shares
        codes = self._worded(codes, votes)
        of_functions = {one.code: sum(codes[job.code] for job in one.jobs) for one in self.functions}
        return Ranking(codes, inner / everything, of_functions, kinds, sum(within.values()) + sum(kinds.values()))

    def votes(self, reading: Reading) -> dict[str, float]:
        """The reading's votes as they are weighed.

        None is for work outside where the catalogue has codes that the words do not know: it may be inside there.
        """
        votes = reading.votes
        if not self.jobs.keys() <= votes.keys():
            votes.pop(OUTSIDE, None)
        return votes

    def _told_outside(self, votes: Mapping[str, float]) -> float:
        """How much likelier the words of the duties make it that the job is outside."""
        if OUTSIDE not in votes:
            return 1.0
        inside = sum(vote for key, vote in votes.items() if key in self.jobs)
        return float(((sum(votes.values()) - inside + AT_LEAST) / (inside + AT_LEAST)) ** WORDS_OUTSIDE)

    def _worded(self, codes: dict[str, float], votes: Mapping[str, float]) -> dict[str, float]:
        """The probabilities of the codes with what the words of the duties say; together they stay as likely.

        Cues and words err apart: the geometric mean of the two is right more often than either.
        """
        known = {
            code: votes[code] * (WHOLE if self.jobs[code].role == "generalist" else 1.0)
            for code in codes
            if code in votes
        }
        mass, whole = sum(codes[code] for code in known), sum(known.values())
        if not mass or not whole:
            return codes
        weight = WORDS * whole / (whole + FEW_VOTES)
        means = {
            code: (codes[code] / mass + EDGE) ** (1 - weight) * (vote + EVER) ** (SURE * weight)
            for code, vote in known.items()
        }
        scale = mass / sum(means.values())
        return codes | {code: mean * scale for code, mean in means.items()}

    def _fits(self, reading: Reading, masses: Mapping[str, float], whole: float) -> dict[str, float]:
        """How likely each code known by its definition is among its like, from how well it fits the job.

        What the title and the duties say of a code counts besides if the vocabulary knows it.
        """
        own = [masses.get(code, 0.0) for code in reading.defined if self.jobs[code].role == "executive"]
        top = executive(reading, max(own, default=0.0))
        fits = {}
        heard_of = [code for code in masses if code in self.known and self.function_of[code] in self.defined]
        for code in dict.fromkeys((*reading.defined, *heard_of)):
            job, fit = self.jobs[code], reading.defined.get(code, 0.0)
            role = {"executive": top, "residual": RESIDUAL}.get(job.role, 1 - top if self.has_executives else 1.0)
            heard = masses.get(code, 0.0) / whole if code in self.known else 0.0
            fits[code] = (fit + heard) ** FIT * role
        every = sum(fits.values())
        return {code: fit / every for code, fit in fits.items()} if every else {}

    def _add(
        self,
        scores: Mapping[str, float],
        weight: float,
        set_in: Mapping[str, float],
        within: dict[str, float],
        masses: dict[str, float],
        kinds: dict[str, float],
    ) -> float | None:
        """Adds what a clause speaks for, times its weight, to functions, codes and kinds of work outside.

        The most that it speaks for any kind of work outside, from 0 to 1; None if it speaks for nothing.
        """
        best: dict[str, float] = {}
        of_function: dict[str, dict[str, float]] = {}
        most = None
        for key, score in scores.items():
            if key in self.outside:
                share = score**CERTAINTY
                kinds[key] = kinds.get(key, 0.0) + weight * share
                most = max(most or 0.0, share)
            elif (function := self.function_of.get(key)) is not None:
                score *= set_in.get(key, 1.0) * set_in.get(function, 1.0)
                best[function] = max(best.get(function, 0.0), score)
                if key != function:
                    of_function.setdefault(function, {})[key] = score
        for function, score in best.items():
            within[function] += weight * score**CERTAINTY
        for shared in of_function.values():
            for code, part in _shared(shared).items():
                masses[code] = masses.get(code, 0.0) + weight * part
        return most if most is not None or not best else 0.0


def _setting(reading: Reading, key: str) -> float:
    """How far the surroundings that an entry needs are there: 1, down to WITHOUT if nothing speaks of them."""
    need = need_of(key)
    found = reading.signals.get(need, 0.0) + 2 * reading.title_scores.get(need, 0.0)
    return WITHOUT + (1 - WITHOUT) * min(1.0, found)


def _shared(scores: Mapping[str, float]) -> Mapping[str, float]:
    """A duty's weight shared out among the disciplines it speaks for: the likeliest gets most of it."""
    if len(scores) == 1:
        return scores
    most = max(scores.values())
    whole = sum((score / most) ** RIVALRY for score in scores.values()) if most else 1.0
    return {code: score * (score / most) ** (RIVALRY - 1) / whole if most else 0.0 for code, score in scores.items()}


def _disciplines(function: Function) -> dict[str, str]:
    """Each discipline of a function with itself, or with the generalist of the widest part of the function it is in."""
    parts = {job.code: {job.code, *stands_for(job, function)} for job in function.jobs if job.role == "discipline"}
    return {code: part for part in sorted(parts, key=lambda part: len(parts[part])) for code in parts[part]}


def _within(
    function: Function,
    masses: Mapping[str, float],
    total: float,
    reading: Reading,
    disciplines: Mapping[str, str],
) -> dict[str, float]:
    """The probability of each of a function's codes, given that the job is in the function."""
    found = {job.code: masses.get(job.code, 0.0) for job in function.jobs}
    roles = {job.code: job.role for job in function.jobs}
    leaders = sorted((found[code] for code in disciplines), reverse=True)
    first, second, *_ = [*leaders, 0.0, 0.0]
    for code, role in roles.items():
        if role == "generalist" and first:
            told = sum(duty.weight * duty.scores.get(code, 0.0) ** CERTAINTY for duty in reading.duties)
            said = reading.signals.get("generalist", 0.0) + reading.title_scores.get("generalist", 0.0) + TOLD * told
            even = _evenness(reading, disciplines)
            found[code] += (first + second) * (MIXED * even + SAID * min(1.0, said) * min(1.0, 5 * second / first))
        elif role == "residual":
            found[code] += UNASSIGNED * max(0.0, total - sum(leaders))
    powers = {code: (mass + FLOOR) ** SHARPNESS for code, mass in found.items() if roles[code] != "executive"}
    whole = sum(powers.values())
    shares = {code: power / whole for code, power in powers.items()}
    benchmarks = [code for code in found if roles[code] == "executive"]
    if not benchmarks:
        return shares
    top = executive(reading, max(found[code] for code in benchmarks))
    # A benchmark is as likely among its like as its discipline; the widest one, listed first, takes the rest.
    bases = {code: shares.get(code.rpartition("-")[0], 0.0) for code in benchmarks}
    bases[benchmarks[0]] += max(0.0, 1 - sum(bases.values()))
    parts = {code: (base + 0.01) * (0.2 + found[code]) for code, base in bases.items()}
    every = sum(parts.values())
    return {code: share * (1 - top) for code, share in shares.items()} | {
        code: top * part / every for code, part in parts.items()
    }


def _evenness(reading: Reading, disciplines: Mapping[str, str]) -> float:
    """How evenly disciplines share a job, from 0 to 1, by the duties plainly of one; 0 unless two have one at least.

    Those of a part count as its generalist's: a job in the contact center is not shared among the center's disciplines.
    """
    of = [disciplines.get(key, "") for key in reading.worded]
    plain: dict[str, float] = {}
    for duty in reading.duties:
        if part := _plainly(duty, of, disciplines):
            plain[part] = plain.get(part, 0.0) + duty.weight
    first, second, *_ = [*sorted(plain.values(), reverse=True), 0.0, 0.0]
    return min(1.0, max(0.0, (EVEN - first / sum(plain.values())) / RAMP)) if second >= 1 else 0.0


def _plainly(duty: Duty, of: Sequence[str], disciplines: Mapping[str, str]) -> str:
    """The discipline or part that a duty is plainly of, "" if none; `of` are those of the keys its words speak for."""
    scores: dict[str, float] = {}
    for code, score in duty.scores.items():
        if part := disciplines.get(code):
            scores[part] = max(score, scores.get(part, 0.0))
    best = max(scores, key=scores.__getitem__, default="")
    if not best or scores[best] < max(CLEARLY, MOSTLY * sum(scores.values())):
        return ""
    likely = [one for part, one in zip(of, duty.likely, strict=False) if part == best]  # none where not weighed
    return best if not likely or sum(likely) >= MOSTLY else ""


def executive(reading: Reading, own: float = 0.0) -> float:
    """The probability that this is the organization's top job of its kind: a senior title and its duties.

    `own` is the mass of what speaks for one of the function's benchmarks itself.
    """
    title = reading.title_scores.get("executive", 0.0)
    if not reading.duties:
        return 0.8 * title
    return 0.97 * math.sqrt(title) * (1 - math.exp(-1.2 * (reading.signals.get("executive", 0.0) + OWN * own)))
