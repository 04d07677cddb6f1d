"""Our matching knowledge: which titles, phrases and counter-phrases speak for or against a code.

It lives apart from the catalogue, since it survives a new edition. `data/vocabulary/README.md` describes the
files; here they become plain data, ready for finding the cues in a job.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobcodes.cues import Cue, CueIndex, short_forms
from jobcodes.errors import DataError
from jobcodes.model import Problem
from jobcodes.resources import data_root
from jobcodes.text import plain, stem, words
from jobcodes.yamlnodes import Node, parse_yaml, read_bytes

if TYPE_CHECKING:
    from jobcodes.cache import Cache

# The share of duties with such a phrase that belong to the code, as an analyst would judge it.
STRENGTHS = {"strong": 0.9, "fair": 0.6, "weak": 0.3}
GENERAL = ("articles", "spelling", "exact", "variants", "headings", "signals", "bands")
SHARED = ("general.yaml", "terms.yaml", "outside.yaml")  # all other files hold entries by code
Phrase = tuple[str, ...]  # stemmed words that stand side by side


@dataclass(slots=True)
class Entry:
    """What is known about a code, a function or a kind of work outside, besides its cues.

    `bands` are its usual career bands, the most usual first. `needs`: its cues count less where nothing
    speaks of their surroundings. `titles` and `duties` are its cues as written, the strongest first.
    """

    name: str = ""
    bands: list[str] = field(default_factory=list)
    needs: bool = False
    titles: list[str] = field(default_factory=list)
    duties: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Vocabulary:
    """Everything the classifier knows beyond the catalogue, as plain data; not to be changed.

    `entries` by code; `outside` by kind of work, for catalogues with one of the functions `outside_of`;
    `signals` and `bands` are the keys of general cues (executive, internal, negation, ...; M, P, ...); all
    their cues are in the indexes `in_titles` and `in_duties`. `headings` by kind of section; `variants` maps
    another spelling or an abbreviation to the words it stands for; `articles` are words that phrases ignore;
    `spelling` are the words that a misspelt one may be read as, `exact` those that are never taken for one;
    `words` are those of all cues.
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

    def phrases(self) -> dict[str, list[tuple[str, str]]]:
        """For each code its (field, phrase) pairs as plain text, the strongest first, for searching and showing.

        Alternatives that stand alone are phrases of their own; parts that belong together stay together.
        """
        return {
            code: [
                (name, phrase)
                for name, cues in (("titles", entry.titles), ("duties", entry.duties))
                for cue in cues
                for phrase in ([readable(cue)] if " + " in cue else cue.split("|"))
            ]
            for code, entry in self.entries.items()
        }


def readable(cue: str) -> str:
    """A cue as a person would write it: "call|chat + agent" is "call / chat … agent"."""
    return cue.replace("|", " / ").replace(" + ", " … ")


def need_of(key: str) -> str:
    """The key of the signal that an entry's surroundings are there (see `Entry.needs`)."""
    return f"{key} needs"


def load_vocabulary(path: str | Path | None = None, cache: Cache | None = None) -> Vocabulary:
    """The shipped vocabulary, or the one in the folder `path`.

    Raises DataError with every fault of every file. With a `cache`, a vocabulary that was read before is
    not read again.
    """
    folder: Path = data_root() / "vocabulary" if path is None else Path(path)
    problems: list[Problem] = []
    if not folder.is_dir():
        raise DataError([Problem(str(folder), 0, "no such folder")], "a vocabulary is a folder of YAML files")
    contents = {
        file.name: content
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
        and (content := read_bytes(file, f"{folder.name}/{file.name}", problems)) is not None
    }
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(name.encode() + b"\0" + content)
    key = f"vocabulary-{digest.hexdigest()}"
    if cache and not problems and (data := cache.get(key)) and (known := _from_data(data)):
        return known
    nodes = {
        name: node
        for name, content in contents.items()
        if (node := parse_yaml(content, f"{folder.name}/{name}", problems)) is not None
    }
    vocabulary = _Reader(nodes, problems).vocabulary()
    if problems:
        raise DataError(sorted(problems, key=lambda problem: (problem.path, problem.line)))
    if cache:
        cache.put(key, asdict(vocabulary))
    return vocabulary


def _from_data(data: dict[str, Any]) -> Vocabulary | None:
    """The vocabulary that `asdict` made the data of; None if it is not that."""
    try:
        for name in ("entries", "outside"):
            data[name] = {key: Entry(**entry) for key, entry in data[name].items()}
        for name in ("in_titles", "in_duties"):
            data[name]["cues"] = [Cue(*cue) for cue in data[name]["cues"]]
            data[name] = CueIndex(**data[name])
        return Vocabulary(**data)
    except (KeyError, TypeError, AttributeError):
        return None


class _Reader:
    def __init__(self, nodes: Mapping[str, Node], problems: list[Problem]) -> None:
        self.nodes = nodes
        self.problems = problems
        self.general = self.top("general.yaml", GENERAL)
        self.variants = self.read_variants()
        self.short_forms = short_forms(self.variants)
        self.articles = self.strings(self.general, "articles")
        self.stems: dict[str, Phrase] = {}
        self.terms: dict[str, list[Phrase]] = {}
        self.expanded: dict[str, dict[str, list[Phrase]]] = {}
        # All cues, by the field they are looked for in: key, weight, sign, parts.
        self.cues: dict[str, list[tuple[str, float, int, list[str]]]] = {"titles": [], "duties": []}

    def vocabulary(self) -> Vocabulary:
        for name, node in self.top("terms.yaml").items():
            self.terms[name] = [
                phrase for text in node.strings(self.problems) for phrase in self.alternative(text, node)
            ]
        outside = self.top("outside.yaml", ("functions", "kinds"))
        entries: dict[str, Entry] = {}
        for file in self.nodes:
            if file not in SHARED:
                entries |= self.entries(self.top(file))
        kinds = self.entries(outside["kinds"].mapping(self.problems)) if "kinds" in outside else {}
        signals, bands = (
            list(self.entries(self.general[name].mapping(self.problems))) if name in self.general else []
            for name in ("signals", "bands")
        )
        in_titles, in_duties = self.index("titles"), self.index("duties")
        return Vocabulary(
            entries=entries,
            outside=kinds,
            outside_of=self.strings(outside, "functions"),
            signals=signals,
            bands=bands,
            in_titles=in_titles,
            in_duties=in_duties,
            headings=self.lists("headings"),
            variants=self.variants,
            articles=self.articles,
            spelling=self.strings(self.general, "spelling"),
            exact=self.strings(self.general, "exact"),
            words=sorted(in_titles.words() | in_duties.words()),
        )

    def top(self, file: str, optional: Iterable[str] = ()) -> dict[str, Node]:
        node = self.nodes.get(file)
        return node.mapping(self.problems, optional=tuple(optional)) if node else {}

    def strings(self, nodes: Mapping[str, Node], key: str) -> list[str]:
        return list(nodes[key].strings(self.problems)) if key in nodes else []

    def lists(self, key: str) -> dict[str, list[str]]:
        inner = self.general[key].mapping(self.problems) if key in self.general else {}
        return {name: list(node.strings(self.problems)) for name, node in inner.items()}

    def read_variants(self) -> dict[str, str]:
        inner = self.general["variants"].mapping(self.problems) if "variants" in self.general else {}
        return {
            " ".join(map(stem, words(name))): " ".join(map(stem, words(node.string(self.problems))))
            for name, node in inner.items()
        }

    def entries(self, nodes: Mapping[str, Node]) -> dict[str, Entry]:
        return {key: self.entry(key, node) for key, node in nodes.items()}

    def entry(self, key: str, node: Node) -> Entry:
        fields = node.mapping(self.problems, optional=("title", "bands", "titles", "duties", "against", "needs"))
        titles = list(self.read_cues(fields.get("titles"), key, 1, ("titles",)))
        duties = list(self.read_cues(fields.get("duties"), key, 1, ("duties",)))
        list(self.read_cues(fields.get("against"), key, -1, ("duties",)))
        needs = list(self.read_cues(fields.get("needs"), need_of(key), 1, ("titles", "duties")))
        name = fields["title"].string(self.problems) if "title" in fields else ""
        return Entry(name, self.strings(fields, "bands"), bool(needs), titles, duties)

    def read_cues(self, node: Node | None, key: str, sign: int, where: tuple[str, ...]) -> Iterator[str]:
        """The cues of one field as written; they go to the cues that are looked for in titles or duties."""
        fields = node.mapping(self.problems, optional=tuple(STRENGTHS)) if node else {}
        for strength, weight in STRENGTHS.items():
            for item in fields[strength].items(self.problems) if strength in fields else ():
                text = item.string(self.problems)
                parts = text.split(" + ") if text else []
                for part in parts:
                    if part not in self.expanded:
                        self.expanded[part] = {a: self.alternative(a, item) for a in part.split("|")}
                if parts:
                    for name in where:
                        self.cues[name].append((key, weight, sign, parts))
                    yield text

    def index(self, name: str) -> CueIndex:
        """The cues of one field with their parts, the rarest part of each first."""
        cues = self.cues[name]
        index = CueIndex()
        numbers = {part: 0 for *_, parts in cues for part in parts}
        for part in numbers:
            numbers[part] = index.add_part(self.expanded[part])
        # How common a phrase is in real text shows in how many parts name it.
        uses = Counter(phrase for phrases in index.parts for phrase in phrases)
        common = [sum(uses[phrase] for phrase in phrases) for phrases in index.parts]
        for key, weight, sign, parts in cues:
            index.add_cue(key, weight, sign, sorted((numbers[part] for part in parts), key=common.__getitem__))
        return index

    def alternative(self, text: str, node: Node) -> list[Phrase]:
        """The phrases that one alternative stands for: each of a `<term>`, and each known short form."""
        phrases: list[Phrase] = [()]
        for piece in text.split():
            choices = self.term(piece, node) if piece.startswith("<") else [self.canonical(piece)]
            phrases = [phrase + choice for phrase in phrases for choice in choices]
        phrases = [phrase for phrase in phrases if phrase]
        known = all(self.terms.get(piece.strip("<>")) for piece in text.split() if piece.startswith("<"))
        if not phrases and known:
            self.problems.append(node.problem(f"expected a phrase, found {text!r}"))
        short = [
            phrase[:i] + other + phrase[i + len(run) :]
            for phrase in phrases
            for i, word in enumerate(phrase)
            for run, other in self.short_forms.get(word, ())
            if phrase[i : i + len(run)] == run
        ]
        return phrases + short

    def term(self, piece: str, node: Node) -> list[Phrase]:
        name = piece.strip("<>")
        if name not in self.terms:
            known = ", ".join(f"<{term}>" for term in self.terms)
            self.problems.append(node.problem(f"unknown term {piece}; terms.yaml defines {known}"))
        return self.terms.get(name, [])

    def canonical(self, piece: str) -> Phrase:
        """The words of a piece as texts will be read: stemmed, no articles, variants as what they stand for."""
        if piece not in self.stems:
            stems = [stem(plain(word)) for word in words(piece) if plain(word) not in self.articles]
            self.stems[piece] = tuple(word for part in stems for word in self.variants.get(part, part).split())
        return self.stems[piece]
