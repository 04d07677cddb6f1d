"""A folder of job descriptions: its files, in an order that stays, and the table that `batch` makes of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from jobcodes.errors import UsageError
from jobcodes.model import Posting
from jobcodes.records import read_posting
from jobcodes.tables import Columns, Row, Table

_UNREAD = ("thumbs.db", "desktop.ini")


def files_below(folder: str) -> list[str]:
    """The files below a folder: of each folder first its files by name, then its folders by name, whatever the case.

    Hidden files (`.DS_Store`), the lock files of Word (`~$job.docx`) and what is no file (a pipe, a device) are
    left out, and linked folders are not entered, so that no circle of them has to end. A folder below that cannot
    be opened is among the files, to be reported as what it is. Raises UsageError if `folder` itself cannot be.
    """
    found: list[str] = []
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                inside = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))
        except OSError as error:
            if here == folder:
                raise UsageError(f"{folder}: {error.strerror}") from None
            found.append(here)
            continue
        inside = [one for one in inside if not one.name.startswith((".", "~$")) and one.name.lower() not in _UNREAD]
        # A link that leads nowhere is named too, and then cannot be read.
        found += [one.path for one in inside if one.is_file() or not os.path.exists(one.path)]
        waiting += [one.path for one in reversed(inside) if one.is_dir(follow_symlinks=False)]
    return found


def expanded(paths: Iterable[str]) -> list[str]:
    """The paths, with the files below each folder in its place. Raises UsageError for a folder without any."""
    found = []
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            found.append(path)
        elif below := files_below(path):
            found += below
        else:
            raise UsageError(f"{path}: a folder without files", "hidden files and lock files are not read")
    return found


def folder_table(
    folder: str, files: Iterable[str], encoding: str | None, report: Callable[[Posting], None]
) -> tuple[Table, Columns]:
    """The files as a table with the columns source, title and text, of which the text is read and not written.

    `report` is called for each file that cannot be read; its row has the error.
    """

    def rows() -> Iterator[Row]:
        for number, path in enumerate(files, 1):
            posting = read_posting(path, encoding=encoding)
            if posting.error:
                report(posting)
            yield Row(number, (path, posting.title or "", posting.text), error=posting.error)

    table = Table(folder, "csv", ("source", "title", "text"), rows(), ",", unwritten=("text",))
    return table, Columns("title", ("text",))
