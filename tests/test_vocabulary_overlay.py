"""A vocabulary of one's own over ours: what counts, what is wrong and where, and that the command line follows it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from subprocess import CompletedProcess
from textwrap import dedent

import pytest

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.cache import Cache
from jobcodes.catalogue_check import inspect, notes_on
from jobcodes.cues import SKIPPED
from jobcodes.errors import DataError
from jobcodes.reading import Reader
from jobcodes.text import flatten, words

Run = Callable[..., CompletedProcess[bytes]]
CATALOGUE = load_catalogue()
OURS = {
    "general": """\
        articles: [the, of]
        variants: {centre: center, csr: customer service representative}
        signals: {executive: {titles: {strong: [chief]}}}
        bands: {M: {titles: {strong: [manager]}}}
        """,
    "terms": "customer: [customer, client]\n",
    "outside": "functions: [AMS]\nkinds:\n  sales:\n    title: Selling\n    titles: {fair: [seller]}\n",
    "AMS": """\
        AMS010:
          bands: [P, U]
          titles: {strong: [agent|client care], weak: [guide]}
          duties: {strong: [resolve + <customer>|caller], weak: [call]}
          against: {fair: [sale]}
        AMS022:
          titles: {strong: [agent]}
          duties: {fair: [call|letter]}
        """,
}


def base(path: Path, **files: str) -> Path:
    folder = path / "ours"
    folder.mkdir(exist_ok=True)
    for name, text in (OURS | files).items():
        (folder / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return folder


def own(path: Path, text: str, name: str = "own.yaml") -> Path:
    file = path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")
    return file


def said(path: Path, text: str, field: str, job: str) -> dict[str, tuple[float, int]]:
    """What a title or a duty speaks for or against, beside nothing but the small vocabulary above."""
    reader = Reader(load_vocabulary(own(path, text), base=base(path)), {})
    forms = [form for form in map(reader.words.__getitem__, words(flatten(job))) if form != SKIPPED]
    index = reader.in_titles if field == "title" else reader.in_duties
    return {cue.key: (cue.weight, cue.sign) for cue, _ in index.find(forms) if not cue.key.endswith(" needs")}


# --- which listing counts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "field", "job", "expected"),
    [
        # Nothing said, nothing changed.
        ("AMS010:\n", "title", "agent", {"AMS010": (0.9, 1), "AMS022": (0.9, 1)}),
        ("AMS010: {titles: , means: , drop: }\nvariants:\nterms:\n", "duty", "letter", {"AMS022": (0.6, 1)}),
        ("variants: {help desk: \"'\", \"'\": help desk}\n", "duty", "letter", {"AMS022": (0.6, 1)}),
        # What one adds joins ours.
        ("AMS010: {titles: {fair: [host]}}", "title", "host", {"AMS010": (0.6, 1)}),
        ("AMS010: {titles: {fair: [host]}}", "title", "client care", {"AMS010": (0.9, 1)}),
        ("AMS010: {against: {strong: [letter]}}", "duty", "letter", {"AMS010": (0.9, -1), "AMS022": (0.6, 1)}),
        # The same words are ours no longer, for any code or kind, whatever their case, article or inflection.
        ("AMS020: {titles: {weak: [agent]}}", "title", "agent", {"AMS020": (0.3, 1)}),
        ("AMS020: {titles: {weak: [The Agents]}}", "title", "agent", {"AMS020": (0.3, 1)}),
        ("AMS020: {titles: {weak: [agent]}}", "title", "client care", {"AMS010": (0.9, 1)}),
        ("AMS010: {titles: {strong: [seller]}}", "title", "seller", {"AMS010": (0.9, 1)}),
        ("AMS010: {titles: {strong: [guide]}}", "title", "guide", {"AMS010": (0.9, 1)}),
        ("kinds: {sales: {titles: {strong: [agent]}}}", "title", "agent", {"sales": (0.9, 1)}),
        ("AMS020: {duties: {fair: [letter]}}", "duty", "letter", {"AMS020": (0.6, 1)}),
        ("AMS020: {duties: {fair: [letter]}}", "duty", "call", {"AMS010": (0.3, 1), "AMS022": (0.6, 1)}),
        # ... in the same field only ...
        ("AMS020: {duties: {fair: [agent]}}", "title", "agent", {"AMS010": (0.9, 1), "AMS022": (0.9, 1)}),
        # ... parts in any order, and a cue of several parts only as a whole.
        ("AMS020: {duties: {weak: [caller|<customer> + resolve]}}", "duty", "resolve caller", {"AMS020": (0.3, 1)}),
        (
            "AMS020: {duties: {weak: [resolve + caller]}}",
            "duty",
            "resolve caller",
            {"AMS010": (0.9, 1), "AMS020": (0.3, 1)},
        ),
        # What speaks against a code no longer speaks for it, and the other way round.
        ("AMS010: {against: {strong: [call]}}", "duty", "call", {"AMS010": (0.9, -1), "AMS022": (0.6, 1)}),
        ("AMS010: {duties: {fair: [sale]}}", "duty", "sale", {"AMS010": (0.6, 1)}),
        # A signal or a band keeps its words.
        ("AMS010: {titles: {fair: [manager]}}", "title", "manager", {"AMS010": (0.6, 1), "M": (0.9, 1)}),
        ("bands: {M: {titles: {weak: [manager]}}}", "title", "manager", {"M": (0.3, 1)}),
        # Dropped from one code.
        ("AMS010: {drop: [Agent]}", "title", "agent", {"AMS022": (0.9, 1)}),
        ("AMS010: {drop: [agent]}", "title", "client care", {"AMS010": (0.9, 1)}),
        ("AMS010: {drop: [agent|client care]}", "title", "client care", {}),
        ("AMS010: {drop: [sale]}", "duty", "sale", {}),
        ("AMS010: {drop: [caller|<customer> + resolve]}", "duty", "resolve caller", {}),
        ("kinds: {sales: {drop: [seller]}}", "title", "seller", {}),
        ("signals: {executive: {drop: [chief]}}", "title", "chief", {}),
        ("AMS010: {drop: [call], duties: {strong: [call]}}", "duty", "call", {"AMS010": (0.9, 1)}),
        # A title that decides: alone of all codes and kinds; the longest, then the first; bands stay.
        ("AMS010: {means: [guide]}", "title", "agent seller guide", {"AMS010": (1, 1)}),
        ("AMS010: {means: [guide]}", "title", "guide manager", {"AMS010": (1, 1), "M": (0.9, 1)}),
        ("AMS010: {means: [guide]}", "title", "chief guide", {"AMS010": (1, 1), "executive": (0.9, 1)}),
        ("AMS010: {means: [chief guide]}", "title", "chief guide", {"AMS010": (1, 1)}),
        ("AMS020-EX: {means: [guide]}", "title", "guide", {"AMS020-EX": (1, 1), "executive": (1, 1)}),
        ("AMS010: {means: [guide]}\nAMS022: {means: [tour guide]}", "title", "tour guide", {"AMS022": (1, 1)}),
        ("AMS010: {means: [guide]}\nAMS022: {means: [tour guide]}", "title", "guide", {"AMS010": (1, 1)}),
        ("AMS010: {means: [guide]}\nAMS022: {means: [host]}", "title", "host guide", {"AMS022": (1, 1)}),
        ("AMS010: {means: [guide]}", "duty", "guide", {}),
        # Abbreviations and terms, for our phrases and one's own.
        ("variants: {AG: agent}", "title", "ag", {"AMS010": (0.9, 1), "AMS022": (0.9, 1)}),
        ("variants: {mg: member guide}\nAMS020: {means: [member guide]}", "title", "MG", {"AMS020": (1, 1)}),
        ("variants: {centre: agent}", "title", "centre", {"AMS010": (0.9, 1), "AMS022": (0.9, 1)}),
        ("terms: {customer: [patron]}", "duty", "resolve patron", {"AMS010": (0.9, 1)}),
        ("terms: {pet: [ox]}\nAMS020: {duties: {fair: [<pet> + bit]}}", "duty", "ox bit", {"AMS020": (0.6, 1)}),
        # A code that we do not know.
        ("43-4051.00: {titles: {fair: [agent]}}", "title", "agent", {"43-4051.00": (0.6, 1)}),
    ],
)  # fmt: skip
def test_precedence(tmp_path: Path, text: str, field: str, job: str, expected: dict[str, tuple[float, int]]) -> None:
    assert said(tmp_path, text, field, job) == expected


def test_bands_and_names_are_replaced_lists_are_joined(tmp_path: Path) -> None:
    text = """\
        AMS010: {bands: [T], title: Contact}
        functions: [FIN]
        articles: [an, the]
        spelling: [Advocate]
        headings: {duties: [Your Mission]}
        """
    vocabulary = load_vocabulary(own(tmp_path, text), base=base(tmp_path))
    assert (vocabulary.entries["AMS010"].bands, vocabulary.entries["AMS010"].name) == (["T"], "Contact")
    assert vocabulary.outside_of == ["AMS", "FIN"]
    assert (vocabulary.articles, vocabulary.spelling) == (["the", "of", "an"], ["advocate"])
    assert vocabulary.headings == {"duties": ["your mission"]}


def test_a_folder_is_the_same_as_its_files_in_one(tmp_path: Path) -> None:
    codes, variants = "AMS010: {titles: {fair: [host]}}\n", "variants: {hst: host}\n"
    one = load_vocabulary(own(tmp_path, codes + variants), base=base(tmp_path))
    own(tmp_path, codes, "mine/a.yaml")
    own(tmp_path, variants, "mine/general.yaml")
    (tmp_path / "mine" / "notes.txt").write_text("not: [read")
    for name in ("general.yaml", "b.yml"):
        (tmp_path / "mine" / "general.yaml").rename(tmp_path / "mine" / name)
        several = load_vocabulary(tmp_path / "mine", base=tmp_path / "ours")
        assert (several.in_titles, several.variants) == (one.in_titles, one.variants)
        (tmp_path / "mine" / name).rename(tmp_path / "mine" / "general.yaml")


# --- the shipped one below it ----------------------------------------------------------------------------

ADVOCATE = "AMS020: {means: [Member Advocate]}\nvariants: {mbr: member}\n"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Member Advocate", ""),
        ("Sr. Mbr Advocate II", ""),
        ("MEMBER ADVOCATES", ""),
        ("Member Advocate - Complaints", ""),
        (
            "Member Advocate",
            "Works in a pleasant office.\nTakes part in meetings.\nPrepares reports for the supervisor.",
        ),
        ("Member Advocate", "Answers calls and chats from members about claims and benefits. Updates accounts."),
    ],
)
def test_in_our_house_a_title_means_a_code(tmp_path: Path, title: str, text: str) -> None:
    assert Classifier(CATALOGUE, load_vocabulary()).classify(text, title).code != "AMS020" or text
    match = Classifier(CATALOGUE, load_vocabulary(own(tmp_path, ADVOCATE))).classify(text, title)
    assert match.code == "AMS020"
    assert match.evidence[0].weight == 1


def test_the_text_can_still_say_otherwise(tmp_path: Path) -> None:
    classifier = Classifier(CATALOGUE, load_vocabulary(own(tmp_path, ADVOCATE)))
    text = "Travels to hospitals to install scanners.\nRepairs scanners on site.\nReplaces parts at customers' sites.\n"
    assert classifier.classify(text * 3, "Member Advocate").code == "AMT020"


def test_other_jobs_are_answered_as_before(tmp_path: Path) -> None:
    ours, laid = load_vocabulary(), load_vocabulary(own(tmp_path, ADVOCATE))
    for title, text in [("Field Engineer", ""), ("Agent", "Answers calls from customers."), ("Sous Chef", "Cooks.")]:
        assert Classifier(CATALOGUE, laid).classify(text, title) == Classifier(CATALOGUE, ours).classify(text, title)


def test_a_classifier_with_it_is_picklable(tmp_path: Path) -> None:
    classifier = Classifier(CATALOGUE, load_vocabulary(own(tmp_path, ADVOCATE)))
    again = pickle.loads(pickle.dumps(classifier))
    assert again.classify("", "Member Advocate") == classifier.classify("", "Member Advocate")


# --- a catalogue of other codes --------------------------------------------------------------------------

FINANCE = """\
    name: Finance survey
    edition: test
    functions:
      - code: FIN
        title: Finance
        jobs:
          - code: FIN010
            kind: discipline
            title: Accounts Payable
            responsibilities: [Checks and pays the invoices of suppliers]
          - code: FIN020
            kind: discipline
            title: Taxes
            responsibilities: [Prepares the tax returns of the company]
    """


def test_codes_that_only_ones_own_knows(tmp_path: Path) -> None:
    catalogue = load_catalogue(str(own(tmp_path, FINANCE, "finance.yaml")))
    words = "FIN020: {means: [Ledger Wizard], duties: {strong: [levy]}}\n"
    classifier = Classifier(catalogue, load_vocabulary(own(tmp_path, words)))
    assert classifier.classify("", "Ledger Wizard").code == "FIN020"
    assert classifier.classify("Looks after levies and more levies.").code == "FIN020"
    # A few words of one's own are not all that is known of a code: its definition still speaks for it.
    plain = Classifier(catalogue, load_vocabulary())
    for text, code in (("Prepares tax returns.", "FIN020"), ("Pays the invoices of suppliers.", "FIN010")):
        assert classifier.classify(text).code == plain.classify(text).code == code


# --- what is wrong, and what has no effect ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("AMS010:\n  mean: [x]\n", "own.yaml:2: unknown key 'mean'; did you mean means?"),
        ("AMS010:\n  means: x\n", "own.yaml:2: means: expected a list, found the text 'x'"),
        (
            "AMS010:\n  means:\n    - a + b\n",
            "own.yaml:3: means: expected words that stand side by side in a title, found 'a + b'",
        ),
        (
            "AMS010:\n  means: [host]\nAMS020:\n  means: [guide, The Hosts]\n",
            "own.yaml:4: means: 'The Hosts' means AMS010 already (own.yaml:2)",
        ),
        ("AMS010:\n  means: ['--']\n", "own.yaml:2: means: expected a phrase, found '--'"),
        (
            "bands:\n  M: {means: [x]}\n",
            "own.yaml:2: means: only a code or a kind of work outside is what a title means",
        ),
        ("AMS010:\n  drop: {titles: [x]}\n", "own.yaml:2: drop: expected a list, found a mapping"),
        (
            "AMS010:\n  titles: {fair: [<pet>]}\n",
            "own.yaml:2: fair: unknown term <pet>; terms.yaml defines <customer>",
        ),
        ("AMS010: {}\nAMS010: {}\n", "own.yaml:2: duplicate key 'AMS010', first on line 1"),
        ("variants: [a]\n", "own.yaml:1: variants: expected a mapping, found a list"),
        ("- AMS010\n", "own.yaml:1: expected a mapping, found a list"),
        ("AMS010: [\n", "own.yaml:2: not YAML: "),
        ("# nothing yet\n", "own.yaml: expected a mapping, found an empty file"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, text: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path, text)
    base(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        load_vocabulary("own.yaml", base="ours")
    (found,) = map(str, caught.value.problems)
    assert found.startswith(problem)


def test_every_fault_of_both_is_found(tmp_path: Path) -> None:
    own(tmp_path, "AMS010: {mean: [x], titles: {fair: x}}\n", "mine/a.yaml")
    own(tmp_path, "varients: {}\n", "mine/general.yaml")
    with pytest.raises(DataError) as caught:
        load_vocabulary(tmp_path / "mine", base=base(tmp_path, terms="customer: x\n"))
    assert [str(problem).partition(": ")[0] for problem in caught.value.problems] == [
        "mine/a.yaml:1", "mine/a.yaml:1", "mine/general.yaml:1", "ours/terms.yaml:1",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["none", "none.yaml", "empty"])
def test_a_place_without_any(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        load_vocabulary(tmp_path / name)
    assert "a YAML file or a folder of them" in caught.value.hint


def test_what_has_no_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path, "AMS20:\n  titles: {fair: [x]}\nXYZ:\nAMS022:\n  drop:\n    - no such words\n    - agent\n")
    base(tmp_path)
    monkeypatch.chdir(tmp_path)
    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        notes = notes_on(load_vocabulary("own.yaml", cache, base="ours"), CATALOGUE)
        assert [str(note.place) for note in notes] == [
            "own.yaml:1: no code 'AMS20' in the catalogue; did you mean AMS020?",
            "own.yaml:3: no code 'XYZ' in the catalogue",
            "own.yaml:6: drop: AMS022 has no phrase 'no such words'",
        ]
    found = {(one.rule, one.place.line) for one in inspect(None, "own.yaml").advice if one.place.path == "own.yaml"}
    assert found == {("unknown-code", 1), ("unknown-code", 3), ("nothing-to-drop", 6), ("nothing-to-drop", 7)}


def test_the_check_knows_sections_from_codes(tmp_path: Path) -> None:
    file = own(tmp_path, "variants: {a: b}\nterms: {pet: [dog]}\nkinds: {}\nheadings: {duties: [x]}\nAMS010:\n")
    assert not [one for one in inspect(None, str(file)).advice if one.place.path == str(file)]


# --- the cache -------------------------------------------------------------------------------------------


def test_the_cache_takes_both_into_account(tmp_path: Path) -> None:
    cache, ours = Cache(tmp_path / "cache"), base(tmp_path)

    def titles(text: str, name: str = "own.yaml") -> list[str]:
        laid = load_vocabulary(own(tmp_path, text, name), cache, base=ours)
        fresh = load_vocabulary(tmp_path / name, base=ours)
        assert json.dumps(asdict(laid)) == json.dumps(asdict(fresh))
        assert type(laid.in_titles) is type(fresh.in_titles)
        again = load_vocabulary(tmp_path / name, cache, base=ours)
        assert json.dumps(asdict(again)) == json.dumps(asdict(fresh))
        assert type(again.in_titles) is type(fresh.in_titles)
        return laid.entries["AMS010"].titles

    def kept() -> int:
        return len(list((tmp_path / "cache").iterdir()))

    assert titles("AMS010: {means: [a], titles: {fair: [host]}}\n") == ["host", "agent|client care", "guide"]
    assert titles("AMS010: {titles: {fair: [usher]}}\n") == ["usher", "agent|client care", "guide"]
    assert kept() == 2
    assert titles("AMS010: {titles: {fair: [usher]}}\n", "other.yaml")[0] == "usher"
    assert kept() == 3  # it names its file
    base(tmp_path, AMS="AMS010: {titles: {fair: [clerk]}}\n")
    assert titles("AMS010: {titles: {fair: [usher]}}\n") == ["usher", "clerk"]
    load_vocabulary(cache=cache, base=ours)
    assert load_vocabulary(cache=cache, base=ours).entries["AMS010"].titles == ["clerk"]


# --- the command line ------------------------------------------------------------------------------------


def test_classify_and_show(tmp_path: Path, jobcodes: Run) -> None:
    file = own(tmp_path, f"{ADVOCATE}AMS022:\n  titles: {{fair: [peacemaker]}}\nAMX010:\n")
    options = ("--vocabulary", str(file))
    for _ in range(2):
        done = jobcodes("classify", "--title", "Member Advocate", *options)
        assert (done.returncode, json.loads(done.stdout)["match"]["code"]) == (0, "AMS020")
        (warning,) = done.stderr.decode().splitlines()
        assert warning.startswith(f"jobcodes: warning: {file}:5: no code 'AMX010' in the catalogue; did you mean ")
    assert jobcodes("classify", "--title", "Member Advocate", "-q", *options).stderr == b""
    lines = jobcodes("show", "AMS020", "AMS022", *options).stdout.decode().splitlines()
    assert f"phrases means\tMember Advocate\t{file}:1" in lines
    assert f"phrases titles\tpeacemaker\t{file}:4" in lines
    assert "phrases titles\tcustomer service representative\tvocabulary/AMS.yaml" in lines
    (shown,) = json.loads(jobcodes("show", "AMS020", "-f", "json", *options).stdout)
    assert (shown["phrases"]["means"], shown["phrase_files"]["means"]) == (["Member Advocate"], [f"{file}:1"])
    assert "phrases" not in jobcodes("show", "AMS020").stdout.decode()
    assert b"AMS020" in jobcodes("search", "member advocate", *options).stdout.splitlines()[0]


def test_a_fault_ends_the_command_with_3(tmp_path: Path, jobcodes: Run) -> None:
    file = own(tmp_path, "AMS020:\n  mean: [x]\n  titles: x\n")
    done = jobcodes("classify", "--title", "x", "--vocabulary", str(file))
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode().splitlines()[1:] == [
        f"jobcodes: error: {file}:2: unknown key 'mean'; did you mean means?",
        f"jobcodes: error: {file}:3: titles: expected a mapping with strong, fair, weak, found the text 'x'",
    ]


def test_batch_and_resume(tmp_path: Path, jobcodes: Run) -> None:
    file = own(tmp_path, ADVOCATE)
    table = tmp_path / "jobs.csv"
    table.write_text("title\nMember Advocate\nField Engineer\n")
    out = tmp_path / "out.csv"
    options = ("batch", str(table), "--vocabulary", str(file), "-o", str(out))
    assert jobcodes(*options, "-j", "2").returncode == 0
    assert [line.split(",")[1] for line in out.read_text().splitlines()] == ["match_code", "AMS020", "AMT020"]


def test_what_a_resumed_run_depends_on(tmp_path: Path) -> None:
    ours = base(tmp_path)
    first = load_vocabulary(own(tmp_path, ADVOCATE), base=ours).sha256
    assert load_vocabulary(tmp_path / "own.yaml", base=ours).sha256 == first
    assert load_vocabulary(base=ours).sha256 != first
    assert load_vocabulary(own(tmp_path, ADVOCATE + "#"), base=ours).sha256 != first
    own(tmp_path, ADVOCATE)
    assert load_vocabulary(tmp_path / "own.yaml", base=base(tmp_path, terms="a: [b]\ncustomer: [c]\n")).sha256 != first
