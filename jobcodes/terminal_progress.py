"""How far a batch is, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

T = TypeVar("T")

_EVERY = 64  # items between two looks at the clock


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        elapsed = task.finished_time if task.finished else task.elapsed
        rate = task.fields["rows"] / elapsed if elapsed else 0.0
        return Text(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")


def with_progress(
    items: Iterable[T],
    file: TextIO,
    rows: Callable[[], int] | None,
    bytes_read: Callable[[], int] | None,
    size: int | None,
) -> Iterator[T]:
    """The same items, with rows, rate and time on `file`, gone at the end.

    Without `rows`, the items are those of a workbook that is being written. `bytes_read` of `size`, when they are
    known, tell the share that is done and the time left.
    """
    what = "rows" if rows else "rows in the workbook"
    columns: list[ProgressColumn] = [TextColumn(f"{{task.fields[rows]:,}} {what}"), _Rate()]
    if size:
        columns += [BarColumn(), TextColumn("{task.percentage:3.0f}%"), TimeRemainingColumn(), TextColumn("left")]
    else:
        columns.append(TimeElapsedColumn())
    console = Console(file=file, markup=False, emoji=False, highlight=False)
    progress = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    with progress:
        task = progress.add_task("", total=size, rows=0)
        for number, item in enumerate(items):
            yield item
            if number % _EVERY == 0:
                progress.update(task, rows=rows() if rows else number, completed=bytes_read() if bytes_read else None)
