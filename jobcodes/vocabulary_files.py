"""Reads the files of a vocabulary: what stands in them becomes entries and cues, ready for finding them in a job."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from jobcodes.cues import Cue, CueIndex
from jobcodes.indexing import Phrase, fill
from jobcodes.model import Problem
from jobcodes.overlay import MEANS, Listed, TitleIndex, contradictions, laid_over
from jobcodes.text import flatten, plain, stem, words
from jobcodes.vocabulary import Entry, Vocabulary, need_of
from jobcodes.yamlnodes import Node

# The share of duties with such a phrase that belong to the code, as an analyst would judge it.
STRENGTHS = {"strong": 0.9, "fair": 0.6, "weak": 0.3}
GENERAL = ("articles", "spelling", "exact", "variants", "headings", "signals", "bands")
OUTSIDE = ("functions", "kinds")
SECTIONS = (*GENERAL, *OUTSIDE, "terms")  # all other keys of a file are codes
SHARED = {"general.yaml": GENERAL, "terms.yaml": (), "outside.yaml": OUTSIDE}  # files of nothing but sections
FIELDS = ("title", "bands", "titles", "duties", "against", "needs", "means", "drop")


class VocabularyReader:
    """Reads files, each its name, its top node and whether it is of one's own; those come last."""

    def __init__(self, files: Iterable[tuple[str, Node, bool]], problems: list[Problem]) -> None:
        self.problems = problems
        self.sections: dict[str, list[tuple[Node, bool]]] = {}
        self.codes: list[tuple[str, Node, bool]] = []
        self.own: dict[str, tuple[str, int]] = {}
        for file in files:
            self.sort_out(*file)
        self.variants = self.read_variants()
        self.short_forms = short_forms(self.variants)
        self.articles = [text.lower() for text in self.strings("articles")]
        self.stems: dict[str, Phrase] = {}
        self.terms: dict[str, list[Phrase]] = {}
        self.expanded: dict[str, dict[str, list[Phrase]]] = {}
        self.listed: list[Listed] = []
        self.drops: list[Listed] = []
        self.notes: list[Problem] = []
        # All cues, by the field they are looked for in: key, weight, sign, parts.
        self.cues: dict[str, list[tuple[str, float, int, list[str]]]] = {"titles": [], "duties": []}

    def sort_out(self, file: str, top: Node, own: bool) -> None:
        """Tells a file's sections and codes apart."""
        if file == "terms.yaml":
            self.sections.setdefault("terms", []).append((top, own))
            return
        for key, node in top.mapping(self.problems, optional=SHARED.get(file, ())).items():
            if key in SECTIONS:
                self.sections.setdefault(key, []).append((node, own))
            else:
                self.codes.append((key, node, own))
                if own:
                    self.own.setdefault(key, (top.path, top.key_lines[key]))

    def vocabulary(self) -> Vocabulary:
        for section, _ in self.sections.get("terms", ()):
            for name, node in self.mapping(section).items():
                found = [phrase for text in node.strings(self.problems) for phrase in self.alternative(text, node)]
                self.terms.setdefault(name, []).extend(found)
        entries = self.entries(self.codes, rival=True)
        kinds, signals, bands = (
            self.entries(
                [
                    (key, node, own)
                    for section, own in self.sections.get(name, ())
                    for key, node in self.mapping(section).items()
                ],
                rival=name == "kinds",
            )
            for name in ("kinds", "signals", "bands")
        )
        if self.drops or any(one.own for one in self.listed):
            self.problems += contradictions(self.listed, self.forms)
            self.listed = laid_over(self.listed, self.drops, self.forms, self.notes)
        everything = entries | kinds | signals | bands
        for one in sorted(self.listed, key=lambda one: not one.own):  # one's own are shown first
            self.add(one, everything[one.key])
        general = [*signals, *bands, *(need_of(key) for key, entry in everything.items() if entry.needs)]
        in_titles, in_duties = self.index("titles", general), self.index("duties")
        return Vocabulary(
            entries=entries,
            outside=kinds,
            outside_of=self.strings("functions"),
            signals=list(signals),
            bands=list(bands),
            in_titles=in_titles,
            in_duties=in_duties,
            headings=self.lists("headings"),
            variants=self.variants,
            articles=self.articles,
            spelling=[text.lower() for text in self.strings("spelling")],
            exact=[text.lower() for text in self.strings("exact")],
            words=sorted(in_titles.words() | in_duties.words()),
            own=self.own,
            notes=[(note.path, note.line, note.message) for note in self.notes],
        )

    def mapping(self, node: Node, optional: Iterable[str] = ()) -> dict[str, Node]:
        """The mapping, empty for a key with nothing after it."""
        return {} if node.value == "" else node.mapping(self.problems, optional=tuple(optional))

    def items(self, node: Node | None) -> list[Node]:
        return [] if node is None or node.value == "" else node.items(self.problems)

    def texts(self, node: Node | None) -> list[str]:
        return [text for item in self.items(node) if (text := item.string(self.problems))]

    def strings(self, key: str) -> list[str]:
        return list(dict.fromkeys(text for node, _ in self.sections.get(key, ()) for text in self.texts(node)))

    def lists(self, key: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for section, _ in self.sections.get(key, ()):
            for name, node in self.mapping(section).items():
                found.setdefault(name, []).extend(text.lower() for text in self.texts(node))
        return found

    def read_variants(self) -> dict[str, str]:
        return {
            _stems(name): _stems(node.string(self.problems))
            for section, _ in self.sections.get("variants", ())
            for name, node in self.mapping(section).items()
        }

    def entries(self, nodes: Iterable[tuple[str, Node, bool]], rival: bool) -> dict[str, Entry]:
        """The entries without their cues, which are listed."""
        found: dict[str, Entry] = {}
        for key, node, own in nodes:
            self.read_entry(found.setdefault(key, Entry()), key, node, own, rival)
        return found

    def read_entry(self, entry: Entry, key: str, node: Node, own: bool, rival: bool) -> None:
        fields = self.mapping(node, FIELDS)
        if not own:
            entry.file = node.path
        if "title" in fields:
            entry.name = fields["title"].string(self.problems)
        if "bands" in fields:
            entry.bands = self.texts(fields["bands"])
        for name in ("titles", "duties", "against", "needs"):
            strengths = self.mapping(fields[name], STRENGTHS) if name in fields else {}
            for strength, weight in STRENGTHS.items():
                for item in self.items(strengths.get(strength)):
                    self.read_cue(Listed(key, name, weight, item.string(self.problems), item, own, rival))
        if "means" in fields and not rival:
            message = "only a code or a kind of work outside is what a title means"
            self.problems.append(fields["means"].problem(message))
        for item in self.items(fields.get("means")):
            text = item.string(self.problems)
            if " + " in text:
                self.problems.append(item.problem(f"expected words that stand side by side in a title, found {text!r}"))
            self.read_cue(Listed(key, "means", MEANS, text, item, own, rival))
        for item in self.items(fields.get("drop")):
            self.drops.append(Listed(key, "drop", 0.0, item.string(self.problems), item, own, rival))

    def read_cue(self, one: Listed) -> None:
        for part in one.text.split(" + ") if one.text else ():
            self.expand(part, one.node)
        if one.text:
            self.listed.append(one)

    def expand(self, part: str, node: Node) -> None:
        if part not in self.expanded:
            self.expanded[part] = {text: self.alternative(text, node) for text in part.split("|")}

    def add(self, one: Listed, entry: Entry) -> None:
        """Puts a cue with the entry it belongs to, and with the cues that are looked for in titles or duties."""
        parts = one.text.split(" + ")
        for part in parts:
            self.expand(part, one.node)
        if one.field == "needs":
            entry.needs = True
            for cues in self.cues.values():
                cues.append((need_of(one.key), one.weight, 1, parts))
            return
        getattr(entry, one.field).append(one.text)
        if one.own:
            entry.own[f"{one.field} {one.text}"] = one.place
        where = "titles" if one.field in ("means", "titles") else "duties"
        self.cues[where].append((one.key, one.weight, -1 if one.field == "against" else 1, parts))
        if one.field == "means":  # it needs no surroundings; and only a senior title is an executive's
            keys = [need_of(one.key), *(["executive"] if one.key.endswith("-EX") else [])]
            self.cues[where] += [(key, one.weight, 1, parts) for key in keys]

    def forms(self, text: str) -> list[tuple[str, object]]:
        """The alternatives of a cue of one part, or the cue of several, each with what is equal for the same words."""

        def form(text: str) -> Phrase:
            pieces = ((piece,) if piece.startswith("<") else self.canonical(piece) for piece in text.split())
            return tuple(word for piece in pieces for word in piece)

        parts = [part.split("|") for part in text.split(" + ")]
        if len(parts) == 1:
            return [(alternative, form(alternative)) for alternative in parts[0]]
        return [(text, frozenset(frozenset(map(form, part)) for part in parts))]

    def index(self, name: str, general: Sequence[str] = ()) -> CueIndex:
        """The cues of one field with their parts, the rarest part of each first.

        `general` are the keys that stay beside a title that decides.
        """
        cues = self.cues[name]
        deciding = any(weight == MEANS for _, weight, *_ in cues)
        numbers = {part: i for i, part in enumerate(dict.fromkeys(part for *_, parts in cues for part in parts))}
        phrases = {part: {phrase for found in self.expanded[part].values() for phrase in found} for part in numbers}
        # How common a phrase is in real text shows in how many parts name it.
        uses = Counter(phrase for found in phrases.values() for phrase in found)
        common = {part: sum(uses[phrase] for phrase in found) for part, found in phrases.items()}
        return fill(
            TitleIndex(general=list(general)) if deciding else CueIndex(),
            [self.expanded[part] for part in numbers],
            [
                Cue(key, weight, sign, [numbers[part] for part in sorted(parts, key=common.__getitem__)])
                for key, weight, sign, parts in cues
            ],
        )

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
            stems = [stem(plain(word)) for word in words(flatten(piece)) if plain(word) not in self.articles]
            self.stems[piece] = tuple(word for part in stems for word in self.variants.get(part, part).split())
        return self.stems[piece]


def _stems(text: str) -> str:
    return " ".join(stem(plain(word)) for word in words(flatten(text)))


def short_forms(variants: Mapping[str, str]) -> Mapping[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """By first word: each run of words that has an abbreviation or another joining, with the other form."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
    for name, full in variants.items():
        if name and full and (" " in name or " " in full):
            run = tuple(full.split())
            found[run[0]].append((run, tuple(name.split())))
    return found
