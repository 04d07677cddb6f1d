"""How sure to be: the fit against a slow one, the measures against counting, the file against its faults."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.calibration import (
    IGNORANT,
    PRIOR,
    Answer,
    Bin,
    Calibration,
    CalibrationError,
    Features,
    Sample,
    acceptable,
    bins,
    brier,
    calibration_text,
    cross_validated,
    ece,
    features_of,
    fit,
    folds,
    load_calibration,
)
from jobcodes.ranking import Ranking

CALIBRATION = Calibration((0.5, 0.75, 1.0, -0.25), 0.9, "2026-01-31", 100, 0.8, 0.125, 0.03)
TEXT = """\
{
  "weights": {
    "constant": 0.5,
    "probability": 0.75,
    "gap": 1.0,
    "none": -0.25
  },
  "accept": 0.9,
  "fitted": {
    "date": "2026-01-31",
    "rows": 100,
    "accuracy": 0.8,
    "brier": 0.125,
    "ece": 0.03
  }
}
"""

answers = st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.6, 0.9, 0.95, 0.995]), st.booleans()), min_size=1)
logits = st.floats(-7, 7)
weights = st.tuples(st.floats(-20, 20), st.floats(0, 20), st.floats(0, 20), st.floats(-20, 20))


def ranking(none: float, **codes: float) -> Ranking:
    return Ranking(codes, 1 - none, {}, known=99.0)


def made(weights: Features, count: int, seed: int = 0) -> list[Sample]:
    """Answers that are right as often as the weights say."""
    draw = random.Random(seed)
    samples: list[Sample] = []
    for _ in range(count):
        features = (1.0, draw.gauss(0, 2), draw.gauss(1, 2), float(draw.random() < 0.3))
        logit = sum(weight * feature for weight, feature in zip(weights, features, strict=True))
        samples.append((features, draw.random() < 1 / (1 + math.exp(-logit))))
    return samples


# features ------------------------------------------------------------------------------------------------


def test_features_of_a_code_count_none_among_its_rivals() -> None:
    constant, logit, gap, none = features_of(ranking(0.3, A=0.6, B=0.1), "A")
    assert (constant, none) == (1.0, 0.0)
    assert logit == pytest.approx(math.log(0.6 / 0.4))
    assert gap == pytest.approx(math.log(0.6 / 0.3))


def test_features_of_none() -> None:
    constant, logit, gap, none = features_of(ranking(0.7, A=0.2, B=0.1), None)
    assert (constant, none) == (1.0, 1.0)
    assert logit == pytest.approx(math.log(0.7 / 0.3))
    assert gap == pytest.approx(math.log(0.7 / 0.2))


def test_certainty_is_no_infinity() -> None:
    assert features_of(ranking(0.0, A=1.0, B=0.0), "A")[1:3] == pytest.approx((math.log(999), math.log(999)))
    assert features_of(ranking(1.0), None)[1:3] == pytest.approx((math.log(999), math.log(999)))


def test_the_less_is_known_the_less_certain_is_an_answer() -> None:
    logits = [features_of(Ranking({"A": 0.01}, 0.01, {}, known=known), None)[1] for known in (0.0, 0.5, 1.0, 99.0)]
    assert logits[0] == pytest.approx(math.log(IGNORANT / (1 - IGNORANT)))
    assert logits == sorted(set(logits))
    assert logits[-1] == pytest.approx(math.log(0.99 / 0.01))


# fitting -------------------------------------------------------------------------------------------------


def slowly_fitted(samples: list[Sample]) -> list[float]:
    """The same weights by walking downhill in small steps."""
    weights = [0.0] * 4
    for _ in range(4_000):
        slope = [strength * weight for strength, weight in zip(PRIOR, weights, strict=True)]
        for features, right in samples:
            logit = sum(weight * feature for weight, feature in zip(weights, features, strict=True))
            miss = 1 / (1 + math.exp(-logit)) - right
            slope = [old + miss * feature for old, feature in zip(slope, features, strict=True)]
        weights = [weight - 0.01 * step for weight, step in zip(weights, slope, strict=True)]
    return weights


def test_the_fit_is_the_one_that_gradient_descent_finds() -> None:
    samples = made((0.3, 0.8, 0.6, -0.5), 60)
    assert fit(samples, "2026-01-31").weights == pytest.approx(slowly_fitted(samples), abs=1e-4)


def test_the_fit_finds_the_weights_that_made_the_samples() -> None:
    truth = (0.3, 0.8, 0.6, -0.5)
    assert fit(made(truth, 2000), "2026-01-31").weights == pytest.approx(truth, abs=0.2)


@pytest.mark.parametrize("truth", [(0.0, -2.0, 1.0, 0.0), (0.0, 1.0, -2.0, 0.0), (0.0, -1.0, -1.0, 0.0)])
def test_a_likelier_answer_is_never_less_sure_whatever_the_samples_say(truth: Features) -> None:
    _, probability, gap, _ = fit(made(truth, 300), "2026-01-31").weights
    assert probability >= 0
    assert gap >= 0


@pytest.mark.parametrize("right", [True, False])
def test_samples_that_are_all_right_or_all_wrong_can_be_fitted(right: bool) -> None:
    fitted = fit([(features, right) for features, _ in made((0.0, 1.0, 1.0, 0.0), 50)], "2026-01-31")
    assert (fitted.accuracy, fitted.accept) == ((1.0, fitted.accept) if right else (0.0, 1.0))
    assert all(math.isfinite(weight) for weight in fitted.weights)


def test_what_the_fit_says_of_itself_is_cross_validated() -> None:
    samples = made((0.3, 0.8, 0.6, -0.5), 203)
    fitted = fit(samples, "2026-01-31")
    crossed = cross_validated(samples)
    assert [right for _, right in crossed] == [right for _, right in samples]
    for learnt, held_out in folds(len(samples)):
        others = fit([samples[at] for at in learnt], "2026-01-31")
        for at in held_out:
            assert crossed[at][0] == pytest.approx(others.apply(samples[at][0]), abs=1e-3)
    assert (fitted.date, fitted.rows) == ("2026-01-31", 203)
    assert fitted.brier == round(brier(crossed), 4)
    assert fitted.ece == round(ece(bins(crossed)), 4)
    codes = [answer for answer, (features, _) in zip(crossed, samples, strict=True) if not features[3]]
    accepted = [right for confidence, right in codes if confidence >= fitted.accept]
    assert sum(accepted) / len(accepted) >= 0.95


@pytest.mark.parametrize("count", [0, 3, 5, 52])
def test_every_row_is_held_out_once(count: int) -> None:
    parts = list(folds(count))
    assert sorted(at for _, held_out in parts for at in held_out) == list(range(count))
    assert all(sorted(learnt + held_out) == list(range(count)) for learnt, held_out in parts)
    assert max(len(held_out) for _, held_out in parts) - min(len(held_out) for _, held_out in parts) <= 1
    assert parts == list(folds(count))


@given(weights, logits, logits, logits, logits, st.booleans())
def test_confidence_rises_with_probability_and_gap_and_stays_in_range(
    weights: Features, low: float, high: float, near: float, far: float, none: bool
) -> None:
    calibration = replace(CALIBRATION, weights=weights)
    (low, high), (near, far) = sorted((low, high)), sorted((near, far))
    less, more = (calibration.apply((1.0, logit, gap, float(none))) for logit, gap in ((low, near), (high, far)))
    assert 0.005 <= less <= more <= 0.995


# measures ------------------------------------------------------------------------------------------------


def test_brier_and_calibration_error_by_hand() -> None:
    given: list[Answer] = [(0.5, True), (0.5, False), (0.9, True), (0.9, True)]
    assert brier(given) == pytest.approx((0.25 + 0.25 + 0.01 + 0.01) / 4)
    assert bins(given, 2) == [Bin(2, 0.5, 0.5), Bin(2, 0.9, 1.0)]
    assert ece(bins(given, 2)) == pytest.approx(0.05)


def test_answers_as_sure_as_each_other_share_a_bin() -> None:
    assert bins([(0.5, False)] + [(0.5, True)] * 9) == [Bin(10, 0.5, 0.9)]


@given(answers, st.integers(1, 10))
def test_bins_hold_every_answer_once_in_order(given: list[Answer], count: int) -> None:
    parts = bins(given, count)
    assert sum(part.rows for part in parts) == len(given)
    assert len(parts) <= count
    assert [part.stated for part in parts] == sorted(part.stated for part in parts)
    assert bins(list(reversed(given)), count) == parts


@given(answers, st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_the_acceptable_share_is_the_largest_there_is(given: list[Answer], floor: float) -> None:
    shares = {}
    for threshold, _ in given:
        accepted = [right for confidence, right in given if confidence >= threshold]
        if sum(accepted) / len(accepted) >= floor:
            shares[threshold] = len(accepted) / len(given)
    least = min(shares) if shares else None
    assert acceptable(given, floor) == (max(shares.values(), default=0.0), least)


def test_nothing_is_acceptable_of_nothing() -> None:
    assert acceptable([], 0.95) == (0.0, None)


# the file ------------------------------------------------------------------------------------------------


def test_a_calibration_survives_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    assert calibration_text(CALIBRATION) == TEXT
    file.write_text(TEXT, encoding="utf-8")
    assert load_calibration(file) == CALIBRATION


def test_the_shipped_one_is_usable() -> None:
    shipped = load_calibration()
    assert shipped.rows >= 50
    assert 0.5 <= shipped.accept <= 1


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('"gap": 1.0', '"gap": "1"', "weights.gap: expected a number from 0 to 1000, found '1'"),
        ('"gap": 1.0', '"gap": -1', "weights.gap: expected a number from 0 to 1000, found -1"),
        ('"gap": 1.0', '"gap": true', "weights.gap: expected a number from 0 to 1000, found True"),
        ('"gap": 1.0', '"gap": NaN', "weights.gap: expected a number from 0 to 1000, found nan"),
        ('"gap": 1.0', '"gap": 1e999', "weights.gap: expected a number from 0 to 1000, found inf"),
        ('"gap": 1.0,', '"gap": 1.0, "size": 2,', "weights.size: unknown"),
        ('"gap": 1.0,', "", "weights.gap: missing"),
        ('"accept": 0.9', '"accept": 90', "accept: expected a number from 0 to 1, found 90"),
        ('"rows": 100', '"rows": 1.5', "fitted.rows: expected a number from 0 to inf, found 1.5"),
        ("2026-01-31", "today", "fitted.date: expected a date such as 2026-01-31, found 'today'"),
        ('"gap": 1.0,', '"gap": 1.0, "gap": 2,', "not JSON: a key stands twice"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, before: str, after: str, problem: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(TEXT.replace(before, after), encoding="utf-8")
    with pytest.raises(CalibrationError) as caught:
        load_calibration(file)
    assert str(caught.value) == f"{file}: {problem}"


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"weights": [], "accept": {"": 1}, "weights.gap": 1}', encoding="utf-8")
    with pytest.raises(CalibrationError) as caught:
        load_calibration(file)
    faults = [problem.message for problem in caught.value.problems]
    assert faults[:2] == ["accept: missing", "fitted.accuracy: missing"]
    assert faults[-3:] == ["weights: unknown", "accept.: unknown", "weights.gap: unknown"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\xff", b"[" * 100_000, b"1" * 10_000, b"\0"])
def test_what_is_no_calibration_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    with pytest.raises(CalibrationError):
        load_calibration(file)


def test_a_syntax_error_has_its_line_and_a_missing_file_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(TEXT.replace('"gap": 1.0', '"gap": '), encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"mine\.json:5: not JSON: "):
        load_calibration(file)
    with pytest.raises(CalibrationError, match=r"nowhere\.json: cannot read the file: No such file"):
        load_calibration(tmp_path / "nowhere.json")


# in the classifier ---------------------------------------------------------------------------------------

JOBS = [
    ("Help Desk Analyst", "Resolves customers' software problems by phone and remote session."),
    ("Field Engineer", ""),
    ("Head of Contact Centres", "Leads all contact centres of the organization."),
    ("Customer Service Manager", "Handles complaints, plans shifts and answers calls about orders."),
    ("Software Engineer", "Writes the code of our billing platform."),
    ("", "Does what is needed."),
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(load_catalogue(), load_vocabulary())


def test_the_calibration_decides_unless_the_threshold_is_given(classifier: Classifier) -> None:
    assert classifier.accept == load_calibration().accept
    assert classifier.calibrated(CALIBRATION).accept == 0.9
    assert classifier.accept == load_calibration().accept
    other = Classifier(classifier.catalogue, load_vocabulary(), accept=0.4, calibration=CALIBRATION)
    assert (other.accept, other.calibration) == (0.4, CALIBRATION)


@pytest.mark.parametrize(("title", "text"), JOBS)
@pytest.mark.parametrize("weights", [(0.6, 0.7, 0.8, 0.9), (-3.0, 0.0, 0.0, 0.0), (9.0, 0.0, 0.0, 0.0)])
def test_a_calibration_changes_how_sure_an_answer_is_and_nothing_else(
    classifier: Classifier, weights: Features, title: str, text: str
) -> None:
    calibration = replace(CALIBRATION, weights=weights)
    before = classifier.classify(text, title, 99)
    after = classifier.calibrated(calibration).classify(text, title, 99)
    assert after.confidence == round(calibration.apply(classifier.features(text, title)), 4)
    assert (after.code, after.evidence, after.coverage) == (before.code, before.evidence, before.coverage)
    assert [other.code for other in after.alternatives] == [other.code for other in before.alternatives]
    confidences = [other.confidence for other in after.alternatives]
    assert confidences == sorted(confidences, reverse=True)
    if after.code:
        assert (after.alternatives[0].code, confidences[0]) == (after.code, after.confidence)
        assert sum(confidences) <= 1.001
    else:
        assert sum(confidences) <= 1.001 - after.confidence
