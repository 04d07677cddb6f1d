"""The vocabulary: what its files may say, every fault of them, the shipped one, and what a cache keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobcodes import Classifier, __version__, load_catalogue, load_vocabulary
from jobcodes.cache import Cache
from jobcodes.cues import SKIPPED
from jobcodes.errors import DataError
from jobcodes.reading import Reader
from jobcodes.resources import data_root
from jobcodes.text import flatten, words
from jobcodes.vocabulary import Vocabulary, need_of, readable

VOCABULARY = data_root() / "vocabulary"
GENERAL = """\
articles: [the, of]
exact: [compliant]
variants: {centre: center, csr: customer service representative}
headings: {duties: [tasks]}
signals: {negation: {duties: {strong: [not]}}}
bands: {M: {titles: {strong: [manager]}}}
"""
TERMS = "customer: [customer, client]\ncomplaint: [complaint, upset <customer>]\n"
OUTSIDE = "functions: [AMS]\nkinds:\n  sales:\n    title: Selling\n    titles: {fair: [seller]}\n"
AMS = """\
AMS010:
  bands: [P, U]
  titles: {strong: [customer service|client care]}
  duties: {strong: [resolve + <complaint>], weak: [call]}
  against: {fair: [sale]}
  needs: {strong: [shop]}
"""


def folder(path: Path, **files: str) -> Path:
    known = {"general": GENERAL, "terms": TERMS, "outside": OUTSIDE, "AMS": AMS} | files
    path.mkdir(exist_ok=True)
    for name, text in known.items():
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        load_vocabulary(base=path)
    return [str(problem) for problem in caught.value.problems]


def as_json(vocabulary: Vocabulary) -> str:
    return json.dumps(asdict(vocabulary))


# --- what the files say ----------------------------------------------------------------------------------


def test_a_folder_becomes_a_vocabulary(tmp_path: Path) -> None:
    path = folder(tmp_path / "mine")
    (path / "README.md").write_text("not: [read")
    vocabulary = load_vocabulary(base=path)
    entry = vocabulary.entries["AMS010"]
    assert (entry.bands, entry.needs) == (["P", "U"], True)
    assert entry.titles == ["customer service|client care"]
    assert entry.duties == ["resolve + <complaint>", "call"]
    assert vocabulary.outside["sales"].name == "Selling"
    assert (vocabulary.outside_of, vocabulary.signals, vocabulary.bands) == (["AMS"], ["negation"], ["M"])
    assert (vocabulary.headings, vocabulary.articles, vocabulary.exact) == (
        {"duties": ["tasks"]},
        ["the", "of"],
        ["compliant"],
    )
    assert {"call", "client", "complaint", "manager", "shop", "upset"} <= set(vocabulary.words)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("resolves complaints", {"AMS010"}),
        ("complaints from a shop are resolved", {"AMS010", need_of("AMS010")}),
        ("resolve the matter for upset clients", {"AMS010"}),
        ("resolve the matter for upset people", set()),
        ("calls", {"AMS010"}),
        ("sales", {"AMS010"}),
        ("complaints", set()),
        ("not", {"negation"}),
    ],
)
def test_cues_stand_for_what_the_files_say(tmp_path: Path, text: str, keys: set[str]) -> None:
    assert keys_in(Reader(load_vocabulary(base=folder(tmp_path / "v")), {}), "duties", text) == keys


@pytest.mark.parametrize(
    "text",
    [
        "Calls about bills.",
        "Calls, calls and calling about bills.",
        "Calls about bills and chats, and calls.",
    ],
)
def test_a_cue_counts_once_in_a_clause(tmp_path: Path, text: str) -> None:
    path = folder(tmp_path / "v", AMS="AMS010:\n  duties: {weak: [call|chat, bill]}\n")
    (duty,) = Reader(load_vocabulary(base=path), {}).read(text, "").duties
    assert duty.scores == {"AMS010": pytest.approx(1 - 0.7 * 0.7)}


def test_phrases_are_plain_text() -> None:
    vocabulary = load_vocabulary()
    assert readable("call|chat + agent") == "call / chat … agent"
    for pairs in vocabulary.phrases().values():
        assert all(name in ("titles", "duties") and phrase and "|" not in phrase for name, phrase in pairs)


def keys_in(reader: Reader, field: str, text: str) -> set[str]:
    forms = [form for form in map(reader.words.__getitem__, words(flatten(text))) if form != SKIPPED]
    index = reader.in_titles if field == "titles" else reader.in_duties
    return {cue.key for cue, _ in index.find(forms)}


# --- faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"AMS": "AMS010:\n  duties:\n    strong:\n      - call\n      - <custmer> call\n"},
            "v/AMS.yaml:5: strong: unknown term <custmer>; terms.yaml defines <customer>, <complaint>",
        ),
        ({"terms": "a: [<b>]\nb: [x]\n", "AMS": "{}"}, "v/terms.yaml:1: a: unknown term <b>; terms.yaml defines "),
        ({"AMS": "AMS010:\n  dutys: {}\n"}, "v/AMS.yaml:2: unknown key 'dutys'; did you mean duties?"),
        (
            {"AMS": "AMS010:\n  duties:\n    certain: [call]\n"},
            "v/AMS.yaml:3: unknown key 'certain'; known are strong, fair, weak",
        ),
        ({"general": "varients: {}\n"}, "v/general.yaml:1: unknown key 'varients'; did you mean variants?"),
        ({"outside": "kind: {}\n"}, "v/outside.yaml:1: unknown key 'kind'; did you mean kinds?"),
        ({"AMS": "AMS010: {}\nAMS010: {}\n"}, "v/AMS.yaml:2: duplicate key 'AMS010', first on line 1"),
        ({"AMS": "AMS010:\n  duties: {weak: ['']}\n"}, "v/AMS.yaml:2: weak: expected text, found nothing"),
        (
            {"AMS": "AMS010:\n  duties: {weak: ['call|']}\n"},
            "v/AMS.yaml:2: weak: expected a phrase, found ''",
        ),
        (
            {"AMS": "AMS010:\n  duties: {weak: ['call + --']}\n"},
            "v/AMS.yaml:2: weak: expected a phrase, found '--'",
        ),
        (
            {"AMS": "AMS010: call\n"},
            "v/AMS.yaml:1: AMS010: expected a mapping with title, bands, titles, duties, against, needs,"
            " means, drop, found the text 'call'",
        ),
        (
            {"AMS": "AMS010:\n  duties: [call]\n"},
            "v/AMS.yaml:2: duties: expected a mapping with strong, fair, weak, found a list",
        ),
        (
            {"AMS": "AMS010:\n  duties: {weak: call}\n"},
            "v/AMS.yaml:2: weak: expected a list, found the text 'call'",
        ),
        (
            {"AMS": "AMS010:\n  duties:\n    weak:\n      - call: now\n"},
            'v/AMS.yaml:4: weak: expected text, found a mapping; put text that contains ": " in quotes',
        ),
        ({"AMS": "AMS010:\n  bands: P\n"}, "v/AMS.yaml:2: bands: expected a list, found the text 'P'"),
        ({"AMS": "- AMS010\n"}, "v/AMS.yaml:1: expected a mapping, found a list"),
        ({"AMS": ""}, "v/AMS.yaml: expected a mapping, found an empty file"),
        ({"general": "articles: {a: b}\n"}, "v/general.yaml:1: articles: expected a list, found a mapping"),
        ({"general": "variants: {a: [b]}\n"}, "v/general.yaml:1: a: expected text, found a list"),
        ({"terms": "customer: client\n"}, "v/terms.yaml:1: customer: expected a list, found the text 'client'"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    found = problems_of(folder(tmp_path / "v", **({"AMS": "{}"} | files)))
    assert [line for line in found if line.startswith(problem)], found


def test_every_fault_is_found_in_file_and_line_order(tmp_path: Path) -> None:
    faults = "AMS010:\n  dutys: {}\nAMS020:\n  titles: []\n"
    path = folder(tmp_path / "v", AMS=faults, general="exact: x\n", AMT="AMT010:\n  duties: {weak: [call|]}\n")
    assert [problem.partition(": ")[0] for problem in problems_of(path)] == [
        "v/AMS.yaml:2",
        "v/AMS.yaml:4",
        "v/AMT.yaml:2",
        "v/general.yaml:1",
    ]


def test_an_unknown_term_is_one_fault(tmp_path: Path) -> None:
    assert len(problems_of(folder(tmp_path / "v", AMS="AMS010:\n  duties: {weak: [<x>]}\n"))) == 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "v") == [f"{tmp_path / 'v'}: cannot read the file: No such file or directory"]


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = folder(tmp_path / "v")
    (path / "AMS.yaml").write_bytes(b"AMS010:\n  bands: [\xff]\n")
    assert problems_of(path) == ["v/AMS.yaml:2: expected UTF-8, found byte 0xff"]


# --- the shipped one -------------------------------------------------------------------------------------


def test_the_shipped_vocabulary_knows_the_shipped_codes_and_no_others() -> None:
    catalogue, vocabulary = load_catalogue(), load_vocabulary()
    codes = {job.code for job in catalogue}
    functions = {function.code for function in catalogue.functions}
    assert codes <= set(vocabulary.entries) <= codes | functions
    assert set(vocabulary.outside_of) == functions
    assert not set(vocabulary.outside) & (codes | functions)
    assert [code for code in codes if not vocabulary.entries[code].titles or not vocabulary.entries[code].duties] == []
    bands = {band.code for band in catalogue.bands}
    assert {band for entry in vocabulary.entries.values() for band in entry.bands} <= bands
    assert set(vocabulary.bands) <= bands
    assert all(entry.name for entry in vocabulary.outside.values())


def raw_yaml(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)


def shipped_cues() -> Iterator[tuple[str, str, str, str]]:
    """Key, field, the field it is looked for in, and the cue, from the files themselves."""
    files = {path.stem: raw_yaml(path) for path in VOCABULARY.glob("*.yaml")}
    groups = [files["AMS"], files["AMT"], files["outside"]["kinds"], files["general"]["signals"]]
    for key, entry in [item for group in (*groups, files["general"]["bands"]) for item in group.items()]:
        for field, where in (("titles", "titles"), ("duties", "duties"), ("against", "duties"), ("needs", "duties")):
            for cue in [cue for cues in entry.get(field, {}).values() for cue in cues]:
                yield need_of(key) if field == "needs" else key, field, where, cue


def test_every_shipped_cue_is_found_in_what_it_says() -> None:
    """Each alternative of each part, beside the other parts' first; of a `<term>` the first phrase."""
    terms = raw_yaml(VOCABULARY / "terms.yaml")

    def said(phrase: str) -> str:
        return " ".join(said(terms[word[1:-1]][0]) if word[0] == "<" else word for word in phrase.split())

    reader = Reader(load_vocabulary(), {})
    lost = []
    for key, field, where, cue in shipped_cues():
        parts = [part.split("|") for part in cue.split(" + ")]
        for i, part in enumerate(parts):
            for alternative in part:
                text = ", ".join(said(alternative if i == j else other[0]) for j, other in enumerate(parts))
                if key not in keys_in(reader, where, text):
                    lost.append(f"{key} {field}: {text}")
    assert lost == []


def test_no_shipped_cue_shrinks_to_one_word() -> None:
    """Articles are ignored: a phrase that needs one to mean what it says finds far more than that."""
    articles = set(load_vocabulary().articles)
    alternatives = {
        (f"{key} {field}", alternative)
        for key, field, _, cue in shipped_cues()
        for part in cue.split(" + ")
        for alternative in part.split("|")
    }
    shrunk = [
        (place, alternative)
        for place, alternative in sorted(alternatives)
        if len(found := words(alternative)) > 1 and len([word for word in found if word not in articles]) == 1
    ]
    assert shrunk == []


# --- the cache -------------------------------------------------------------------------------------------


def test_a_cached_vocabulary_is_the_same(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    fresh, written, kept = load_vocabulary(), load_vocabulary(cache=cache), load_vocabulary(cache=cache)
    assert as_json(fresh) == as_json(written) == as_json(kept)
    text = "Answers calls from customers, resolves complaints and troubleshoots modems by remote session."
    first, second = (Classifier(load_catalogue(), one).classify(text, "Agent") for one in (fresh, kept))
    assert first == second


def change(folder: Path, **values: object) -> Path:
    """Puts other values into the only entry of a cache; returns its file."""
    (file,) = folder.iterdir()
    key = file.stem.removeprefix(f"{__version__}-")
    known = Cache(folder).get(key)
    assert known
    Cache(folder).put(key, known | values)
    return file


def test_the_cache_is_used_and_follows_the_files(tmp_path: Path) -> None:
    path, cache = folder(tmp_path / "v"), Cache(tmp_path / "cache")
    load_vocabulary(base=path, cache=cache)
    change(tmp_path / "cache", bands=["kept"])
    assert load_vocabulary(base=path, cache=cache).bands == ["kept"]
    (path / "AMS.yaml").write_text(AMS.replace("shop", "store"))
    assert load_vocabulary(base=path, cache=cache).bands == ["M"]
    (path / "AMS.yaml").rename(path / "AMX.yaml")
    load_vocabulary(base=path, cache=cache)
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_a_faulty_vocabulary_is_not_kept(tmp_path: Path) -> None:
    path, cache = folder(tmp_path / "v", AMS="AMS010: x\n"), Cache(tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(DataError):
            load_vocabulary(base=path, cache=cache)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("values", [{"entries": 7}, {"in_duties": []}, {"outside": {"sales": None}}, {"new": 1}])
def test_a_cache_of_other_data_is_made_again(tmp_path: Path, values: dict[str, object]) -> None:
    path, cache = folder(tmp_path / "v"), Cache(tmp_path / "cache")
    expected = as_json(load_vocabulary(base=path, cache=cache))
    change(tmp_path / "cache", **values)
    assert as_json(load_vocabulary(base=path, cache=cache)) == expected


def test_a_damaged_cache_is_made_again(tmp_path: Path) -> None:
    path, cache = folder(tmp_path / "v"), Cache(tmp_path / "cache")
    expected = as_json(load_vocabulary(base=path, cache=cache))
    (file,) = (tmp_path / "cache").iterdir()
    good = file.read_bytes()
    damaged = [good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :] for i in range(0, len(good), 101)]
    for bad in (b"", b"{}", b"\xff\x00", good[: len(good) // 2], good + b" ", *damaged):
        file.write_bytes(bad)
        assert as_json(load_vocabulary(base=path, cache=cache)) == expected
        assert file.read_bytes() == good


def test_a_cache_of_another_version_is_not_read(tmp_path: Path) -> None:
    path, cache = folder(tmp_path / "v"), Cache(tmp_path / "cache")
    load_vocabulary(base=path, cache=cache)
    file = change(tmp_path / "cache", bands=["kept"])
    file.rename(file.with_name(file.name.replace(__version__, "0.0.0")))
    assert load_vocabulary(base=path, cache=cache).bands == ["M"]
