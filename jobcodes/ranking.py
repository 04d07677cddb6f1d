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

# Set by hand and checked on labelled jobs; none of them is particular to a code. Masses are in duties: one
# duty that certainly speaks for something has the mass 1.
TITLE, TITLE_SHARE = 2.0, 0.15  # a title weighs as much as two duties and 15 % of the job's
UNKNOWN = 0.10  # a duty that says nothing we know speaks this much for "none of these"
DOUBT = 0.25  # what "none of these" starts with
FLOOR = 0.05  # what every discipline starts with
SHARPNESS = 2.0  # how much more likely twice the mass makes an answer: 2 ** SHARPNESS times
UNASSIGNED = 0.15  # the part of the function's mass in no discipline that speaks for its residual code


@dataclass(frozen=True, slots=True)
class Ranking:
    """Probabilities by code; `inside` is that of any code at all, `functions` those of each function.

    `kinds` are the kinds of work outside that the job shows, by mass.
    """

    codes: dict[str, float]
    inside: float
    functions: dict[str, float]
    kinds: dict[str, float] = field(default_factory=dict)


def rank(reading: Reading, catalogue: Catalogue, outside: Mapping[str, object]) -> Ranking:
    """The probability of each of the catalogue's codes, from the reading of a job."""
    function_of = {job.code: function.code for function in catalogue.functions for job in function.jobs}
    functions = {function.code for function in catalogue.functions}
    total = sum(duty.weight for duty in reading.duties)
    sources = [(duty.weight, duty.scores) for duty in reading.duties]
    sources.append((TITLE + TITLE_SHARE * total, reading.title_scores))
    masses: dict[str, float] = {}
    within = dict.fromkeys(functions, 0.0)
    kinds: dict[str, float] = {}
    outer = DOUBT
    for i, (weight, scores) in enumerate(sources):
        best = dict.fromkeys(functions, 0.0)
        best_kind = 0.0
        for key, score in scores.items():
            if key in outside:
                kinds[key] = kinds.get(key, 0.0) + weight * score
                best_kind = max(best_kind, score)
                continue
            function = function_of.get(key, key)
            if function not in best:
                continue
            masses[key] = masses.get(key, 0.0) + weight * score
            best[function] = max(best[function], score)
        for function, score in best.items():
            within[function] += weight * score
        is_duty = i < len(reading.duties)
        outer += weight * (best_kind or (UNKNOWN if is_duty and not any(best.values()) else 0.0))
    powers = {code: mass**SHARPNESS for code, mass in within.items()}
    inner = sum(powers.values())
    everything = inner + outer**SHARPNESS
    codes: dict[str, float] = {}
    for function in catalogue.functions:
        share = powers[function.code] / everything
        for code, part in _within(function, masses, within[function.code], reading).items():
            codes[code] = share * part
    return Ranking(
        codes, inner / everything, {code: power / everything for code, power in powers.items()}, kinds
    )


def _within(
    function: Function, masses: Mapping[str, float], total: float, reading: Reading
) -> dict[str, float]:
    """The probability of each of a function's codes, given that the job is in the function."""
    found = {job.code: masses.get(job.code, 0.0) for job in function.jobs}
    roles = {job.code: job.role for job in function.jobs}
    leaders = sorted((mass for code, mass in found.items() if roles[code] == "discipline"), reverse=True)
    first, second, *_ = [*leaders, 0.0, 0.0]
    for code, role in roles.items():
        if role == "generalist" and first:
            said = min(
                1.5, reading.signals.get("generalist", 0.0) + 2 * reading.title_scores.get("generalist", 0.0)
            )
            balance = max(0.0, 2 * second / first - 1) * min(1.0, second / 2)
            found[code] += (first + second) * (0.6 * balance + 0.5 * said)
        elif role == "residual":
            found[code] += UNASSIGNED * max(0.0, total - sum(leaders))
    powers = {code: (mass + FLOOR) ** SHARPNESS for code, mass in found.items() if roles[code] != "executive"}
    whole = sum(powers.values())
    shares = {code: power / whole for code, power in powers.items()}
    benchmarks = [code for code in found if roles[code] == "executive"]
    if not benchmarks:
        return shares
    top = executive(reading)
    # A benchmark is as likely among its like as its discipline; the widest one, listed first, takes the rest.
    bases = {code: shares.get(code.rpartition("-")[0], 0.0) for code in benchmarks}
    bases[benchmarks[0]] += max(0.0, 1 - sum(bases.values()))
    parts = {code: (base + 0.01) * (0.2 + found[code]) for code, base in bases.items()}
    every = sum(parts.values())
    return {code: share * (1 - top) for code, share in shares.items()} | {
        code: top * part / every for code, part in parts.items()
    }


def executive(reading: Reading) -> float:
    """The probability that this is the organization's top job of its kind: a senior title and its duties."""
    title = reading.title_scores.get("executive", 0.0)
    if not reading.duties:
        return 0.8 * title
    return title * (0.25 + 0.72 * (1 - math.exp(-reading.signals.get("executive", 0.0))))
