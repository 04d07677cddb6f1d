"""A catalogue, and the vocabulary laid over it, under inspection: what is wrong, and what is worth a look."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobcodes.catalogue import entries, find, inspect_catalogue
from jobcodes.errors import DataError, UnknownCodeError
from jobcodes.model import Catalogue, Job, Problem
from jobcodes.render import Record, catalogue_object, counted, printable
from jobcodes.vocabulary import SUFFIXES, Vocabulary, load_vocabulary
from jobcodes.vocabulary_files import SECTIONS, SHARED, STRENGTHS
from jobcodes.yamlnodes import Node, read_yaml

SHORT = 5  # words; the shortest definition of the shipped catalogue has 15
LONGEST_TITLE = 200  # characters; longer ones are not compared
_LEVEL = re.compile(r"[ivx]+|\d+|\w")  # what tells the steps of a ladder apart: `Analyst II`, `Analyst III`


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that is allowed and yet worth a look. `rule` names the check, `code` what it is about."""

    rule: str
    code: str
    place: Problem


@dataclass(frozen=True, slots=True)
class Findings:
    """What an inspection found: `problems` make the data unusable, `advice` does not. Both in file and line order."""

    catalogue: Catalogue
    problems: tuple[Problem, ...]
    advice: tuple[Advice, ...]


def inspect(path: str | None = None, vocabulary: str | None = None) -> Findings:
    """Looks at a catalogue (the shipped one if `path` is None), and at a vocabulary if one is given."""
    catalogue, problems, places = inspect_catalogue(path)
    advice = [*_duplicates(catalogue, places), *_titles(catalogue, places)]
    advice += [*_definitions(catalogue, places), *_residuals(catalogue, places)]
    if vocabulary is not None:
        try:
            advice += notes_on(load_vocabulary(vocabulary), catalogue)
        except DataError as error:
            problems += error.problems
        advice += _vocabulary(vocabulary, catalogue)
    return Findings(
        catalogue,
        tuple(sorted(problems, key=_order)),
        tuple(sorted(set(advice), key=lambda one: (*_order(one.place), one.rule, one.code))),
    )


def _order(problem: Problem) -> tuple[str, int]:
    return problem.path, problem.line


def findings_record(findings: Findings) -> Record:
    """All that was found, ready for JSON. A line counts from 1; 0 is the file as a whole."""
    return {
        "catalogue": catalogue_object(findings.catalogue),
        "jobs": len(findings.catalogue),
        "problems": [_place(problem) for problem in findings.problems],
        "advice": [{**_place(one.place), "rule": one.rule, "code": one.code} for one in findings.advice],
    }


def _place(problem: Problem) -> Record:
    return {"path": problem.path, "line": problem.line, "message": problem.message}


def findings_text(findings: Findings) -> str:
    """A line for each finding, `file:line: error: message` as compilers write it, and the sum."""
    found = [("error", problem) for problem in findings.problems]
    found += [("advice", one.place) for one in findings.advice]
    lines = [
        f"{one.path}:{one.line}: {kind}: {one.message}" if one.line else f"{one.path}: {kind}: {one.message}"
        for kind, one in found
    ]
    catalogue = findings.catalogue
    sizes = f"{counted(len(catalogue.functions), 'function')}, {counted(len(catalogue), 'job')}"
    errors = counted(len(findings.problems), "problem")
    lines.append(f"{sizes}: {errors}, {len(findings.advice) or 'no'} advice")
    return "".join(f"{printable(line)}\n" for line in lines)


# --- the checks ------------------------------------------------------------------------------------------


def _duplicates(catalogue: Catalogue, places: dict[str, Node]) -> Iterator[Advice]:
    first: dict[tuple[str, ...], str] = {}
    for job in catalogue:
        words = tuple(re.findall(r"\w+", job.description.casefold()))
        if words and job.code and (other := first.setdefault(words, job.code)) != job.code:
            yield _advice(
                places, "same-definition", job.code, f"{job.code} has the definition of {other}, word for word"
            )


def _titles(catalogue: Catalogue, places: dict[str, Node]) -> Iterator[Advice]:
    """Titles that are the same, or differ in one letter that names no level."""
    from rapidfuzz.distance import OSA  # two letters swapped are one mistake

    titles: dict[str, list[Job]] = defaultdict(list)
    for job in catalogue:
        if job.code and job.title:
            titles[" ".join(job.title.casefold().split())].append(job)
    for jobs in titles.values():
        for job in (job for job in jobs if job.code != jobs[0].code):
            yield _advice(places, "same-title", job.code, f"{job.code} has the title of {jobs[0].code}, {job.title!r}")
    # Titles one letter apart are equal once a letter is left out of one or of both: no pair has to be tried.
    shortened: dict[str, list[str]] = defaultdict(list)
    for title in titles:
        if len(title) <= LONGEST_TITLE:
            for variant in {title, *(title[:at] + title[at + 1 :] for at in range(len(title)))}:
                shortened[variant].append(title)
    pairs = {(one, other) for group in shortened.values() for i, other in enumerate(group) for one in group[:i]}
    for one, other in sorted(pairs):
        differing = set(one.split()) ^ set(other.split())
        if OSA.distance(one, other) <= 1 and not any(_LEVEL.fullmatch(word) for word in differing):
            first, job = titles[one][0], titles[other][0]
            message = (
                f"the title of {job.code}, {job.title!r}, is one letter from that of {first.code}, {first.title!r}"
            )
            yield _advice(places, "near-title", job.code, message)


def _definitions(catalogue: Catalogue, places: dict[str, Node]) -> Iterator[Advice]:
    for job in catalogue:
        words = len(job.description.split())
        if job.code and words < SHORT:
            what = f"a definition of {counted(words, 'word')}" if words else "no definition"
            yield _advice(
                places, "short-definition", job.code, f"{job.code} has {what}; it will hardly be matched by text"
            )


def _residuals(catalogue: Catalogue, places: dict[str, Node]) -> Iterator[Advice]:
    without = [one for one in catalogue.functions if one.code and all(job.role != "residual" for job in one.jobs)]
    hint = "(a title that ends in No Applicable Discipline)"
    if len(without) == len(catalogue.functions) > 1:
        message = f"no function has a residual code {hint}"
        yield Advice("no-residual", "", Problem(catalogue.path, 0, message))
        return
    for function in without:
        yield _advice(places, "no-residual", function.code, f"{function.code} has no residual code {hint}")


def _advice(places: dict[str, Node], rule: str, code: str, message: str) -> Advice:
    node = places[code.casefold()]
    return Advice(rule, code, Problem(node.path, node.line, message))


def notes_on(vocabulary: Vocabulary, catalogue: Catalogue) -> Iterator[Advice]:
    """What in a vocabulary of one's own has no effect: codes that the catalogue does not have, drops of nothing."""
    known = {entry.code for entry in entries(catalogue)}
    for code, (path, line) in vocabulary.own.items():
        if code not in known:
            message = f"no code {code!r} in the catalogue{_meant(catalogue, code)}"
            yield Advice("unknown-code", code, Problem(path, line, message))
    for note in vocabulary.notes:
        yield Advice("nothing-to-drop", "", Problem(*note))


def _vocabulary(path: str, catalogue: Catalogue) -> Iterator[Advice]:
    """Cues that speak as strongly for two codes.

    A function may share cues with its own jobs: it is told from other functions first, then they from each other.
    """
    kinds = {entry.code: type(entry) for entry in entries(catalogue)}
    listed: dict[tuple[str, ...], tuple[str, Problem]] = {}
    for file, name in _vocabulary_files(path):
        node = read_yaml(file, name, [])
        if node is None or not isinstance(node.value, dict):
            continue
        for code, entry in (one for one in node.value.items() if one[0] not in SECTIONS):
            for where, cue in _cues(entry):
                key = (*where, str(cue.value), str(kinds.get(code, Job)))
                other, first = listed.setdefault(key, (code, Problem(name, cue.line, "")))
                if other != code:
                    message = f"{cue.value!r} speaks as strongly for {other} ({first.path}:{first.line}) as for {code}"
                    yield Advice("shared-phrase", code, Problem(name, cue.line, message))


def _meant(catalogue: Catalogue, code: str) -> str:
    try:
        return f"; did you mean {find(catalogue, code).code}?"
    except UnknownCodeError as error:
        return f"; {error.hint}" if error.suggestions else ""


def _vocabulary_files(path: str) -> Iterable[tuple[Path, str]]:
    folder = Path(path)
    if not folder.is_dir():
        return [(folder, path)]
    files = sorted(file for file in folder.iterdir() if file.name.endswith(SUFFIXES) and file.name not in SHARED)
    return [(file, f"{folder.name}/{file.name}") for file in files]


def _cues(entry: Node) -> Iterator[tuple[tuple[str, str], Node]]:
    """The cues that speak for a code: where they are looked for and how strong they are, and the cue."""
    for kind in ("titles", "duties"):
        strengths = entry.value.get(kind) if isinstance(entry.value, dict) else None
        for strength in STRENGTHS:
            cues = strengths.value.get(strength) if strengths and isinstance(strengths.value, dict) else None
            for cue in cues.value if cues and isinstance(cues.value, list) else ():
                if isinstance(cue.value, str):
                    yield (kind, strength), cue
