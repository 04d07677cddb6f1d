"""Our matching knowledge: which titles, phrases and counter-phrases speak for or against a code.

It lives apart from the catalogue, since it survives a new edition. `data/vocabulary/README.md` describes the
files; here they become frozen dataclasses, and nothing is matched yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobcodes.errors import DataError
from jobcodes.model import Problem
from jobcodes.resources import data_root
from jobcodes.text import stem, words
from jobcodes.yamlnodes import Node, read_yaml

# The share of duties with such a phrase that belong to the code, as an analyst would judge it.
STRENGTHS = {"strong": 0.9, "fair": 0.6, "weak": 0.3}
FIELDS = ("titles", "duties", "against")


Phrase = tuple[str, ...]  # stemmed words that stand side by side


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase that speaks for a code, as written, and its weight (0 to 1).

    Its `parts` must all stand in one clause; `Vocabulary.parts` says which phrases each may be.
    """

    text: str
    weight: float
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about a code, a function or a kind of work outside: cues for titles and for duties."""

    key: str
    titles: tuple[Cue, ...] = ()
    duties: tuple[Cue, ...] = ()
    against: tuple[Cue, ...] = ()
    bands: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the classifier knows beyond the catalogue.

    `entries` by code; `parts` by their text, for all cues; `outside` by kind of work, for catalogues with one of the functions `outside_of`;
    `signals` are general cues by name (executive, internal, negation, …); `headings` by kind of section;
    `variants` maps another spelling or an abbreviation to the words it stands for; `articles` are words
    that phrases ignore; `exact` words are never taken for a misspelling.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    parts: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    outside: Mapping[str, Entry] = field(default_factory=dict)
    outside_of: tuple[str, ...] = ()
    signals: Mapping[str, Entry] = field(default_factory=dict)
    bands: Mapping[str, Entry] = field(default_factory=dict)
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    articles: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()

    def phrases(self) -> dict[str, list[tuple[str, str]]]:
        """For each code its (field, phrase) pairs as plain text, the strongest first, for searching and showing."""
        return {
            code: [(name, cue.text) for name in ("titles", "duties") for cue in getattr(entry, name)]
            for code, entry in self.entries.items()
        }


def load_vocabulary(path: str | Path | None = None) -> Vocabulary:
    """The shipped vocabulary, or the one in the folder `path`.

    Raises DataError with every fault of every file.
    """
    folder = data_root() / "vocabulary" if path is None else Path(path)
    problems: list[Problem] = []
    if not folder.is_dir():
        raise DataError([Problem(str(folder), 0, "no such folder")], "a vocabulary is a folder of YAML files")
    nodes = {
        file.name: node
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml") and (node := read_yaml(file, f"{folder.name}/{file.name}", problems))
    }
    vocabulary = _Reader(nodes, problems).vocabulary()
    if problems:
        raise DataError(problems)
    return vocabulary


class _Reader:
    def __init__(self, nodes: Mapping[str, Node], problems: list[Problem]) -> None:
        self.nodes = nodes
        self.problems = problems
        self.terms: dict[str, tuple[Phrase, ...]] = {}
        self.known_variants: dict[str, Phrase] = {}
        self.phrases: dict[str, tuple[Phrase, ...]] = {}
        self.stems: dict[str, Phrase] = {}

    def vocabulary(self) -> Vocabulary:
        general = self.top(
            "general.yaml", optional=("articles", "exact", "variants", "headings", "signals", "bands")
        )
        self.known_variants = self.variants(general)
        terms = self.top("terms.yaml")
        outside = self.top("outside.yaml", optional=("functions", "kinds"))
        for name, node in terms.items():
            self.terms[name] = tuple(
                phrase for text in node.strings(self.problems) for phrase in self.alternative(text, node)
            )
        entries: dict[str, Entry] = {}
        for file, node in self.nodes.items():
            if file not in ("general.yaml", "terms.yaml", "outside.yaml"):
                entries |= self.entries(node)
        return Vocabulary(
            entries=entries,
            parts=self.phrases,
            outside=self.entries(outside["kinds"]) if "kinds" in outside else {},
            outside_of=self.strings(outside, "functions"),
            signals=self.entries(general["signals"]) if "signals" in general else {},
            bands=self.entries(general["bands"]) if "bands" in general else {},
            headings=self.lists(general, "headings"),
            variants=self.known_variants,
            articles=frozenset(self.strings(general, "articles")),
            exact=frozenset(self.strings(general, "exact")),
        )

    def top(self, file: str, optional: Iterable[str] = ()) -> dict[str, Node]:
        node = self.nodes.get(file)
        return node.mapping(self.problems, optional=tuple(optional)) if node else {}

    def strings(self, nodes: Mapping[str, Node], key: str) -> tuple[str, ...]:
        return nodes[key].strings(self.problems) if key in nodes else ()

    def lists(self, nodes: Mapping[str, Node], key: str) -> dict[str, tuple[str, ...]]:
        inner = nodes[key].mapping(self.problems) if key in nodes else {}
        return {name: node.strings(self.problems) for name, node in inner.items()}

    def variants(self, general: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
        inner = general["variants"].mapping(self.problems) if "variants" in general else {}
        return {
            stem(name): tuple(map(stem, words(node.string(self.problems)))) for name, node in inner.items()
        }

    def entries(self, node: Node) -> dict[str, Entry]:
        return {key: self.entry(key, inner) for key, inner in node.mapping(self.problems).items()}

    def entry(self, key: str, node: Node) -> Entry:
        fields = node.mapping(self.problems, optional=("title", "bands", *FIELDS))
        return Entry(
            key=key,
            titles=self.cues(fields.get("titles")),
            duties=self.cues(fields.get("duties")),
            against=self.cues(fields.get("against")),
            bands=self.strings(fields, "bands"),
            name=fields["title"].string(self.problems) if "title" in fields else "",
        )

    def cues(self, node: Node | None) -> tuple[Cue, ...]:
        if node is None:
            return ()
        fields = node.mapping(self.problems, optional=tuple(STRENGTHS))
        return tuple(
            Cue(text, weight, parts)
            for strength, weight in STRENGTHS.items()
            if strength in fields
            for item in fields[strength].items(self.problems)
            if (text := item.string(self.problems)) and (parts := self.parts(text, item))
        )

    def parts(self, text: str, node: Node) -> tuple[str, ...]:
        parts = tuple(text.split(" + "))
        for part in parts:
            if part not in self.phrases:
                choices = [phrase for choice in part.split("|") for phrase in self.alternative(choice, node)]
                self.phrases[part] = tuple(dict.fromkeys(choices))
        return parts

    def alternative(self, text: str, node: Node) -> list[Phrase]:
        """The phrases that one alternative stands for: a `<term>` in it is replaced by each of its phrases."""
        phrases: list[Phrase] = [()]
        for piece in text.split():
            choices = self.term(piece, node) if piece.startswith("<") else (self.canonical(piece),)
            phrases = [phrase + choice for phrase in phrases for choice in choices]
        if not any(phrases):
            self.problems.append(node.problem(f"expected a phrase, found {text!r}"))
        return [phrase for phrase in phrases if phrase]

    def term(self, piece: str, node: Node) -> tuple[Phrase, ...]:
        name = piece.strip("<>")
        if name not in self.terms:
            known = ", ".join(f"<{term}>" for term in self.terms)
            self.problems.append(node.problem(f"unknown term {piece}; terms.yaml defines {known}"))
        return self.terms.get(name, ())

    def canonical(self, piece: str) -> Phrase:
        """The words of a piece as texts will be read: stemmed, variants replaced by what they stand for."""
        if piece not in self.stems:
            stems = map(stem, words(piece))
            self.stems[piece] = tuple(w for part in stems for w in self.known_variants.get(part, (part,)))
        return self.stems[piece]
