"""The views on a terminal: with `terminal_explain` the only module that knows Rich.

What they show was written by strangers: it goes in as `Text`, never as markup, without control characters.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jobcodes.model import Alternative, Catalogue, Evidence, Function, Job, Match, Posting
from jobcodes.render import Phrases, Record, band_codes, printable

if TYPE_CHECKING:
    from jobcodes.search import Hit

Span = tuple[int, int]

CONTEXT = 40  # characters shown on either side of the evidence
_GAP = 20  # what lies between two quotes of a line and is quoted too
WHY_LINES = 6  # lines of the text that are quoted
_MEANING = {
    "match": ("bold green", "match"),
    "review": ("bold yellow", "review: a person should look"),
    "none": ("bold cyan", "none: outside this catalogue"),
    "error": ("bold red", "error: not classified"),
}
_BULLETS = " \t\r-*\u2022\u00b7"  # what a line of a list begins with
_FIELDS = {"definition": "definition", "titles": "job title", "duties": "phrase"}


class Views:
    """Prints the views to one stream; without colour, evidence stands between asterisks instead."""

    def __init__(self, file: TextIO, color: bool, catalogue: Catalogue) -> None:
        width = max(40, min(shutil.get_terminal_size().columns, 100))  # longer lines are hard to read
        self.console = Console(
            file=file,
            color_system="standard" if color else None,  # the sixteen colours of the user's own theme
            force_terminal=color,
            no_color=not color,
            width=width,
            markup=False,
            emoji=False,
            highlight=False,
        )
        self.color = color
        self.catalogue = catalogue
        self.titles = {job.code: job.title for job in catalogue}
        self.bands = {band.code: band.name for band in catalogue.bands}
        signs = "#.-|`" if self.console.options.ascii_only else "█░•├└"
        self.full, self.empty, self.bullet, *self.guides = list(signs)
        self.dots = "..." if self.console.options.ascii_only else "…"

    # One match ------------------------------------------------------------------------------------------

    def match(self, posting: Posting, match: Match, every: bool = False) -> None:
        """A match at a glance: the answer, how sure, the runners-up, the words it rests on, the notes.

        `every` quotes every line with evidence instead of the strongest few.
        """
        self.answer(posting, match)
        others = [other for other in match.alternatives if other.code != match.code]
        if others:
            self.heading("Other codes" if match.code else "Nearest codes")
            self.put(self.ranking(others), indent=2)
        quotes = list(self.quotes(posting.text, match.evidence, every))
        if quotes:
            self.heading("Why")
            self.items(quotes)
        if match.notes:
            self.heading("Notes")
            self.items([self.text(note) for note in match.notes])
        self.line()

    def answer(self, posting: Posting, match: Match) -> None:
        """Where the job came from, its title, the answer and how sure it is."""
        self.line(self.text(posting.source, style="dim"))
        if posting.title:
            spans = [(found.start, found.end) for found in match.evidence if found.field == "title"]
            self.line(self.marked(posting.title[:200], spans, style="bold"))
        style, meaning = _MEANING[match.decision]
        self.line()
        if match.code:
            self.line(self.text(match.code, style), "  ", self.text(match.title or "", "bold"), indent=2)
        self.line(Text(meaning, style), indent=2)
        if match.confidence is not None:
            self.line()
            self.put(self.figures(match), indent=2)

    def figures(self, match: Match) -> Table:
        grid = _grid("dim", figures=True)
        if match.confidence is not None:
            grid.add_row("confidence", _percent(match.confidence), self.bar(match.confidence))
        if match.coverage is not None:
            grid.add_row("coverage", _percent(match.coverage), self.bar(match.coverage) + Text("  of the duties"))
        if band := match.band:
            name = self.bands.get(band.code, "")
            words = ", ".join(f'"{words}"' for words in band.evidence)
            rest = ", ".join(part for part in (name, _percent(band.confidence), words) if part)
            grid.add_row("band", self.text(band.code), self.text(rest))
        return grid

    def ranking(self, others: Sequence[Alternative]) -> Table:
        grid = _grid(figures=True)
        for other in others:
            title = self.text(self.titles.get(other.code, ""))
            grid.add_row(self.text(other.code), _percent(other.confidence), self.bar(other.confidence, 10), title)
        return grid

    def bar(self, share: float, width: int = 20) -> Text:
        done = round(min(max(share, 0.0), 1.0) * width)
        return Text.assemble((self.full * done, "green"), (self.empty * (width - done), "dim"))

    def quotes(self, text: str, evidence: Iterable[Evidence], every: bool) -> Iterator[Text]:
        """The lines with the strongest evidence in reading order, cut to what is around it."""
        windows: list[tuple[int, int, float, list[Span]]] = []
        for found in sorted((e for e in evidence if e.field == "text"), key=lambda e: (e.start, e.end)):
            first, last = _window(text, found.start, found.end)
            weight, spans = found.weight, [(found.start, found.end)]
            if windows and first <= windows[-1][1] + _GAP and "\n" not in text[windows[-1][1] : first]:
                begin, end, before, marked = windows.pop()
                first, last, weight, spans = begin, max(end, last), before + weight, marked + spans
            windows.append((first, last, weight, spans))
        best = sorted(windows, key=lambda window: -window[2])[: None if every else WHY_LINES]
        for first, last, _, spans in sorted(best):
            quote = self.marked(text[first:last], [(start - first, end - first) for start, end in spans])
            yield Text.assemble(*self.dotted(text, first, last, quote))
        if len(best) < len(windows):
            yield Text(f"{len(windows) - len(best)} more: -v shows them all", style="dim")

    def dotted(self, text: str, first: int, last: int, quote: Text) -> Iterator[Text]:
        if text[max(0, first - CONTEXT) : first].rpartition("\n")[2].strip(_BULLETS):
            yield Text(self.dots, style="dim")
        yield quote
        if text[last : last + CONTEXT].partition("\n")[0].strip():
            yield Text(self.dots, style="dim")

    # The catalogue --------------------------------------------------------------------------------------

    def entry(self, entry: Function | Job, phrases: Phrases | None = None) -> None:
        """A function with its jobs, or a job in full; `phrases` by kind: what else speaks for or against it."""
        self.line(self.text(entry.code, "bold cyan"), "  ", self.text(entry.title, "bold"))
        function = entry if isinstance(entry, Function) else self.function_of(entry)
        kind = "function" if isinstance(entry, Function) else f"{entry.kind} of {function.code} {function.title}"
        self.line(self.text(kind, "dim"))
        self.line()
        if isinstance(entry, Function):
            self.put(self.text(entry.description), indent=2)
        else:
            self.items([self.text(duty) for duty in entry.responsibilities])
        self.line()
        facts = _grid(label="dim")
        bands = function.bands if isinstance(entry, Function) else band_codes(entry, function)
        if bands:
            names = (f"{band} {self.bands.get(band, '')}".strip() for band in bands)
            facts.add_row("bands", self.text(", ".join(names)))
        if entry.reports:
            facts.add_row("reports", self.text(", ".join(entry.reports)))
        for name, value in entry.attributes:
            facts.add_row(self.text(name), self.text(value))
        if facts.row_count:
            self.put(facts, indent=2)
            self.line()
        if isinstance(entry, Function):
            self.put(self.jobs(entry.jobs), indent=2)
            self.line()
        for kind, found in (phrases or {}).items():
            for file in dict.fromkeys(file for _, file in found):
                self.line(self.text(kind, "dim"), "  ", self.text(file, "dim"), indent=2)
                self.items([self.text(text) for text, place in found if place == file])
                self.line()

    def function_of(self, job: Job) -> Function:
        return next(function for function in self.catalogue.functions if function.code == job.function)

    def jobs(self, jobs: Iterable[Job]) -> Table:
        grid = _grid(label="cyan")
        for job in jobs:
            grid.add_row(self.text(job.code), self.text(job.title), self.text(job.kind, "dim"))
        return grid

    def tree(self, rows: Iterable[Record]) -> None:
        """The rows of `list_rows` under their functions, with their kinds."""
        for code, group in groupby(rows, key=lambda row: row["function"]):
            title = next(function.title for function in self.catalogue.functions if function.code == code)
            self.line(self.text(code, "bold cyan"), "  ", self.text(title, "bold"))
            jobs = [row for row in group if row["kind"] != "function"]
            grid = _grid(label="dim")
            for number, row in enumerate(jobs, 1):
                guide = self.guides[number == len(jobs)]
                code = self.text(f"{guide} {row['code']}", "cyan")
                grid.add_row(code, self.text(row["kind"], "dim"), self.text(row["title"]))
            if jobs:
                self.put(grid)

    def hits(self, hits: Iterable[Hit]) -> None:
        """What a search found: code and title, and the text that matched with its words marked."""
        for hit in hits:
            code = self.marked(hit.code, hit.spans if hit.field == "code" else (), "bold cyan")
            title = self.marked(hit.title, hit.spans if hit.field == "title" else (), "bold")
            self.line(code, "  ", title, "  ", self.text(hit.kind, "dim"))
            if hit.field in _FIELDS:
                found = self.marked(hit.text, hit.spans)
                self.put(Text.assemble((f"{_FIELDS[hit.field]}: ", "dim"), found), indent=4)

    # Parts ----------------------------------------------------------------------------------------------

    def text(self, text: str, style: str = "") -> Text:
        return Text(printable(text), style=style)

    def marked(self, text: str, spans: Iterable[Span], style: str = "") -> Text:
        """The text with the spans marked, overlapping ones as one."""
        shown, end_of_last = Text(style=style), 0
        for start, end in _merged(spans, len(text)):
            shown.append(printable(text[end_of_last:start]))
            words = printable(text[start:end])
            shown.append(words if self.color else f"*{words}*", "bold green underline")
            end_of_last = end
        return shown.append(printable(text[end_of_last:]))

    def line(self, *parts: Text | str, indent: int = 0) -> None:
        self.put(Text.assemble(*parts), indent)

    def put(self, what: RenderableType, indent: int = 0) -> None:
        with self.console.capture() as printed:
            self.console.print(Padding(what, (0, 0, 0, indent), expand=False) if indent else what)
        # Rich fills its lines with spaces, which get in the way when they are copied.
        self.console.file.write(re.sub(r"[ ]+$", "", printed.get(), flags=re.MULTILINE))

    def heading(self, title: str) -> None:
        self.line()
        self.line(Text(title, style="bold"), indent=2)

    def items(self, items: Iterable[Text]) -> None:
        grid = _grid(label="dim")
        for item in items:
            grid.add_row(self.bullet, item)
        self.put(grid, indent=2)


def _grid(label: str = "", figures: bool = False) -> Table:
    """Columns without lines; the first is `label` in style, the second right-aligned for `figures`."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style=label, no_wrap=True)
    if figures:
        grid.add_column(justify="right", no_wrap=True)
    return grid


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _window(text: str, start: int, end: int) -> Span:
    """The span with some whole words of its line on either side, without the line's bullet."""
    line = text.rfind("\n", 0, start) + 1
    first = max(line, start - CONTEXT)
    if first > line:
        first = min(start, text.find(" ", first, start) + 1 or first)
    while first < start and text[first] in _BULLETS:
        first += 1
    stop = text.find("\n", end, end + CONTEXT)
    last = min(len(text), end + CONTEXT) if stop < 0 else stop
    if stop < 0 and last < len(text):
        last = max(end, text.rfind(" ", end, last)) if " " in text[end:last] else last
    return first, last


def _merged(spans: Iterable[Span], length: int) -> Iterator[Span]:
    current: Span | None = None
    for start, end in sorted((start, min(end, length)) for start, end in spans if start < length):
        if current and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current:
            yield current
        current = (start, end)
    if current:
        yield current
