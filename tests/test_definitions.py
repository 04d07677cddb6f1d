"""Codes that no vocabulary knows are ranked by their titles and definitions."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.cache import Cache
from jobcodes.definitions import SHORTLIST, read_definitions
from jobcodes.explanation import explain
from jobcodes.model import Catalogue, Function, Job
from jobcodes.vocabulary import Vocabulary

TRADES = {
    "K1001": ("Bakers", "Mix dough, shape loaves and bake bread and pastry in ovens."),
    "K1002": ("Butchers", "Cut, trim and prepare meat for sale. Excludes fishmongers, who clean and cut trout."),
    "K1003": ("Fishmongers", "Clean, cut and sell fish. Examples of the occupations classified here: - Oyster opener"),
    "K2001": ("Glaziers", "Cut and fit glass in windows. Excluded from this group are: - makers of bread ovens"),
    "K2002": ("Roofers", "Cover roofs with slates, tiles or shingles."),
    "K2003": ("Plasterers", "Coat walls and ceilings with plaster and mould ornaments."),
}


def catalogue(trades: dict[str, tuple[str, str]]) -> Catalogue:
    functions = {}
    for code, (title, text) in trades.items():
        job = Job(code, "discipline", code[:2], title, (text,))
        functions.setdefault(code[:2], []).append(job)
    made = tuple(Function(code, code, "", (), (), tuple(jobs)) for code, jobs in functions.items())
    return Catalogue("Trades", "1", (), made, "", "0" * 64)


TABLE = catalogue(TRADES)
ALONE = Classifier(TABLE, Vocabulary())
SHIPPED = Classifier(TABLE, load_vocabulary())


@pytest.mark.parametrize("classifier", [ALONE, SHIPPED])
@pytest.mark.parametrize(
    ("title", "text", "code"),
    [
        ("Baker", "Shapes loaves and bakes bread before dawn.", "K1001"),
        ("Roofer", "", "K2002"),
        ("", "Coats the walls of new houses with plaster.", "K2003"),
        ("Oyster Opener", "Opens shells at the counter.", "K1003"),  # a definition's example
        ("", "Cleans and cuts trout for customers.", "K1003"),  # what K1002 leaves to others is not its own
        ("", "Bakes in bread ovens.", "K1001"),  # nor is it K2001's
        ("Glazing work", "Glazing of shop fronts", "K2001"),  # begins as its title does
    ],
)
def test_the_definition_that_fits_comes_first(classifier: Classifier, title: str, text: str, code: str) -> None:
    assert classifier.classify(text, title).alternatives[0].code == code


def test_a_match_says_what_it_went_by() -> None:
    match = ALONE.classify("Mixes dough and shapes loaves, then bakes bread in wood-fired ovens.", "Baker")
    assert (match.code, match.title) == ("K1001", "Bakers")
    assert {(found.field, found.text, found.term, found.kind) for found in match.evidence} >= {
        ("title", "Baker", "bakers", "definition"),
        ("text", "dough", "dough", "definition"),
        ("text", "loaves", "loaves", "definition"),
    }
    assert match.coverage == 1.0
    assert "Compared with the definition of K1001 only: the vocabulary does not know the code." in match.notes


@pytest.mark.parametrize("text", ["", "zzzz qqqq", "Le chien dort sous la table."])
def test_what_fits_no_definition_is_none_or_an_error(text: str) -> None:
    assert ALONE.classify(text).decision in ("none", "error")


def test_the_words_of_kin_tell_codes_apart() -> None:
    # "hull" is in no definition but in those of the group that begins with A1, "kiln" in those of A2.
    jobs = {
        "A101": ("Fitters", "Fit parts."),
        "A102": ("Hull welders", "Weld the hull."),
        "A103": ("Hull painters", "Paint the hull."),
        "A201": ("Fitters of kilns", "Fit parts."),
        "A202": ("Kiln loaders", "Load the kiln."),
        "A203": ("Kiln stokers", "Heat the kiln."),
    }
    ranked = Classifier(catalogue(jobs), Vocabulary()).classify("Fits parts of the hull.", "Fitter").alternatives
    assert next(found.code for found in ranked if found.code in ("A101", "A201")) == "A101"


words_ = st.lists(st.sampled_from("bread oven glass roof tile plaster fish meat cut trim zebra".split()), max_size=12)  # noqa: SIM905


@given(words_, words_)
def test_scores_are_those_of_a_plain_sum(title: list[str], text: list[str]) -> None:
    """The same as adding up the weights of every word, one code after the other."""
    definitions = read_definitions(list(TABLE))
    found = definitions.scores(title, Counter(text))
    weights = {word: dict(zip(*places, strict=True)) for word, places in definitions.places.items()}
    query = Counter(text)
    for word in title:
        query[word] += 2.4
    plain = {}
    for number, job in enumerate(TABLE):
        places = [number, *definitions.groups[number]]
        names = {name: n for word, n in query.items() for name in (word, f"#{word[:4]}")}
        own = any(number in weights.get(name, {}) for name in names)
        total = 0.0
        for word, n in query.items():
            for name in (word, f"#{word[:4]}"):
                total += sum(weights.get(name, {}).get(at, 0.0) for at in places) * (1 + math.log(n) if n > 1 else n)
        if own:
            plain[job.code] = total
    best = max(plain.values(), default=0.0)
    assert found == pytest.approx({code: total / best for code, total in plain.items()})
    assert len(found) <= SHORTLIST
    assert list(found.values()) == sorted(found.values(), reverse=True)


@settings(max_examples=25)
@given(st.permutations(["Bakes bread.", "Cuts glass for windows.", "Heats the oven.", "Shapes loaves."]))
def test_the_order_of_duties_does_not_count(duties: list[str]) -> None:
    match, other = ALONE.classify("\n".join(duties)), ALONE.classify("\n".join(sorted(duties)))
    assert (match.code, match.confidence) == (other.code, other.confidence)


def test_the_same_answer_whatever_the_hash_seed() -> None:
    script = (
        "from tests.test_definitions import ALONE; "
        "print(ALONE.classify('Cuts and fits glass in windows and covers roofs with tiles.', 'Glazier'))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            timeout=60,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path), "PATH": ""},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_a_code_that_the_vocabulary_knows_keeps_its_phrases() -> None:
    """A catalogue of which the vocabulary knows one code only."""
    vocabulary = load_vocabulary()
    vocabulary.entries["K2002"] = vocabulary.entries.pop("AMT020")
    assert Classifier(TABLE, vocabulary).classify("Coats walls with plaster.").alternatives[0].code == "K2003"
    vocabulary.entries["AMT020"] = vocabulary.entries.pop("K2002")


@pytest.mark.parametrize("damage", [None, b"", b"{}", b"\x00" * 40])
def test_a_cache_changes_nothing_but_time(tmp_path: Path, damage: bytes | None) -> None:
    text = "Cuts and fits glass in windows and covers roofs with tiles."
    plain = ALONE.classify(text)
    for _ in range(2):
        assert Classifier(TABLE, Vocabulary(), cache=Cache(tmp_path)).classify(text) == plain
        files = list(tmp_path.iterdir())
        assert len(files) == 1
        if damage is not None:
            files[0].write_bytes(damage)


@pytest.mark.parametrize("classifier", [ALONE, SHIPPED])
def test_an_answer_without_vocabulary_is_explained(classifier: Classifier) -> None:
    why = explain(classifier, "Mixes dough and shapes loaves. Covers roofs with slates and tiles.", "Baker")
    assert [side.code for side in why.sides] == ["K1001", "K2002"]
    assert [duty.codes[0][0] for duty in why.duties] == ["K1001", "K2002"]
    assert [found.text for found in why.duties[0].evidence] == ["Mixes", "dough", "shapes", "loaves"]


def beside_the_shipped(*jobs: Job, title: str) -> Classifier:
    shipped = load_catalogue()
    function = Function("XYZ", title, "", (), (), jobs)
    both = Catalogue("Both", "1", shipped.bands, (*shipped.functions, function), "", "1" * 64)
    return Classifier(both, load_vocabulary())


def test_a_kind_of_work_outside_the_shipped_catalogue_is_inside_of_one_that_has_it() -> None:
    definition = (
        "Sources, interviews and hires candidates. Manages job advertisements and the applicant tracking system."
    )
    recruiting = beside_the_shipped(
        Job("XYZ010", "discipline", "XYZ", "Recruiting", (definition,)), title="Human Resources"
    )
    other = beside_the_shipped(Job("XYZ010", "discipline", "XYZ", "Roofers", ("Cover roofs.",)), title="Building")
    text = "Finds and interviews candidates, posts jobs and manages the applicant tracking system."
    assert recruiting.classify(text, "Recruiter").code == "XYZ010"
    assert other.classify(text, "Recruiter").code is None
    assert any("Recruiting, outside" in note for note in other.classify(text, "Recruiter").notes)
    engineer = recruiting.classify("Develops web applications in Python. Writes unit tests.", "Software Engineer")
    assert (engineer.code, engineer.notes[0][:17]) == (None, "Reads as Software")
    agent = recruiting.classify("Answers inbound calls of customers and solves their complaints.", "Call Centre Agent")
    assert agent.code == "AMS020"


def test_the_top_executive_of_a_function_that_no_vocabulary_knows() -> None:
    jobs = (
        Job("FIN000-EX", "benchmark", "FIN", "Top Finance Executive", (
            "Has primary responsibility for the organization's finance, accounting and treasury function.",
            "Typically reports to the CEO.",
        ), role="executive"),
        Job("FIN020", "discipline", "FIN", "Taxes", ("Prepares tax returns. Supports tax audits.",)),
        Job("FIN030", "discipline", "FIN", "Treasury", ("Manages cash, bank accounts and liquidity.",)),
    )  # fmt: skip
    classifier = Classifier(
        Catalogue("F", "1", (), (Function("FIN", "Finance", "", (), (), jobs),), "", "2" * 64), load_vocabulary()
    )
    text = "Leads the company's finance organization including accounting, tax and treasury. Reports to the CEO."
    found = classifier.classify(text, "Chief Financial Officer")
    assert (found.code, found.decision, found.band and found.band.code) == ("FIN000-EX", "review", "EX")
    assert classifier.classify("Manages cash and bank accounts.", "Treasury Analyst").code == "FIN030"
    assert classifier.classify("Prepares tax returns of the company.", "Tax Manager").code == "FIN020"


def test_one_word_in_common_is_no_certainty() -> None:
    one, two = ALONE.classify("Cuts hair."), ALONE.classify("Cuts and fits glass in windows.")
    assert one.confidence is not None
    assert two.confidence is not None
    assert one.code is None or one.confidence < 0.6
    assert two.confidence > 0.8


def test_memory_stays_bounded_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Mixes dough, shapes loaves and bakes bread in ovens; cuts glass, covers roofs and coats walls."
    whole = Classifier(TABLE, Vocabulary()).classify(text)
    monkeypatch.setattr("jobcodes.cues._MEMO_LIMIT", 5)
    small = Classifier(TABLE, Vocabulary())
    assert small.classify(text) == whole
    assert small.reader.definitions is not None
    assert len(small.reader.definitions.stems) <= 5
