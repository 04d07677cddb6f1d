"""Our matching knowledge: which titles, phrases and counter-phrases speak for or against a code.

It lives apart from the catalogue, since it survives a new edition. `data/vocabulary/README.md` describes the
files; here they become plain data, ready for finding the cues in a job.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobcodes.cues import Cue, CueIndex
from jobcodes.errors import DataError
from jobcodes.model import Problem
from jobcodes.resources import data_root
from jobcodes.yamlnodes import parse_yaml, read_bytes

if TYPE_CHECKING:
    from jobcodes.cache import Cache

SUFFIXES = (".yaml", ".yml")


@dataclass(slots=True)
class Entry:
    """What is known about a code, a function or a kind of work outside, besides its cues.

    `bands` are its usual career bands, the most usual first. `needs`: its cues count less where nothing
    speaks of their surroundings. `means`, `titles`, `duties` and `against` are its cues as written, one's own
    before ours, the strongest first. `file` is where ours are listed, "" for a code that only one's own vocabulary
    knows; `own` has the file and line of each that is not ours, by field and cue.
    """

    name: str = ""
    bands: list[str] = field(default_factory=list)
    needs: bool = False
    means: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    duties: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    file: str = ""
    own: dict[str, str] = field(default_factory=dict)

    def phrases(self) -> Iterator[tuple[str, str, str]]:
        """(field, phrase, the file it is listed in, with the line if that is one's own), as a person would write it.

        Alternatives that stand alone are phrases of their own; parts that belong together stay together.
        """
        for name in ("means", "titles", "duties", "against"):
            for cue in getattr(self, name):
                for phrase in [readable(cue)] if " + " in cue else cue.split("|"):
                    yield name, phrase.strip(), self.own.get(f"{name} {cue}", self.file)


@dataclass(slots=True)
class Vocabulary:
    """Everything the classifier knows beyond the catalogue, as plain data; not to be changed.

    `entries` by code; `outside` by kind of work, for catalogues with one of the functions `outside_of`;
    `signals` and `bands` are the keys of general cues (executive, internal, negation, ...; M, P, ...); all
    their cues are in the indexes `in_titles` and `in_duties`. `headings` by kind of section; `variants` maps
    another spelling or an abbreviation to the words it stands for; `articles` are words that phrases ignore;
    `spelling` are the words that a misspelt one may be read as, `exact` those that are never taken for one;
    `words` are those of all cues. `own` has the file and line of each code in a vocabulary laid over ours, and
    `notes` (file, line and message) what is harmless there and yet worth a look. `sha256` is of all that was read.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    outside: dict[str, Entry] = field(default_factory=dict)
    outside_of: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)
    in_titles: CueIndex = field(default_factory=CueIndex)
    in_duties: CueIndex = field(default_factory=CueIndex)
    headings: dict[str, list[str]] = field(default_factory=dict)
    variants: dict[str, str] = field(default_factory=dict)
    articles: list[str] = field(default_factory=list)
    spelling: list[str] = field(default_factory=list)
    exact: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    own: dict[str, tuple[str, int]] = field(default_factory=dict)
    notes: list[tuple[str, int, str]] = field(default_factory=list)
    sha256: str = ""

    @property
    def described(self) -> dict[str, Entry]:
        """The entries of codes that we describe: for the others a few words of one's own do not replace the
        definition."""
        return {code: entry for code, entry in self.entries.items() if entry.file}

    def phrases(self) -> dict[str, list[tuple[str, str]]]:
        """For each code its (field, phrase) pairs as plain text, titles first, for searching."""
        return {
            code: [
                ("titles" if name == "means" else name, phrase)
                for name, phrase, _ in entry.phrases()
                if name != "against"
            ]
            for code, entry in self.entries.items()
        }


def readable(cue: str) -> str:
    """A cue as a person would write it: "call|chat + agent" is "call / chat … agent"."""
    return cue.replace("|", " / ").replace(" + ", " … ")


def need_of(key: str) -> str:
    """The key of the signal that an entry's surroundings are there (see `Entry.needs`)."""
    return f"{key} needs"


def load_vocabulary(
    own: str | Path | None = None, cache: Cache | None = None, *, base: str | Path | None = None
) -> Vocabulary:
    """The vocabulary that comes with jobcodes (or the one in the folder `base`), and one's `own` laid over it.

    `own` is a YAML file or a folder of them. Raises DataError with every fault of every file. With a `cache`,
    what was read before is not read again.
    """
    problems: list[Problem] = []
    contents = [
        (*one, False) for one in _contents(data_root() / "vocabulary" if base is None else Path(base), problems)
    ]
    if own is not None:
        contents += [(*one, True) for one in _contents(Path(own), problems)]
    digest = hashlib.sha256()
    for file, _, content, is_own in contents:
        digest.update((f"own/{file}" if is_own else file).encode("utf-8", "surrogatepass") + b"\0" + content)
    sha256 = digest.hexdigest()
    # What is kept names the files, so the same content elsewhere is something else.
    place = f"-{hashlib.sha256(os.fsencode(own)).hexdigest()[:16]}" if own is not None else ""
    key = f"indexes-{sha256}{place}"
    if cache and not problems and (data := cache.get(key)) and (known := _from_data(data)):
        return known
    from jobcodes.vocabulary_files import VocabularyReader  # what was read before needs neither it nor YAML

    files = [
        (file, node, is_own)
        for file, name, content, is_own in contents
        if (node := parse_yaml(content, name, problems)) is not None
    ]
    vocabulary = VocabularyReader(files, problems).vocabulary()
    if problems:
        hint = "" if all(problem.line for problem in problems) else "a vocabulary is a YAML file or a folder of them"
        raise DataError(sorted(problems, key=lambda problem: (problem.path, problem.line)), hint)
    vocabulary.sha256 = sha256
    if cache:
        cache.put(key, asdict(vocabulary))
    return vocabulary


def _contents(path: Path, problems: list[Problem]) -> Iterator[tuple[str, str, bytes]]:
    """Of each YAML file: what it is called, how messages name it, and its bytes."""
    if path.is_dir():
        try:
            names = sorted(name for name in os.listdir(path) if name.endswith(SUFFIXES))
        except OSError as error:
            problems.append(Problem(str(path), 0, f"cannot read the folder: {error.strerror or error}"))
            return
        files = [(path / name, f"{path.name}/{name}") for name in names]
        if not files:
            problems.append(Problem(str(path), 0, "no YAML file in this folder"))
    else:
        files = [(path, str(path))]
    for file, name in files:
        if (content := read_bytes(file, name, problems)) is not None:
            yield file.name, name, content


def _from_data(data: dict[str, Any]) -> Vocabulary | None:
    """The vocabulary that `asdict` made the data of; None if it is not that."""
    try:
        for name in ("entries", "outside"):
            data[name] = {key: Entry(**entry) for key, entry in data[name].items()}
        for name in ("in_titles", "in_duties"):
            data[name]["cues"] = list(map(Cue._make, data[name]["cues"]))
            data[name] = _index(data[name])
        data["notes"] = [(path, line, message) for path, line, message in data["notes"]]
        data["own"] = {code: tuple(place) for code, place in data["own"].items()}
        return Vocabulary(**data)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _index(data: dict[str, Any]) -> CueIndex:
    if "general" not in data:
        return CueIndex(**data)
    from jobcodes.overlay import TitleIndex

    return TitleIndex(**data)
