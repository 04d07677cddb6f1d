"""A survey house's table, as it comes, becomes a catalogue.

Blank lines, lines above the headings, headings repeated after a page break (in another order, too), cells of
several lines and texts that go on in the next row are read. What has no place is listed with its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import BytesIO
from typing import Literal

from jobcodes.catalogue import CODE, misplaced, owner, role_of
from jobcodes.errors import InputError, UsageError
from jobcodes.model import Band, Catalogue, Function, Job, Kind, Problem
from jobcodes.tables import DELIMITERS, WORKBOOKS, Row, column_key, open_table, read_records
from jobcodes.yamlnodes import CONTROL

Part = Literal["code", "title", "description", "type", "function", "function title", "bands"]
RowKind = Literal["function", "discipline", "benchmark"]

# fmt: off
# Usual names of columns, with years, case and separators left out: `2018 Code` is "code". A name of a later
# group counts only where the table has none of an earlier one.
NAMES: dict[Part, tuple[tuple[str, ...], ...]] = {
    "code": (("code", "job code", "survey code", "survey job code", "discipline code", "benchmark code",
              "position code", "occupation code", "soc code", "onet soc code", "isco code"),
             ("id", "job id", "number")),
    "title": (("title", "job title", "survey title", "survey job title", "discipline title", "benchmark title",
               "position title", "occupation title", "preferred label"),
              ("name", "job name", "job", "discipline", "benchmark", "occupation", "role", "position"), ("function",)),
    "description": (("description", "definition", "job description", "survey description", "discipline description",
                     "summary", "job summary", "responsibilities", "duties", "long description"),
                    ("position description", "role description", "benchmark description", "survey job description",
                     "job code description", "occupation description", "job definition", "discipline definition",
                     "benchmark definition", "occupation definition", "survey definition", "position summary",
                     "role summary", "job content", "job responsibilities", "key responsibilities",
                     "primary responsibilities", "typical responsibilities", "job duties", "typical duties",
                     "primary duties", "full description", "description text", "job description text")),
    "type": (("type", "kind", "benchmark/discipline/function", "row type", "record type", "job type"),),
    "function": (("function", "function code", "job function", "family", "family code", "job family",
                  "job family code", "major group"),),
    "function title": (("function title", "function name", "family title", "family name", "job family title",
                        "job family name"),),
    "bands": (("bands", "career bands", "applicable career bands", "career band", "band"),),
}
# What a cell may call such a row; case and separators do not count.
TYPES: dict[RowKind, tuple[str, ...]] = {
    "function": ("f", "fn", "fun", "function", "family", "job family"),
    "discipline": ("d", "dis", "disc", "discipline", "j", "job"),
    "benchmark": ("b", "bm", "ben", "bench", "benchmark", "ex", "exe", "exec", "executive"),
}
# The names of career bands where the table gives their letters only.
BANDS = {"EX": "Executive", "M": "Supervisory/Management", "P": "Professional", "T": "Technical Support",
         "U": "Business Support", "W": "Production"}
# fmt: on
TICKS = frozenset(("x", "✓", "✔", "☑", "☒"))  # a column of nothing else says which reports a row belongs to
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_TAG = re.compile(r"</?(?:(u|b|i|em|strong|span|font)|ul|ol|li|br|p|div)\b[^<>]*>", re.IGNORECASE)
_ITEM = re.compile(r"(?:^|\n)[-*\u2013] | \| |(?:^|\s)[•‣▪●◦∙] ?|\n(?=[^a-z])")
# Where the line breaks of a cell got lost: "… of the organization Ensures that …", "… call center May schedule …".
_SEAM = re.compile(
    r"(?<!\S)((?!(?:a|an|and|as|at|by|for|from|in|of|on|or|per|the|to|with)\b)[^\sA-Z]*[a-z)])"
    r" (?=(?:May|Typically|Usually|Often|[A-Z][a-z]+s),? [a-z])"
)
_BANDS_LINE = re.compile(r"(?:applicable )?career bands?\b:?\s*", re.IGNORECASE)
_NAMED_BAND = re.compile(r"\b([A-Z]{1,3})\s*\(([^()]+)\)")
_STEMS = (
    re.compile(r"[^\W\d_]{2,}(?=\W?\d)"),
    re.compile(r"\w+?(?=[./+-])"),
    re.compile(r"[^\W\d_]\d|\d\d(?=\d\d)|\w"),
)


@dataclass(slots=True)
class Entry:
    """A row that has a code: `parts` are the pieces of its description, `other` its unknown columns."""

    line: int
    kind: RowKind
    code: str
    title: str
    parts: list[str]
    function: str
    function_title: str
    bands: str
    other: dict[str, str]


@dataclass(slots=True)
class Survey:
    """What a table holds: its entries, the rows that have no place, and what else is worth knowing."""

    source: str
    entries: list[Entry] = field(default_factory=list)
    unplaced: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    year: str = ""  # that the headings or the lines above them name
    typed: bool = False  # whether a column says what a row is

    def refuse(self, line: int, message: str) -> None:
        self.unplaced.append(Problem(self.source, line, message))


def read_survey(
    content: bytes,
    source: str,
    named: Mapping[Part, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Survey:
    """The entries of a table, a workbook or a CSV with any of the usual delimiters.

    `named` are the columns whose names are unusual. The delimiter is the one that makes a row of headings.
    `sheet` is a workbook's, by name or number; else the first that has a row of headings. Raises InputError for
    an empty table, UsageError where no row has the headings or they are ambiguous, and for a `sheet` that is
    not there.
    """
    if content.startswith(WORKBOOKS):
        return _read_workbook(content, source, named or {}, sheet)
    if sheet is not None:
        raise UsageError(f"{source}: a text has no sheets", "leave --sheet out")
    if not content.strip():
        raise InputError(f"{source}: empty; a survey's table has a row of headings")
    first: list[str] = []
    for delimiter in ("\t",) if source.lower().endswith((".tsv", ".tab")) else DELIMITERS:
        records = list(read_records(content, delimiter, encoding))
        if any(_layout(row.cells, named or {}) for row in records):
            return survey_of(records, source, named)
        first = max(first, next((list(row.cells) for row in records if any(map(_clean, row.cells))), []), key=len)
    raise _no_headings(source, first, named or {})


def _read_workbook(content: bytes, source: str, named: Mapping[Part, str], sheet: str | None) -> Survey:
    table = open_table(BytesIO(content), source=source, sheet=sheet)
    sheets = list(dict.fromkeys((table.sheet, *table.sheets))) if sheet is None else [table.sheet]
    for name in sheets:
        if name != table.sheet:
            try:
                table = open_table(BytesIO(content), source=source, sheet=name)
            except InputError:  # an empty sheet
                continue
        rows = [*table.above, Row(0, table.headers), *table]
        if any(_layout(row.cells, named) for row in rows):
            survey = survey_of(rows, source, named)
            if others := ", ".join(repr(other) for other in sheets if other != name):
                survey.notes.append(f"read the sheet {name!r} alone; with --sheet you choose another: {others}")
            return survey
    raise _no_headings(source, table.headers, named)


def survey_of(records: Iterable[Row], source: str, named: Mapping[Part, str] | None = None) -> Survey:
    """The entries of a table's rows, its headings somewhere among them. Raises UsageError as `read_survey`."""
    reader = _Reader(Survey(source), named or {})
    for row in records:
        reader.row(row)
    if reader.layout is None:
        raise _no_headings(source, reader.above[0][1] if reader.above else [], named or {})
    return reader.survey


def _no_headings(source: str, first: Sequence[str], named: Mapping[Part, str]) -> UsageError:
    shown = ", ".join(repr(cell[:60]) for cell in first[:40]) or "nothing"
    if _layout(first, {}):  # it is a row of headings, but for the names given
        headings = [_clean(cell).casefold() for cell in first]
        for part, name in named.items():
            if _clean(name).casefold() not in headings:
                near = get_close_matches(name.casefold(), headings, 1)
                hint = f"did you mean {_clean(first[headings.index(near[0])])!r}?" if near else f"they are {shown}"
                option = f"--{part.replace(' ', '-')}-column"
                return UsageError(f"{source}: {option}: no row of headings has a column {name!r}", hint)
    return UsageError(
        f"{source}: no row names a column of codes and one of titles; the first row is {shown}",
        "name the columns with --code-column and --title-column",
    )


# --- rows ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Layout:
    """The headings of a stretch of rows and which of them is what."""

    headings: list[str]
    parts: dict[Part, int]


def _layout(cells: Sequence[str], named: Mapping[Part, str]) -> _Layout | None:
    """The layout if these cells are headings. Raises UsageError if two could be the same part."""
    headings = list(map(_clean, cells))
    keys = [_key(heading) for heading in headings]
    parts: dict[Part, int] = {}
    for part, name in named.items():
        found = [at for at, heading in enumerate(headings) if heading.casefold() == _clean(name).casefold()]
        if not found:
            return None
        parts[part] = found[0]
    choices: dict[Part, list[int]] = {}
    for part, groups in NAMES.items():
        if part in named:
            continue
        free = [at for at in range(len(keys)) if at not in parts.values()]
        for group in groups:
            if matching := [at for at in free if keys[at] in map(_key, group)]:
                choices[part], parts[part] = matching, matching[0]
                break
    if "code" not in parts or "title" not in parts:
        return None
    for part, found in choices.items():
        if len(found) > 1:
            listed = ", ".join(repr(headings[at]) for at in found)
            option = f"--{part.replace(' ', '-')}-column {headings[found[0]]!r}"
            raise UsageError(f"several columns could be the {part}: {listed}", f"choose one with {option}")
    return _Layout(headings, parts)


class _Reader:
    def __init__(self, survey: Survey, named: Mapping[Part, str]) -> None:
        self.survey = survey
        self.named = named
        self.layout: _Layout | None = None
        self.above: list[tuple[int, list[str]]] = []  # rows above the headings
        self.lines: dict[str, int] = {}  # of each code in folded case

    def row(self, row: Row) -> None:
        cells = [_clean(cell) for cell in row.cells]
        if not any(cells):
            return
        if not row.error and (layout := _layout(row.cells, self.named)):
            self.begin(layout)
        elif self.layout is None:
            self.above.append((row.line, cells))
        elif row.error:
            self.survey.refuse(row.line, row.error.removeprefix(f"line {row.line}: "))
        else:
            self.entry(row, cells, self.layout)

    def begin(self, layout: _Layout) -> None:
        if self.layout is None:
            top = [" ".join(filter(None, cells)) for _, cells in self.above]
            self.survey.notes += [f"above the headings: {text}" for text in top]
            years = [year for text in (*layout.headings, *top) for year in _YEAR.findall(text)]
            self.survey.year = years[0] if years else ""
            if "description" not in layout.parts:
                found = ", ".join(repr(name) for name, _ in _others(layout)) or "none"
                self.survey.notes.append(
                    f"no column of descriptions, without which few jobs are matched; other columns: {found}; "
                    "--description-column names one"
                )
        self.layout = layout
        self.survey.typed |= "type" in layout.parts

    def entry(self, row: Row, cells: list[str], layout: _Layout) -> None:
        survey = self.survey
        parts, headings = layout.parts, layout.headings
        beyond = [cell for cell in cells[len(headings) :] if cell]
        cells += [""] * (len(headings) - len(cells))
        if beyond:
            survey.refuse(row.line, f"more cells than headings: {', '.join(map(repr, beyond))}")
            return
        value = {part: cells[at] for part, at in parts.items()}
        raw = {part: row.cells[at] for part, at in parts.items() if at < len(row.cells)}
        filled = [at for at, cell in enumerate(cells) if cell]
        if len(filled) == 1 and self.goes_on(filled[0], row, cells, layout):
            return
        code, title = value["code"], value["title"]
        # A title with the description behind it, in one cell.
        head, *items = _pieces(raw.get("title", "")) if "description" not in parts else [title]
        title = _clean(head)
        kind = _row_kind(value["type"]) if "type" in parts else "discipline"
        if not code:
            survey.refuse(row.line, f"no code in {headings[parts['code']]!r}: {_shown(cells)}")
        elif not CODE.fullmatch(code):
            survey.refuse(row.line, f"expected letters, digits and . / + - _ as a code, found {code!r}")
        elif not title:
            survey.refuse(row.line, f"no title in {headings[parts['title']]!r}: {_shown(cells)}")
        elif kind is None:
            found = repr(value["type"]) if value["type"] else "nothing"
            survey.refuse(row.line, f"expected function, discipline or benchmark as the type of {code}, found {found}")
        elif first := self.lines.get(code.casefold()):
            survey.refuse(row.line, f"the code {code} was on row {first} already")
        else:
            self.lines[code.casefold()] = row.line
            if any(re.search(CONTROL, cell) for cell in row.cells):
                survey.notes.append(f"row {row.line}: control characters were left out")
            other = {name: cells[at] for name, at in _others(layout) if cells[at]}
            survey.entries.append(
                Entry(
                    row.line,
                    kind,
                    code,
                    title,
                    [*items, raw.get("description", "")],
                    value.get("function", ""),
                    value.get("function title", ""),
                    value.get("bands", ""),
                    other,
                )
            )

    def goes_on(self, at: int, row: Row, cells: list[str], layout: _Layout) -> bool:
        """Whether a row with a single cell belongs to the entry above it, or repeats a heading."""
        text = cells[at]
        last = self.survey.entries[-1] if self.survey.entries else None
        if (key := _key(text)) and (key in map(_key, layout.headings) or key in _ALL_NAMES):
            return True
        if last and at == layout.parts.get("description"):
            last.parts.append(row.cells[at])
        elif last and _BANDS_LINE.match(text) and not last.bands:
            last.bands = _BANDS_LINE.sub("", text)
        elif last and "description" not in layout.parts and " " in text and not any(map(_clean, last.parts)):
            last.parts.append(row.cells[at])  # a list of codes and titles with texts in between
        else:
            return False
        return True


def _others(layout: _Layout) -> list[tuple[str, int]]:
    """The unknown columns, each under a name of its own."""
    found: dict[str, int] = {}
    for at, heading in enumerate(layout.headings):
        if at not in layout.parts.values():
            name = heading or f"column {at + 1}"
            found[name if name not in found else f"{name} ({at + 1})"] = at
    return list(found.items())


def _key(name: str) -> str:
    return column_key(_YEAR.sub("", name))


_ALL_NAMES = frozenset(_key(name) for groups in NAMES.values() for group in groups for name in group)


def _row_kind(text: str) -> RowKind | None:
    return next((kind for kind, names in TYPES.items() if _key(text) in map(_key, names)), None)


def _tagless(text: str) -> str:
    """Without the tags of lists and of emphasis; where a list or a line begins, a line break."""
    return _TAG.sub(lambda tag: "" if tag[1] else "\n", text)


def _clean(text: str) -> str:
    """The text on one line, without what a catalogue cannot hold."""
    return " ".join(re.sub(CONTROL, " ", _tagless(text)).split())


def _shown(cells: Sequence[str]) -> str:
    text = " ".join(filter(None, cells))
    return repr(text if len(text) <= 60 else text[:59] + "…")


def items_of(text: str) -> list[str]:
    """The responsibilities of a description, which a space joins again: the items of its list, its lines.

    Items are told by bullets, ` | ` and lines that begin with a capital. Where none is left, by a verb with a
    capital in the middle of a sentence ("… of the organization Ensures that …").
    """
    items = [item for piece in _pieces(text) if (item := _clean(piece))]
    if len(items) == 1 and ". " not in items[0]:
        items = _SEAM.sub(r"\1\n", items[0]).split("\n")
    return items


def _pieces(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in _tagless(text).splitlines())
    return _ITEM.split("\n".join(filter(None, lines)))


# --- functions -------------------------------------------------------------------------------------------


def catalogue_of(
    survey: Survey, name: str, edition: str = "", bands: Mapping[str, Sequence[str]] | None = None
) -> Catalogue:
    """The catalogue of a survey's entries; those that fit nowhere join `survey.unplaced`.

    Functions come from their own rows; from a column; from what the codes begin with. `bands` by function
    code go before what the table says. Raises InputError if no entry is left, UsageError if `bands` names
    an unknown function.
    """
    return _Builder(survey, bands or {}).catalogue(name, edition or survey.year or "unstated")


class _Builder:
    def __init__(self, survey: Survey, bands: Mapping[str, Sequence[str]]) -> None:
        self.survey = survey
        self.given_bands = bands
        self.band_names: dict[str, str] = {}
        entries = survey.entries
        if not survey.typed:
            self.find_functions()
        if not any(entry.kind == "benchmark" for entry in entries):
            for entry in entries:
                if entry.kind == "discipline" and entry.code.upper().endswith("-EX"):
                    entry.kind = "benchmark"
        self.functions = {entry.code: entry for entry in entries if entry.kind == "function"}
        self.jobs = [entry for entry in entries if entry.kind != "function"]
        columns = dict.fromkeys(column for entry in entries for column in entry.other)
        self.reports = [
            column for column in columns if all(entry.other.get(column, "x").casefold() in TICKS for entry in entries)
        ]
        if kept := ", ".join(repr(column) for column in columns if column not in self.reports):
            survey.notes.append(f"kept as attributes: {kept}")

    def find_functions(self) -> None:
        """Without a column of types, a function is a row whose code the codes of other rows begin with."""
        codes = {entry.code for entry in self.survey.entries}
        begun = {owner(code[:-1], codes) for code in codes if not code.upper().endswith("-EX")}
        for entry in self.survey.entries:
            if entry.code in begun and not owner(entry.code[:-1], codes):
                entry.kind = "function"
        if found := [entry.code for entry in self.survey.entries if entry.kind == "function"]:
            more = ", …" if len(found) > 10 else ""
            self.survey.notes.append(
                f"no column says what a row is; functions, because other codes begin so: {', '.join(found[:10])}{more}"
            )

    def catalogue(self, name: str, edition: str) -> Catalogue:
        groups = self.groups()
        for at, message in reversed(misplaced([(code, job.code) for code, job in groups], self.functions)):
            self.survey.refuse(groups[at][1].line, message)
            del groups[at]
        filled = {code for code, _ in groups}
        for code, entry in self.functions.items():
            if code not in filled and entry.line:
                self.survey.refuse(entry.line, f"the function {code} has no jobs in this table")
        unknown = [code for code in self.given_bands if code not in filled]
        if unknown:
            raise UsageError(f"--bands: no function {unknown[0]!r}", f"the functions are {', '.join(sorted(filled))}")
        if not groups:
            raise InputError(f"{self.survey.source}: no row has a place in a catalogue")
        self.survey.unplaced.sort(key=lambda problem: problem.line)
        functions = tuple(
            self.function(entry, [job for owner, job in groups if owner == code])
            for code, entry in sorted(self.functions.items())
            if code in filled
        )
        used = [band for function in functions for band in function.bands]
        used += ["EX"] if any(job.kind == "benchmark" for _, job in groups) else []
        order = [*BANDS, *used]
        bands = tuple(
            Band(band, self.band_names.get(band) or BANDS.get(band, band))
            for band in sorted(set(used), key=order.index)
        )
        return Catalogue(name, edition, bands, functions, "")

    def groups(self) -> list[tuple[str, Entry]]:
        """Each job with the code of its function; functions without a row of their own are made."""
        owners = [owner(job.code, self.functions) for job in self.jobs]
        usual = 2 * sum(map(bool, owners)) >= len(owners)
        by_name = {entry.title.casefold(): code for code, entry in self.functions.items()}
        by_name |= {code.casefold(): code for code in self.functions}
        above = ""
        found: list[tuple[str, Entry]] = []
        rows = iter(sorted(self.functions.values(), key=lambda entry: entry.line))
        following = next(rows, None)
        pending: dict[str, list[Entry]] = {}
        for job, own in zip(self.jobs, owners, strict=True):
            while following and following.line < job.line:
                above, following = following.code, next(rows, None)
            named = by_name.get(job.function.casefold(), "")
            if code := named or own or ("" if usual or job.function else above):
                found.append((code, job))
            else:
                pending.setdefault(job.function or f"\n{_stem(job.code)}", []).append(job)
        for name, jobs in pending.items():
            code = self.make_function(name.strip(), jobs, pending) if name[:1] != "\n" else self.make(name[1:], jobs)
            found += [(code, job) for job in jobs]
        return found

    def make_function(self, name: str, jobs: Sequence[Entry], pending: Mapping[str, Sequence[Entry]]) -> str:
        """The function that a column names, by its code or its title."""
        title = next((job.function_title for job in jobs if job.function_title), "")
        if CODE.fullmatch(name) and (title or all(job.code.startswith(name) for job in jobs)):
            return self.make(name, jobs, title)
        stems = {_stem(job.code) for job in jobs}
        others = {_stem(job.code) for other, those in pending.items() if other != name for job in those}
        if len(stems) == 1 and not stems & others:
            return self.make(stems.pop(), jobs, title or name)
        return self.make("-".join(re.findall(r"\w+", name)) or "function", jobs, title or name)

    def make(self, code: str, jobs: Sequence[Entry], title: str = "") -> str:
        taken = {entry.code.casefold() for entry in (*self.jobs, *self.functions.values())}
        while code.casefold() in taken:
            code += "_"
        titles = [
            re.fullmatch(r"(.+?)\W+(?:Generalist/Multidiscipline|No Applicable Discipline)", job.title) for job in jobs
        ]
        titles_found = [match[1] for match in reversed(titles) if match]
        self.functions[code] = Entry(0, "function", code, title or (titles_found or [code])[0], [], "", "", "", {})
        return code

    def function(self, entry: Entry, jobs: Sequence[Entry]) -> Function:
        stated = self.given_bands.get(entry.code) or self.bands(entry.bands) or ()
        if not stated:
            every = {band for job in jobs for band in self.bands(job.bands) or ()}
            stated = sorted(every, key=lambda band: [*BANDS, band].index(band))
        reports = (
            self.reports_of(entry)
            if entry.line
            else tuple(report for report in self.reports if any(report in job.other for job in jobs))
        )
        return Function(
            code=entry.code,
            title=entry.title,
            description=" ".join(items_of("\n".join(entry.parts))),
            bands=tuple(dict.fromkeys(stated)),
            reports=reports,
            jobs=tuple(self.job(job, entry) for job in jobs),
            attributes=self.attributes(entry, self.bands(entry.bands) is None),
        )

    def job(self, entry: Entry, function: Entry) -> Job:
        kind: Kind = "benchmark" if entry.kind == "benchmark" else "discipline"
        return Job(
            code=entry.code,
            kind=kind,
            function=function.code,
            title=entry.title,
            responsibilities=tuple(items_of("\n".join(entry.parts))),
            reports=self.reports_of(entry),
            role=role_of(kind, entry.title, function.title),
            attributes=self.attributes(entry, bool(entry.bands)),
        )

    def reports_of(self, entry: Entry) -> tuple[str, ...]:
        return tuple(report for report in self.reports if report in entry.other)

    def attributes(self, entry: Entry, with_bands: bool) -> tuple[tuple[str, str], ...]:
        """The unknown columns, and the bands where the catalogue has no place for them."""
        own = [(name, text) for name, text in entry.other.items() if name not in self.reports]
        return (*own, ("bands", entry.bands)) if with_bands else tuple(own)

    def bands(self, text: str) -> list[str] | None:
        """The career bands in a cell: `M, P` or `M (Management) P (Professional)`; None if it is something else."""
        if named := _NAMED_BAND.findall(text):
            self.band_names.update((code, _clean(name)) for code, name in named)
            return [code for code, _ in named]
        codes = re.findall(r"\w+", text)
        return codes if all(re.fullmatch("[A-Z]{1,3}", code) for code in codes) else None


def _stem(code: str) -> str:
    """What names the function in a code: its first letters, what stands before its first mark, or two digits."""
    return next(found[0] for pattern in _STEMS if (found := pattern.match(code)))
