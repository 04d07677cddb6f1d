"""The view of an explanation: the job's text, and beside each duty the codes that it speaks for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.table import Table
from rich.text import Text

from jobcodes.explanation import DutyView, Explanation, LeftOut, Side, shortened
from jobcodes.model import Match, Posting
from jobcodes.terminal import Views
from jobcodes.text import words

MARGIN = 16  # characters for a code; kinds of work outside have longer names
# What the first and the second code beside a duty must weigh to be shown: half a block of the bar, more than a
# single weak cue.
LEAST = (0.1, 0.25)
_FOLDED = {"ignored section": "company, pay, benefits", "boilerplate": "boilerplate"}
_ROLES = {
    "generalist": "{} counts what speaks for any discipline of its function: it wins if they share the job.",
    "executive": "{} counts its discipline too: it wins by the top title and organization-wide duties.",
    "residual": "{} counts what speaks for its function: it wins if no discipline describes the job.",
}


def show(views: Views, posting: Posting, match: Match, why: Explanation, every: bool = False) -> None:
    """A match with its explanation: the answer, the text duty by duty, the runner-up, what would have tipped it.

    `every` shows also the text that was not read, and every code that a duty speaks for.
    """
    views.answer(posting, match)
    if why.duties or why.left_out:
        views.heading("Duty by duty")
        views.put(_text(views, posting.text, why, every), indent=2)
    views.heading("The answer and the runner-up" if len(why.sides) > 1 else "The answer")
    views.put(_table(views, why.sides), indent=2)
    roles = {job.code: job.role for job in views.catalogue}
    remarks = [_ROLES[role].format(side.code) for side in why.sides if (role := roles.get(side.code or "")) in _ROLES]
    if remarks:
        views.line()
        views.items([views.text(remark, "dim") for remark in remarks])
    for side, other in zip(why.sides, why.sides[::-1], strict=True):
        if side.strongest and side is not other:
            views.heading(f"More for {_name(side)} than for {_name(other)}")
            duties = (why.duties[number] for number in side.strongest)
            views.items([views.text(shortened(posting.text[duty.start : duty.end], 70)) for duty in duties])
    views.heading("What would have tipped it")
    views.items([views.text(why.tip)])
    if match.notes:
        views.heading("Notes")
        views.items([views.text(note) for note in match.notes])
    views.line()


def _name(side: Side) -> str:
    return side.code or "none"


def _text(views: Views, text: str, why: Explanation, every: bool) -> Table:
    """The text with a margin: how strongly each duty speaks for a code, and which."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column()
    parts: list[DutyView | LeftOut] = sorted((*why.duties, *why.left_out), key=lambda part: part.start)
    for kind, group in groupby(parts, key=lambda part: part.reason if isinstance(part, LeftOut) else ""):
        if kind in _FOLDED and not every:
            count = sum(len(words(text[part.start : part.end])) for part in group)
            unread = f"{count} {'word' if count == 1 else 'words'} not read"
            grid.add_row("", "", Text(f"({_FOLDED[kind]}: {unread})", "dim"))
            continue
        for part in group:
            if isinstance(part, DutyView):
                grid.add_row(*_margin(views, part, every), _marked(views, text, part))
                continue
            if kind == "heading" and grid.row_count:
                grid.add_row()
            grid.add_row("", "", views.text(text[part.start : part.end], "bold" if kind == "heading" else "dim"))
    return grid


def _margin(views: Views, duty: DutyView, every: bool) -> tuple[Text, Text]:
    """A bar and a code on each line, the heaviest first."""
    bars, names = [], []
    shown = [item for item, least in zip(duty.codes, LEAST, strict=False) if item[1] >= least]
    for code, mass in duty.codes if every else shown:
        known = code in views.titles
        lines = [code] if known else textwrap.wrap(code.replace("-", " "), MARGIN)
        bars += [views.bar(mass, 5), *[Text()] * (len(lines) - 1)]
        names += [views.text(line) for line in lines]
    return Text("\n").join(bars), Text("\n").join(names)


def _marked(views: Views, text: str, duty: DutyView) -> Text:
    spans = [(found.start - duty.start, found.end - duty.start) for found in duty.evidence]
    return views.marked(text[duty.start : duty.end], spans)


def _table(views: Views, sides: Iterable[Side]) -> Table:
    """What speaks for each answer, side by side."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    columns = list(sides)
    for _ in columns:
        grid.add_column()
    grid.add_row("", *(views.text(_name(side), "bold cyan") for side in columns))
    grid.add_row("", *(views.text(side.title or "", "dim") for side in columns))
    for label, values in _rows(columns):
        grid.add_row(label, *(views.text(value) for value in values))
    return grid


def _rows(sides: list[Side]) -> Iterator[tuple[str, list[str]]]:
    yield "title", [f"{side.by_title:5.1f}" for side in sides]
    yield "duties", [f"{side.by_duties:5.1f}" for side in sides]
    yield "total", [f"{side.total:5.1f}" for side in sides]
    if any(side.by_words is not None for side in sides):
        yield (
            "words",
            ["" if side.by_words is None else f"{side.by_words:5.1f}  {', '.join(side.words)}" for side in sides],
        )
    yield "confidence", [f"{side.confidence:5.0%}" for side in sides]
