"""Reads a catalogue, checks it, and finds codes in it.

A catalogue is a folder with `catalogue.yaml` and one YAML file per function, or one file with the keys of
`catalogue.yaml` and the functions as a list under `functions`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from jobcodes.errors import DataError, UnknownCodeError
from jobcodes.model import Band, Catalogue, Function, Job, Kind, Problem, Role
from jobcodes.resources import data_root
from jobcodes.yamlnodes import Node, parse_yaml, read_bytes

if TYPE_CHECKING:
    from jobcodes.cache import Cache

CODE = re.compile(r"\w[\w./+-]*")  # none of the `:`, `;` and spaces that separate codes in the output


def load_catalogue(path: str | Path | None = None, cache: Cache | None = None) -> Catalogue:
    """The catalogue of a folder or a file, checked; the shipped one if `path` is None.

    Raises DataError with every problem found, in file and line order. Besides what `yamlnodes` refuses, these
    are: unknown or missing keys, blank texts, unknown kinds, bands and reports, duplicate codes, and codes
    that do not fit their function (see `misplaced`). Functions keep the order of their files' names.
    With a `cache`, a catalogue that passed its checks before is not parsed again.
    """
    root: Path = data_root() / "catalogue" if path is None else Path(path)
    problems: list[Problem] = []
    contents, sha256 = _contents(root, problems)
    # The names decide which file is the catalogue's own, and where the last one ends.
    key = (
        f"catalogue-{hashlib.sha256(repr([(name, len(c)) for name, c in contents]).encode()).hexdigest()[:16]}-{sha256}"
    )
    if cache and not problems and (data := cache.get(key)) and (known := _from_data(data)):
        return known
    catalogue = _parse(root, contents, sha256, problems)
    if problems:
        raise DataError(sorted(problems, key=lambda problem: (problem.path, problem.line)))
    if cache:
        cache.put(key, asdict(catalogue))
    return catalogue


def inspect_catalogue(path: str | Path | None = None) -> tuple[Catalogue, list[Problem], dict[str, Node]]:
    """The catalogue as far as it can be read, its problems in file and line order, and where each code stands.

    For a look at an unusable catalogue: where something is missing or wrong, it has blanks. The places are by
    folded case, a code given twice at its first.
    """
    root: Path = data_root() / "catalogue" if path is None else Path(path)
    problems: list[Problem] = []
    contents, sha256 = _contents(root, problems)
    places: dict[str, Node] = {}
    catalogue = _parse(root, contents, sha256, problems, places)
    return catalogue, sorted(problems, key=lambda problem: (problem.path, problem.line)), places


def _contents(root: Path, problems: list[Problem]) -> tuple[list[tuple[str, bytes]], str]:
    """The bytes of each file by name, and their hash."""
    contents = [
        (name, content)
        for name, file in _files(root, problems)
        if (content := read_bytes(file, name, problems)) is not None
    ]
    digest = hashlib.sha256()
    for _, content in contents:
        digest.update(content)
    return contents, digest.hexdigest()


def _parse(
    root: Path,
    contents: Sequence[tuple[str, bytes]],
    sha256: str,
    problems: list[Problem],
    places: dict[str, Node] | None = None,
) -> Catalogue:
    one_file = not root.is_dir()
    required = ("name", "edition", "functions") if one_file else ("name", "edition")
    top: dict[str, Node] = {}
    functions: list[Node] = []
    for name, content in contents:
        node = parse_yaml(content, name, problems)
        if node is None:
            continue
        if one_file or Path(name).stem == "catalogue":
            top = node.mapping(problems, required=required, optional=("bands", "reports"))
            functions += top["functions"].items(problems) if "functions" in top else []
        else:
            functions.append(node)

    reader = _Reader(top, problems, {} if places is None else places)
    catalogue = Catalogue(
        name=reader.text(top, "name"),
        edition=reader.text(top, "edition"),
        bands=reader.bands,
        functions=tuple(reader.function(node) for node in functions),
        sha256=sha256,
        path=str(root),
    )
    codes = [(function, code) for function, code, _ in reader.jobs]
    for at, message in misplaced(codes, {function.code for function in catalogue.functions}):
        problems.append(reader.jobs[at][2].problem(message))
    if not catalogue.functions and not problems:
        problems.append(Problem(str(root), 0, "expected at least one function, found none"))
    return catalogue


def _from_data(data: dict[str, Any]) -> Catalogue | None:
    """The catalogue that `asdict` made the data of; None if it is not that."""
    try:
        for function in data["functions"]:
            function["jobs"] = [Job(**_tupled(job)) for job in function["jobs"]]
        data["functions"] = [Function(**_tupled(function)) for function in data["functions"]]
        data["bands"] = [Band(**band) for band in data["bands"]]
        return Catalogue(**_tupled(data))
    except (KeyError, TypeError, AttributeError):
        return None


def _tupled(data: dict[str, Any]) -> dict[str, Any]:
    if attributes := data.get("attributes"):
        data["attributes"] = [(name, value) for name, value in attributes]
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def role_of(kind: Kind, title: str, function_title: str) -> Role:
    """What part a job plays in its function, from its kind and titles.

    A benchmark is an executive. `No Applicable Discipline` in the title is the residual. The function's own
    title followed by `Generalist/Multidiscipline` is the generalist of the function: `Customer Contact Center
    Generalist/Multidiscipline` is not, since it stands for a part of its function only. Case and the dash
    between the two do not matter. The digits 000 and 999 decide nothing: other surveys number differently.
    """
    if kind == "benchmark":
        return "executive"
    if " ".join(title.casefold().split()).endswith("no applicable discipline"):
        return "residual"
    part = _generalist_of(title)
    return "generalist" if part and part == function_title.casefold().split() else "discipline"


def stands_for(job: Job, function: Function) -> frozenset[str]:
    """The codes of the disciplines that a generalist of `function`, or of a part of it, stands for.

    A part's are those whose titles begin as its own: `Customer Contact Center Generalist/Multidiscipline` plays
    the generalist among the disciplines of the contact center. Empty for every other job.
    """
    part = _generalist_of(job.title)
    if not part:
        return frozenset()
    length = 0 if job.role == "generalist" else len(part)
    others = (other for other in function.jobs if other.role == "discipline" and other.code != job.code)
    return frozenset(other.code for other in others if _words_of(other.title)[:length] == part[:length])


def _generalist_of(title: str) -> list[str]:
    """The words that stand before `Generalist/Multidiscipline` at the end of a title."""
    *words, last = _words_of(title) or [""]
    return words if last == "generalist/multidiscipline" else []


def _words_of(title: str) -> list[str]:
    """The words of a title in small letters, without the dashes between them."""
    return [word for word in title.casefold().split() if word.strip("-\u2013\u2014")]


def entries(catalogue: Catalogue) -> Iterator[Function | Job]:
    """Every function, each followed by its jobs, in catalogue order."""
    for function in catalogue.functions:
        yield function
        yield from function.jobs


def find(catalogue: Catalogue, code: str) -> Function | Job:
    """The function or job that a code means, as people type it: `amt10`, `AMT-010`, `ams 20 ex`.

    The exact code wins; then case, white space and punctuation are ignored; then zeros that lead a number.
    Raises UnknownCodeError with up to three nearest codes, best first, ties in catalogue order; or with the
    codes that are meant equally well.
    """
    known = list(entries(catalogue))
    for entry in known:
        if entry.code == code:
            return entry
    for fold in (folded, shortened):
        key = fold(code)
        meant = [entry for entry in known if key and fold(entry.code) == key]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise UnknownCodeError(code, [entry.code for entry in meant[:3]])
    raise UnknownCodeError(code, _nearest(code, [entry.code for entry in known]))


def function_of(catalogue: Catalogue, job: Job) -> Function:
    """The function that a job belongs to. Raises UnknownCodeError if the job is of another catalogue."""
    for function in catalogue.functions:
        if function.code == job.function:
            return function
    raise UnknownCodeError(job.function)


def complete(catalogue: Catalogue, prefix: str) -> list[tuple[str, str]]:
    """Codes and titles for a code begun at the shell, in catalogue order; case and dashes do not matter."""
    begun = folded(prefix)
    return [(entry.code, entry.title) for entry in entries(catalogue) if folded(entry.code).startswith(begun)]


def folded(code: str) -> str:
    """A code without case, white space and punctuation: `AMT000-EX` is `amt000ex`."""
    return "".join(filter(str.isalnum, code)).casefold()


def shortened(code: str) -> str:
    """A folded code without the zeros that lead its numbers: `AMT010` is `amt10`, `AMT000` is `amt0`."""
    return folded(re.sub(r"(?<!\d)0+(?=\d)", "", code))


def _nearest(code: str, known: Sequence[str]) -> list[str]:
    from rapidfuzz import process  # only a code that nobody knows needs it
    from rapidfuzz.distance import JaroWinkler  # letters swapped cost little, a common beginning counts

    similarity = JaroWinkler.normalized_similarity
    close = process.extract(code, known, scorer=similarity, processor=folded, limit=3, score_cutoff=0.75)
    return [choice for choice, _, _ in close]


_TABLES = frozenset((".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls"))


def _files(root: Path, problems: list[Problem]) -> list[tuple[str, Path]]:
    """The files to read, by name, with the names that messages show."""
    if not root.is_dir():
        if root.suffix.lower() in _TABLES and root.exists():
            message = "a table, not a catalogue; `jobcodes catalogue import` makes one of it"
            problems.append(Problem(str(root), 0, message))
            return []
        return [(str(root), root)]
    try:
        names = sorted(file.name for file in root.iterdir())
    except OSError as error:
        problems.append(Problem(str(root), 0, f"cannot read the folder: {error.strerror or error}"))
        return []
    found = [root / name for name in names if name.endswith((".yaml", ".yml")) and name[0] != "."]
    if not any(Path(file.name).stem == "catalogue" for file in found):
        problems.append(Problem(str(root), 0, "expected catalogue.yaml in this folder, found none"))
    return [(str(file), file) for file in found]


class _Reader:
    """Turns nodes into functions and jobs; what is wrong goes to `problems`, blanks take its place."""

    def __init__(self, top: dict[str, Node], problems: list[Problem], places: dict[str, Node]) -> None:
        self.problems = problems
        self.top_known = bool(top)  # without catalogue.yaml every band and report would be a problem
        named = top["bands"].mapping(problems) if "bands" in top else {}
        self.bands = tuple(Band(code, node.string(problems)) for code, node in named.items())
        self.reports = top["reports"].strings(problems) if "reports" in top else ()
        self.places = places  # the codes so far, in folded case
        self.jobs: list[tuple[str, str, Node]] = []  # function, code and the code's place

    def function(self, node: Node) -> Function:
        fields = node.mapping(
            self.problems,
            required=("code", "title", "jobs"),
            optional=("description", "bands", "reports", "attributes"),
        )
        code, title = self.code(fields), self.text(fields, "title")
        reports = self.known(fields, "reports", self.reports)
        jobs = fields["jobs"].items(self.problems) if "jobs" in fields else []
        if "jobs" in fields and fields["jobs"].value == []:
            self.problems.append(fields["jobs"].problem("expected at least one job, found none"))
        return Function(
            code=code,
            title=title,
            description=self.text(fields, "description"),
            bands=self.known(fields, "bands", [band.code for band in self.bands]),
            reports=reports,
            jobs=tuple(self.job(job, code, title, reports) for job in jobs),
            attributes=self.attributes(fields),
        )

    def job(self, node: Node, function: str, function_title: str, reports: tuple[str, ...]) -> Job:
        fields = node.mapping(
            self.problems, required=("code", "kind", "title", "responsibilities"), optional=("reports", "attributes")
        )
        code, kind, title = self.code(fields), self.text(fields, "kind"), self.text(fields, "title")
        if code:
            self.jobs.append((function, code, fields["code"]))
        if kind and kind not in get_args(Kind):
            message = f"expected {' or '.join(get_args(Kind))}, found {kind!r}"
            self.problems.append(fields["kind"].problem(message))
        return Job(
            code=code,
            kind=cast(Kind, kind),
            function=function,
            title=title,
            responsibilities=(
                fields["responsibilities"].strings(self.problems) if "responsibilities" in fields else ()
            ),
            reports=self.known(fields, "reports", self.reports) if "reports" in fields else reports,
            role=role_of(cast(Kind, kind), title, function_title),
            attributes=self.attributes(fields),
        )

    def text(self, fields: dict[str, Node], key: str) -> str:
        return fields[key].string(self.problems) if key in fields else ""

    def attributes(self, fields: dict[str, Node]) -> tuple[tuple[str, str], ...]:
        named = fields["attributes"].mapping(self.problems) if "attributes" in fields else {}
        return tuple((name, node.string(self.problems)) for name, node in named.items())

    def code(self, fields: dict[str, Node]) -> str:
        code = self.text(fields, "code")
        if not code:
            return ""
        node = fields["code"]
        if not CODE.fullmatch(code):
            self.problems.append(node.problem(f"expected letters, digits and . / + - _, found {code!r}"))
            return ""
        first = self.places.setdefault(code.casefold(), node)
        if first is not node:
            message = f"duplicate code {code}, first at {first.path}:{first.line}"
            self.problems.append(node.problem(message))
        return code

    def known(self, fields: dict[str, Node], key: str, known: Sequence[str]) -> tuple[str, ...]:
        found = []
        for item in fields[key].items(self.problems) if key in fields else []:
            text = item.string(self.problems)
            if text and self.top_known and text not in known:
                expected = ", ".join(known) or f"none, as the catalogue names no {key}"
                self.problems.append(item.problem(f"expected {expected}; found {text!r}"))
            found.append(text)
        return tuple(found)


def misplaced(jobs: Sequence[tuple[str, str]], functions: Collection[str]) -> list[tuple[int, str]]:
    """The (function, code) pairs whose code does not fit its function: their positions, and what is wrong.

    A code that starts with the code of another function of the catalogue (the longest one counts) is in the
    wrong place. One that starts with none is refused only where at least half of all codes start with their
    function's, as `AMT010` does: surveys with codes such as `43-4051.00` need not name the function in them.
    """
    owned = [(at, function, code, owner(code, functions)) for at, (function, code) in enumerate(jobs) if function]
    usual = 2 * sum(function == found for _, function, _, found in owned) >= len(owned)
    problems = []
    for at, function, code, found in owned:
        if found and found != function:
            problems.append((at, f"expected a code of {function}, found {code}, which is of {found}"))
        elif not found and usual:
            message = f"expected a code that starts with {function}, as its function does; found {code}"
            problems.append((at, message))
    return problems


def owner(code: str, functions: Collection[str]) -> str:
    """The longest function code that a code starts with; "" if there is none."""
    return next((code[:end] for end in range(len(code), 0, -1) if code[:end] in functions), "")
