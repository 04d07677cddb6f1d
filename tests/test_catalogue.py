"""Loading a user's own table, every fault of it at once, and finding codes in it."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.cache import Cache
from jobcodes.catalogue import complete, entries, find, function_of, load_catalogue, role_of, stands_for
from jobcodes.errors import DataError, UnknownCodeError
from jobcodes.model import Band, Catalogue, Function, Job, Role
from jobcodes.render import item_record, item_text

TOP = "name: Survey\nedition: '2026'\nbands: {M: Management, P: Professional}\nreports: [US, UK]\n"
FIN = """\
code: FIN
title: Finance
description: Keeps the books.
bands: [M, P]
reports: [US]
jobs:
  - code: FIN010
    kind: discipline
    title: Accounts Payable
    responsibilities:
      - Pays invoices
      - Answers suppliers
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return tmp_path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        load_catalogue(path)
    return [str(problem).replace(f"{path}/", "").replace(str(path), path.name) for problem in caught.value.problems]


def job(code: str, function: str = "F") -> Job:
    return Job(code, "discipline", function, "Title", ("Does things",))


def catalogue_of(*codes: str) -> Catalogue:
    function = Function("F", "Function", "", jobs=tuple(job(code) for code in codes))
    return Catalogue("n", "e", (), (function,), "")


def test_a_folder_becomes_frozen_dataclasses(tmp_path: Path) -> None:
    path = folder(tmp_path, catalogue=TOP, FIN=FIN)
    (path / "README.md").write_text("not read")
    (path / ".draft.yaml").write_text("not: read")
    payable = Job("FIN010", "discipline", "FIN", "Accounts Payable", ("Pays invoices", "Answers suppliers"), ("US",))
    assert load_catalogue(path) == Catalogue(
        name="Survey",
        edition="2026",
        bands=(Band("M", "Management"), Band("P", "Professional")),
        functions=(Function("FIN", "Finance", "Keeps the books.", ("M", "P"), ("US",), (payable,)),),
        sha256=hashlib.sha256((FIN + TOP).encode()).hexdigest(),
        path=str(path),
    )
    assert payable.description == "Pays invoices Answers suppliers"


def test_one_file_holds_both(tmp_path: Path) -> None:
    indented = FIN.replace("\n", "\n    ").rstrip()
    path = folder(tmp_path, one=f"{TOP}functions:\n  - {indented}\n") / "one.yaml"
    split = tmp_path / "split"
    split.mkdir()
    assert load_catalogue(path).functions == load_catalogue(folder(split, catalogue=TOP, FIN=FIN)).functions


def test_a_catalogue_can_be_hashed_and_sent_to_another_process() -> None:
    catalogue = load_catalogue()
    assert pickle.loads(pickle.dumps(catalogue)) == catalogue
    assert hash(catalogue) == hash(load_catalogue())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "code: FIN010",
            "code: FIN 010",
            "FIN.yaml:7: code: expected letters, digits and . / + - _, found 'FIN 010'",
        ),
        ("code: FIN010", "code: FIN", "FIN.yaml:7: code: duplicate code FIN, first at FIN.yaml:1"),
        ("discipline", "function", "FIN.yaml:8: kind: expected discipline or benchmark, found 'function'"),
        ("title: Accounts Payable", "title:", "FIN.yaml:9: title: expected text, found nothing"),
        ("title: Accounts Payable", "titel: x", "FIN.yaml:9: unknown key 'titel'; did you mean title?"),
        ("bands: [M, P]", "bands: [M, X]", "FIN.yaml:4: bands: expected M, P; found 'X'"),
        ("bands: [M, P]", "bands: M", "FIN.yaml:4: bands: expected a list, found the text 'M'"),
        ("reports: [US]", "reports: [FR]", "FIN.yaml:5: reports: expected US, UK; found 'FR'"),
        (
            "- Pays invoices",
            "- Pays: invoices",
            'FIN.yaml:11: responsibilities: expected text, found a mapping; put text that contains ": " in quotes',
        ),
        ("code: FIN\n", "", "FIN.yaml:1: missing key code"),
        ("    kind: discipline\n", "", "FIN.yaml:7: jobs: missing key kind"),
        (FIN[FIN.index("jobs:") :], "jobs: []\n", "FIN.yaml:6: jobs: expected at least one job, found none"),
        (
            FIN,
            "- x\n",
            "FIN.yaml:1: expected a mapping with code, title, jobs, description, bands, reports, attributes, found a "
            "list",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert FIN.count(old) == 1
    found = problems_of(folder(tmp_path, catalogue=TOP, FIN=FIN.replace(old, new)))
    assert message in found
    assert len(found) == (2 if "titel" in new else 1)  # the misspelt title is missing, too


def test_every_fault_of_every_file_at_once(tmp_path: Path) -> None:
    tax = FIN.replace("FIN", "TAX").replace("TAX010", "FIN010").replace("[M, P]", "[Q]")
    path = folder(tmp_path, catalogue=TOP.replace("edition: '2026'\n", ""), FIN=FIN, TAX=tax, bad="a: &x b")
    assert problems_of(path) == [
        "TAX.yaml:4: bands: expected M, P; found 'Q'",
        "TAX.yaml:7: code: duplicate code FIN010, first at FIN.yaml:7",
        "TAX.yaml:7: code: expected a code of TAX, found FIN010, which is of FIN",
        "bad.yaml:1: anchors are not supported; remove &x",
        "catalogue.yaml:1: missing key edition",
    ]


def test_unusable_places(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "alone").mkdir()
    (tmp_path / "bare").mkdir()
    (tmp_path / "survey.CSV").write_text("Code,Title\n")
    assert problems_of(tmp_path / "survey.CSV") == [
        "survey.CSV: a table, not a catalogue; `jobcodes catalogue import` makes one of it"
    ]
    assert problems_of(tmp_path / "none") == ["none: cannot read the file: No such file or directory"]
    assert problems_of(tmp_path / "empty") == ["empty: expected catalogue.yaml in this folder, found none"]
    alone = folder(tmp_path / "alone", FIN=FIN)
    assert problems_of(alone) == ["alone: expected catalogue.yaml in this folder, found none"]
    bare = folder(tmp_path / "bare", catalogue=TOP)
    assert problems_of(bare) == ["bare: expected at least one function, found none"]


def test_bands_and_reports_that_the_catalogue_does_not_name(tmp_path: Path) -> None:
    path = folder(tmp_path, catalogue="name: n\nedition: e\n", FIN=FIN.replace("[M, P]", "[M]"))
    assert problems_of(path) == [
        "FIN.yaml:4: bands: expected none, as the catalogue names no bands; found 'M'",
        "FIN.yaml:5: reports: expected none, as the catalogue names no reports; found 'US'",
    ]


@pytest.mark.parametrize(
    ("function", "codes", "message"),
    [
        ("FIN", ["FIN010", "FIN020-EX"], ""),
        ("43", ["43-4051.00", "43-4171.00"], ""),
        ("Clerks", ["I5244", "FN.1234.P3"], ""),
        (
            "FIN",
            ["FIN010", "FNI020"],
            "expected a code that starts with FIN, as its function does; found FNI020",
        ),
        ("FIN", ["FIN010", "TAX020"], "expected a code of FIN, found TAX020, which is of TAX"),
        ("FIN", ["FIN010", "fin010"], "duplicate code fin010, first at FIN.yaml:4"),
    ],
)
def test_codes_of_any_survey_and_codes_in_the_wrong_place(
    tmp_path: Path, function: str, codes: list[str], message: str
) -> None:
    def text(code: str, jobs: list[str]) -> str:
        rows = "".join(f"- {{code: {job}, kind: discipline, title: x, responsibilities: []}}\n" for job in jobs)
        return f"code: {code}\ntitle: x\njobs:\n{rows}"

    path = folder(tmp_path, catalogue=TOP, FIN=text(function, codes), TAX=text("TAX", ["TAX100"]))
    if message:
        assert f"FIN.yaml:5: code: {message}" in problems_of(path)
    else:
        assert [job.code for job in load_catalogue(path)] == [*codes, "TAX100"]


@pytest.mark.parametrize(
    ("kind", "title", "role"),
    [
        ("benchmark", "Top Finance Executive", "executive"),
        ("discipline", "Finance Generalist/Multidiscipline", "generalist"),
        ("discipline", "finance - generalist/multidiscipline", "generalist"),
        ("discipline", "Finance Operations Generalist/Multidiscipline", "discipline"),
        ("discipline", "Generalist/Multidiscipline", "discipline"),
        ("discipline", "Finance - No Applicable Discipline", "residual"),
        ("discipline", "Finance Executive", "discipline"),
        ("discipline", "Finance", "discipline"),
    ],
)
def test_role_comes_from_kind_and_title(kind: str, title: str, role: Role) -> None:
    assert role_of(kind, title, "Finance") == role  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("AMS000", {"AMS010", "AMS020", "AMS022", "AMS024", "AMS026"}),
        ("AMS020", {"AMS022", "AMS024", "AMS026"}),
        ("AMT000", {"AMT010", "AMT020"}),
        ("AMS010", set()),
        ("AMS999", set()),
        ("AMS020-EX", set()),
    ],
)
def test_a_generalist_stands_for_the_disciplines_of_its_part(code: str, codes: set[str]) -> None:
    catalogue = load_catalogue()
    job = find(catalogue, code)
    assert isinstance(job, Job)
    assert stands_for(job, function_of(catalogue, job)) == codes


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("AMT", "AMT"),
        ("amt", "AMT"),
        ("AMT010", "AMT010"),
        ("amt10", "AMT010"),
        ("AMT-010", "AMT010"),
        (" amt 10 ", "AMT010"),
        ("a.m.t_0010", "AMT010"),
        ("amt 0", "AMT000"),
        ("ams 20 ex", "AMS020-EX"),
        ("AMS020EX", "AMS020-EX"),
        ("AMT\u2011010", "AMT010"),
    ],
)
def test_find_is_forgiving(typed: str, code: str) -> None:
    assert find(load_catalogue(), typed).code == code


@pytest.mark.parametrize(
    ("typed", "suggestions"),
    [
        ("AMT011", ("AMT010", "AMT", "AMT000")),
        ("amt1", ("AMT", "AMT010", "AMT000")),
        ("ATM010", ("AMT010", "AMS010", "AMT000")),
        ("payroll", ()),
        ("", ()),
        ("-", ()),
    ],
)
def test_an_unknown_code_names_the_nearest(typed: str, suggestions: tuple[str, ...]) -> None:
    with pytest.raises(UnknownCodeError) as caught:
        find(load_catalogue(), typed)
    assert (str(caught.value), caught.value.suggestions) == (
        f"no code {typed!r} in this catalogue",
        suggestions,
    )


def test_find_does_not_choose_between_codes_meant_alike() -> None:
    catalogue = catalogue_of("A-10", "A1-0", "A010", "B10")
    assert find(catalogue, "A1-0").code == "A1-0"
    assert find(catalogue, "a010").code == "A010"
    with pytest.raises(UnknownCodeError) as caught:
        find(catalogue, "a10")
    assert caught.value.suggestions == ("A-10", "A1-0")


SEPARATORS = st.text(" -._", max_size=2)


@given(st.data())
def test_any_code_is_found_in_any_spelling(data: st.DataObject) -> None:
    catalogue = load_catalogue()
    code = data.draw(st.sampled_from([entry.code for entry in entries(catalogue)]))
    typed = "".join(data.draw(SEPARATORS) + (letter.lower() if data.draw(st.booleans()) else letter) for letter in code)
    assert find(catalogue, typed).code == code


def test_function_of() -> None:
    catalogue = load_catalogue()
    assert [function_of(catalogue, job).code for job in catalogue] == ["AMS"] * 10 + ["AMT"] * 5
    with pytest.raises(UnknownCodeError):
        function_of(catalogue, job("X1", function="X"))


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("amt0", ["AMT000-EX", "AMT000", "AMT010", "AMT020"]),
        ("AMS02-", ["AMS020-EX", "AMS020", "AMS022", "AMS024", "AMS026"]),
        ("x", []),
    ],
)
def test_complete(prefix: str, codes: list[str]) -> None:
    assert [code for code, _ in complete(load_catalogue(), prefix)] == codes


def test_complete_without_prefix_offers_everything() -> None:
    assert len(complete(load_catalogue(), "")) == 17


def test_attributes_are_kept_and_shown(tmp_path: Path) -> None:
    text = (
        FIN.replace("jobs:", "attributes: {Region: 'NO'}\njobs:")
        + "    attributes:\n      Grade: 010\n      FLSA: x y\n"
    )
    path = folder(tmp_path, catalogue=TOP, FIN=text)
    catalogue = load_catalogue(path)
    (function,) = catalogue.functions
    assert function.attributes == (("Region", "NO"),)
    assert function.jobs[0].attributes == (("Grade", "010"), ("FLSA", "x y"))
    assert item_record(catalogue, function.jobs[0])["attributes"] == {"Grade": "010", "FLSA": "x y"}
    assert item_text(catalogue, function).endswith("attributes\tRegion\tNO\n")
    cache = Cache(tmp_path / "cache")
    assert load_catalogue(path, cache) == load_catalogue(path, cache) == catalogue
    assert hash(load_catalogue(path, cache)) == hash(catalogue)


@pytest.mark.parametrize("value", ["x", "[x]", "{Grade: [1]}", "{Grade: }"])
def test_attributes_are_texts_by_name(tmp_path: Path, value: str) -> None:
    (problem,) = problems_of(folder(tmp_path, catalogue=TOP, FIN=f"{FIN}    attributes: {value}\n"))
    assert problem.startswith("FIN.yaml:13: ")
