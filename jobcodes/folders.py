"""A folder of job descriptions: its files, in an order that stays, and the table that `batch` makes of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from jobcodes.errors import UsageError
from jobcodes.model import Posting
from jobcodes.records import read_posting
from jobcodes.tables import Columns, Row, Table

_NOT_FOR_READING = ("thumbs.db", "desktop.ini")


def files_below(folder: str) -> list[str]:
    """The files below a folder: the files of each folder by name, then its folders by name, whatever the case.

    Hidden files (`.DS_Store`), the lock files of Word (`~$job.docx`) and what is no file (a pipe, a device) are
    left out. A linked folder is entered once, so that links in a circle end. Raises UsageError for a folder that
    cannot be read.
    """
    return list(_files(folder, set()))


def _files(folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        here = os.stat(folder)
        if (here.st_dev, here.st_ino) in seen:
            return
        seen.add((here.st_dev, here.st_ino))
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None
    shown = [one for one in found if not one.name.startswith((".", "~$")) and one.name.lower() not in _NOT_FOR_READING]
    # A link that leads nowhere is neither: it is named, and then cannot be read.
    yield from (one.path for one in shown if one.is_file() or (one.is_symlink() and not os.path.exists(one.path)))
    for one in shown:
        if one.is_dir():
            yield from _files(one.path, seen)


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
