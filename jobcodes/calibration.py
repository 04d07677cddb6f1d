"""From the probabilities of a ranking to the share of such answers that is right, as experts judged it.

A logistic regression with four weights, fitted on jobs whose codes are known and kept as data.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jobcodes.errors import DataError
from jobcodes.model import Problem
from jobcodes.resources import data_root
from jobcodes.yamlnodes import read_bytes

if TYPE_CHECKING:
    from jobcodes.ranking import Ranking

# In the order of the weights: 1; the log-odds of the stated answer; how much likelier it is than the best other
# answer, as the log of their ratio; 1 where the answer is none. How long the job is adds nothing to these.
Features = tuple[float, float, float, float]
Sample = tuple[Features, bool]  # of an answer, and whether it was right
Answer = tuple[float, bool]  # how sure an answer was, 0 to 1, and whether it was right

NAMES = ("constant", "probability", "gap", "none")
RISING = (1, 2)  # the features whose weight is never negative: a likelier answer is never less sure
PRIOR = (0.01, 1.0, 1.0, 1.0)  # how strongly each weight is held to 0, in squared weights
EDGE = 0.001  # probabilities nearer to 0 and 1 are taken as this near
IGNORANT = 0.02  # the most likely that an answer is on no evidence at all; a duty's worth all but lifts the limit
SUREST = 0.995  # no answer is surer, or less sure than its opposite
FOLDS = 5
BINS = 5
FLOOR = 0.95  # the share of accepted answers that must be right, cross-validated: 95 in 100 are promised


class CalibrationError(DataError):
    """A calibration is unusable; `problems` holds every fault found."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How sure to be of an answer, and from when on to accept it.

    `weights` belong to the `Features`. `accept` (0 to 1) is the confidence from which a code is good enough
    for a match; 1 where none was. The rest says how it was fitted: the date (ISO), on how many rows, which
    share of them was answered rightly, and Brier score and expected calibration error (both 0 to 1, 0 is
    perfect) of the confidence by cross-validation.
    """

    weights: Features
    accept: float
    date: str
    rows: int
    accuracy: float
    brier: float
    ece: float

    def apply(self, features: Features) -> float:
        """The probability that the answer is right, from 0.005 to 0.995."""
        return _probability(self.weights, features)


def features_of(ranking: Ranking, code: str | None) -> Features:
    """What a calibration goes by, of the answer `code` (None: none of the codes)."""
    rivals = [probability for other, probability in ranking.codes.items() if other != code]
    probability = 1 - ranking.inside
    if code is not None:
        rivals.append(probability)
        probability = ranking.codes[code]
    # "None" is all but certain of a text that says nothing we know; that is ignorance, not evidence.
    limit = 1 - (1 - IGNORANT) * math.exp(-2 * ranking.known)
    stated, rival = (min(max(p, EDGE), 1 - EDGE) for p in (min(limit, probability), max(rivals, default=0.0)))
    return 1.0, math.log(stated / (1 - stated)), math.log(stated / rival), float(code is None)


# --- fitting ---------------------------------------------------------------------------------------------


def fit(samples: Sequence[Sample], date: str) -> Calibration:
    """The calibration that suits the samples best; `date` is today's, for the record.

    `accept` is the least cross-validated confidence from which 95 % of the codes are right, whatever the
    decision on them was; at least 0.5.
    """
    answers = cross_validated(samples)
    coded = [answer for answer, (features, _) in zip(answers, samples, strict=True) if not features[3]]
    return Calibration(
        weights=cast(Features, tuple(round(weight, 4) for weight in _weights(samples))),
        accept=acceptance(coded),
        date=date,
        rows=len(samples),
        accuracy=round(sum(right for _, right in samples) / len(samples), 4),
        brier=round(brier(answers), 4),
        ece=round(ece(bins(answers)), 4),
    )


def acceptance(answers: Sequence[Answer]) -> float:
    """The least confidence from which FLOOR of the answers are right, at least 0.5; 1 where there is none."""
    _, threshold = acceptable(answers, FLOOR)
    return 1.0 if threshold is None else max(0.5, round(threshold, 4))


def cross_validated(samples: Sequence[Sample]) -> list[Answer]:
    """How sure each answer is by what the samples of the other folds teach."""
    answers: list[Answer] = [(0.0, False)] * len(samples)
    for learnt, held_out in folds(len(samples)):
        weights = _weights([samples[at] for at in learnt])
        for at in held_out:
            features, right = samples[at]
            answers[at] = _probability(weights, features), right
    return answers


def folds(count: int) -> Iterator[tuple[list[int], list[int]]]:
    """For each of FOLDS parts of `count` rows: the places of the other rows, and its own.

    Which row is in which part is drawn by lot, the same each time: a table may be sorted, or repeat itself.
    """
    from random import Random  # only fitting needs it

    lot = Random(0).random
    drawn = sorted(range(count), key=lambda _: lot())
    for fold in range(FOLDS):
        yield sorted(set(drawn) - set(drawn[fold::FOLDS])), sorted(drawn[fold::FOLDS])


def _weights(samples: Sequence[Sample]) -> Features:
    """The weights with the least loss, those of RISING features not negative."""
    used = list(range(len(NAMES)))
    while True:
        found = dict(zip(used, _newton(samples, used), strict=True))
        worst = min(RISING, key=lambda at: found.get(at, 0.0))
        if found.get(worst, 0.0) >= 0:
            return cast(Features, tuple(found.get(at, 0.0) for at in range(len(NAMES))))
        used.remove(worst)


def _newton(samples: Sequence[Sample], used: Sequence[int]) -> list[float]:
    """The weights of the `used` features that minimize log loss and prior together, by Newton's method."""
    rows = [([features[at] for at in used], right) for features, right in samples]
    prior = [PRIOR[at] for at in used]

    def loss(weights: Sequence[float]) -> float:
        margins = (_dot(weights, row) * (1 if right else -1) for row, right in rows)
        misses = sum(max(-margin, 0.0) + math.log1p(math.exp(-abs(margin))) for margin in margins)
        return misses + sum(strength * weight**2 / 2 for strength, weight in zip(prior, weights, strict=True))

    weights = [0.0] * len(used)
    for _ in range(100):
        slope = [strength * weight for strength, weight in zip(prior, weights, strict=True)]
        bend = [[strength * (i == j) for j in range(len(used))] for i, strength in enumerate(prior)]
        for row, right in rows:
            chance = _logistic(_dot(weights, row))
            for i, value in enumerate(row):
                slope[i] += (chance - right) * value
                for j, other in enumerate(row):
                    bend[i][j] += chance * (1 - chance) * value * other
        step = _solve(bend, slope)
        before = loss(weights)
        while loss([weight - move for weight, move in zip(weights, step, strict=True)]) > before:
            step = [move / 2 for move in step]  # too far: the curve is not a parabola
        weights = [weight - move for weight, move in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-9:
            break
    return weights


def _solve(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """The x with matrix x = vector, for a symmetric matrix whose eigenvalues are all positive."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for at, pivot in enumerate(rows):
        for other, row in enumerate(rows):
            if other != at:
                factor = row[at] / pivot[at]
                row[:] = [value - factor * base for value, base in zip(row, pivot, strict=True)]
    return [row[-1] / row[at] for at, row in enumerate(rows)]


def _probability(weights: Features, features: Features) -> float:
    return min(max(_logistic(_dot(weights, features)), 1 - SUREST), SUREST)


def _logistic(logit: float) -> float:
    # Beyond this it is 0 or 1 to the last digit, and exp overflows.
    return 1 / (1 + math.exp(-min(max(logit, -700.0), 700.0)))


def _dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return sum(weight * feature for weight, feature in zip(weights, features, strict=True))


# --- how good it is --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: how many, their mean confidence and the share that is right (0 to 1)."""

    rows: int
    stated: float
    true: float


def brier(answers: Sequence[Answer]) -> float:
    """The mean squared distance between confidence and truth, 0 to 1."""
    return sum((confidence - right) ** 2 for confidence, right in answers) / len(answers)


def bins(answers: Sequence[Answer], count: int = BINS) -> list[Bin]:
    """The answers in `count` bins of equal size, least sure first; answers as sure as each other share a bin."""
    size = math.ceil(len(answers) / count)
    parts, current = [], list[Answer]()
    for _, alike in groupby(sorted(answers), key=lambda answer: answer[0]):
        current += alike
        if len(current) >= size:
            parts.append(current)
            current = []
    if current:
        parts.append(current)
    return [
        Bin(len(part), sum(stated for stated, _ in part) / len(part), sum(right for _, right in part) / len(part))
        for part in parts
    ]


def ece(parts: Sequence[Bin]) -> float:
    """The expected calibration error: the mean distance between stated and true, weighted by rows."""
    return sum(part.rows * abs(part.stated - part.true) for part in parts) / sum(part.rows for part in parts)


def acceptable(answers: Sequence[Answer], floor: float) -> tuple[float, float | None]:
    """The largest share of the answers, surest first, of which `floor` are right, and the least confidence in it.

    Answers as sure as each other are accepted together. 0 and None where no share is good enough.
    """
    accepted, threshold, seen, right = 0, None, 0, 0
    for confidence, alike in groupby(sorted(answers, reverse=True), key=lambda answer: answer[0]):
        truths = [truth for _, truth in alike]
        seen, right = seen + len(truths), right + sum(truths)
        if right / seen >= floor:
            accepted, threshold = seen, confidence
    return accepted / len(answers) if answers else 0.0, threshold


# --- as a file -------------------------------------------------------------------------------------------

_BIG = 1000.0
_DATE = ("fitted", "date")
_RANGES = {
    ("weights", "constant"): (-_BIG, _BIG),
    ("weights", "probability"): (0.0, _BIG),
    ("weights", "gap"): (0.0, _BIG),
    ("weights", "none"): (-_BIG, _BIG),
    ("accept",): (0.0, 1.0),
    ("fitted", "rows"): (0.0, math.inf),
    ("fitted", "accuracy"): (0.0, 1.0),
    ("fitted", "brier"): (0.0, 1.0),
    ("fitted", "ece"): (0.0, 1.0),
}


def load_calibration(path: str | Path | None = None) -> Calibration:
    """The calibration in a JSON file as `calibration_text` writes it; the shipped one if `path` is None.

    Raises CalibrationError with every problem found: unknown, repeated and missing keys, and values that are
    no number or out of range.
    """
    file = data_root() / "calibration.json" if path is None else Path(path)
    problems: list[Problem] = []
    content = read_bytes(file, str(file), problems)
    data: Any = {}
    if content is not None:
        try:
            data = json.loads(content, object_pairs_hook=_distinct)
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one too
            problems.append(Problem(str(file), getattr(error, "lineno", 0), f"not JSON: {error}"))
        else:
            problems += [Problem(str(file), 0, fault) for fault in _faults(data)]
    if problems:
        raise CalibrationError(problems, "write one with `jobcodes evaluate LABELLED --calibrate FILE`")
    weights = cast(Features, tuple(float(data["weights"][name]) for name in NAMES))
    return Calibration(weights, float(data["accept"]), **data["fitted"])


def calibration_text(calibration: Calibration) -> str:
    """The calibration as JSON, for `load_calibration`."""
    fitted = {name: getattr(calibration, name) for name in ("date", "rows", "accuracy", "brier", "ece")}
    weights = dict(zip(NAMES, calibration.weights, strict=True))
    return json.dumps({"weights": weights, "accept": calibration.accept, "fitted": fitted}, indent=2) + "\n"


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _faults(data: Any) -> Iterator[str]:
    """What keeps `data` from being a calibration."""
    if not isinstance(data, dict):
        yield "expected an object with weights, accept and fitted"
        return
    flat: dict[tuple[str, ...], Any] = {}
    for outer, value in data.items():
        if isinstance(value, dict):
            flat |= {(outer, inner): one for inner, one in value.items()}
        else:
            flat[(outer,)] = value
    for key in sorted({*_RANGES, _DATE} - flat.keys()):
        yield f"{'.'.join(key)}: missing"
    for key, value in flat.items():
        if key == _DATE:
            if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
                yield f"{'.'.join(key)}: expected a date such as 2026-01-31, found {value!r}"
        elif key not in _RANGES:
            yield f"{'.'.join(key)}: unknown"
        else:
            low, high = _RANGES[key]
            kinds = (int,) if key == ("fitted", "rows") else (int, float)
            if type(value) not in kinds or not low <= value <= high:
                yield f"{'.'.join(key)}: expected a number from {low:g} to {high:g}, found {value!r}"
