"""From what a job's duties and title speak for to the probability of each code.

Function first (against every kind of work outside the catalogue), then the discipline, then the special
codes: several disciplines together, none of them, the top executive.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobcodes.model import Catalogue, Function
from jobcodes.reading import Reading
from jobcodes.vocabulary import Entry, need_of

# Set by hand and checked on labelled jobs; none of them is particular to a code. Masses are in duties: one
# duty that certainly speaks for something has the mass 1.
TITLE, TITLE_SHARE = 2.1, 0.26  # a title weighs as much as two duties and a quarter of the job's
UNKNOWN = 0.11  # a duty that says nothing we know speaks this much for "none of these"
DOUBT = 0.29  # what "none of these" starts with
FLOOR = 0.08  # what every discipline starts with
SHARPNESS = 2.0  # how much more likely twice the mass makes an answer: 2 ** SHARPNESS times
CERTAINTY = 1.5  # how much less a hint counts than a certainty, for telling jobs inside the catalogue from outside
RIVALRY = 1.7  # how much of a duty goes to the code it speaks for most
# What evidence is worth where the surroundings it needs are missing, of a discipline and of a function.
WITHOUT, WITHOUT_FUNCTION = 0.6, 0.84
EVEN, BALANCE, MIXED, SAID = 0.6, 3.5, 0.27, 0.73  # when two disciplines share a job, and what "both" adds
OWN = 0.3  # how much of a benchmark's own evidence tells that it is the top job
UNASSIGNED = 0.08  # the part of the function's mass in no discipline that speaks for its residual code


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


def rank(reading: Reading, catalogue: Catalogue, entries: Mapping[str, Entry], outside: Mapping[str, Entry]) -> Ranking:
    """The probability of each of the catalogue's codes, from the reading of a job.

    `entries` are the codes' and functions' own, `outside` those of the kinds of work outside.
    """
    functions = [function.code for function in catalogue.functions]
    function_of = dict(zip(functions, functions, strict=True)) | {job.code: job.function for job in catalogue}
    set_in = {
        key: _setting(reading, key, WITHOUT_FUNCTION if key in functions else WITHOUT)
        for key, entry in entries.items()
        if entry.needs
    }

    def weighed(scores: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """What a clause adds to functions, to codes and to kinds of work outside, each from 0 to 1."""
        best: dict[str, float] = {}
        of_function: dict[str, dict[str, float]] = {}
        outer: dict[str, float] = {}
        for key, score in scores.items():
            if key in outside:
                outer[key] = score**CERTAINTY
            elif (function := function_of.get(key)) is not None:
                score *= set_in.get(key, 1.0) * set_in.get(function, 1.0)
                best[function] = max(best.get(function, 0.0), score**CERTAINTY)
                if key != function:
                    of_function.setdefault(function, {})[key] = score
        return best, {code: part for found in of_function.values() for code, part in _shared(found).items()}, outer

    masses: dict[str, float] = {}
    within = dict.fromkeys(functions, 0.0)
    kinds: dict[str, float] = {}
    outer = DOUBT
    size = sum(duty.weight for duty in reading.duties)
    sources = [(duty.weight, duty.scores) for duty in reading.duties]
    for weight, scores in (*sources, (TITLE + TITLE_SHARE * size, reading.title_scores)):
        best, parts, found = weighed(scores)
        for totals, shares in ((within, best), (masses, parts), (kinds, found)):
            for key, share in shares.items():
                totals[key] = totals.get(key, 0.0) + weight * share
        if best or found or scores is reading.title_scores:
            outer += weight * max(found.values(), default=0.0)
        else:
            outer += weight * UNKNOWN
    powers = {code: mass**SHARPNESS for code, mass in within.items()}
    inner = sum(powers.values())
    everything = inner + outer**SHARPNESS
    codes: dict[str, float] = {}
    for function_ in catalogue.functions:
        share = powers[function_.code] / everything
        for code, part in _within(function_, masses, within[function_.code], reading).items():
            codes[code] = share * part
    of_functions = {code: power / everything for code, power in powers.items()}
    return Ranking(codes, inner / everything, of_functions, kinds, sum(within.values()) + sum(kinds.values()))


def _setting(reading: Reading, key: str, without: float) -> float:
    """How far the surroundings that an entry needs are there: 1, down to `without` if nothing speaks of them."""
    need = need_of(key)
    found = reading.signals.get(need, 0.0) + 2 * reading.title_scores.get(need, 0.0)
    return without + (1 - without) * min(1.0, found)


def _shared(scores: Mapping[str, float]) -> dict[str, float]:
    """A duty's weight shared out among the disciplines it speaks for: the likeliest gets most of it."""
    most = max(scores.values())
    whole = sum((score / most) ** RIVALRY for score in scores.values()) if most else 1.0
    return {code: score * (score / most) ** (RIVALRY - 1) / whole if most else 0.0 for code, score in scores.items()}


def _within(function: Function, masses: Mapping[str, float], total: float, reading: Reading) -> dict[str, float]:
    """The probability of each of a function's codes, given that the job is in the function."""
    found = {job.code: masses.get(job.code, 0.0) for job in function.jobs}
    roles = {job.code: job.role for job in function.jobs}
    leaders = sorted((mass for code, mass in found.items() if roles[code] == "discipline"), reverse=True)
    first, second, *_ = [*leaders, 0.0, 0.0]
    for code, role in roles.items():
        if role == "generalist" and first:
            said = reading.signals.get("generalist", 0.0) + reading.title_scores.get("generalist", 0.0)
            even = min(1.0, BALANCE * max(0.0, second / first - EVEN)) * min(1.0, second)
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


def executive(reading: Reading, own: float = 0.0) -> float:
    """The probability that this is the organization's top job of its kind: a senior title and its duties.

    `own` is the mass of what speaks for one of the function's benchmarks itself.
    """
    title = reading.title_scores.get("executive", 0.0)
    if not reading.duties:
        return 0.8 * title
    return 0.97 * math.sqrt(title) * (1 - math.exp(-1.2 * (reading.signals.get("executive", 0.0) + OWN * own)))
