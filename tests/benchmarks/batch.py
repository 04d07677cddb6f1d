"""What a batch costs beside its classifying, what a second process gains, and whether its memory is constant.

    python tests/benchmarks/batch.py [ROWS] [ROUNDS]

Every text is distinct (see one_job.py). Each figure is a ratio of things that take turns in one run, and the
median of the rounds' ratios counts. Budgets:

- pass-through: a batch of CSV in and out, against its classifying plus a plain csv read-and-write of the same
  rows, 1.3; also told for a classifier that takes no time, where there is nothing but the pass-through;
- two processes: their gain, against that of two copies of a pure-Python loop, 0.85;
- memory: the peak for 200,000 distinct rows, against that for 20,000, 1.2 (short texts and a classifier that
  takes no time: what grows would grow there too). Left out with ROUNDS 0.
"""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from one_job import texts

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.batch import Layout, code_table
from jobcodes.journal import journalled
from jobcodes.model import Alternative, Match
from jobcodes.records import Coder
from jobcodes.tables import choose_columns, open_table
from jobcodes.tally import Tally

LOOP = "n = 0\nfor i in range(6_000_000): n += i * i % 7"
GROWN = """
import resource, sys
sys.path[:0] = sys.argv[2:]
import batch
batch.code(sys.argv[1], sys.argv[1] + ".out", batch.Idle())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class Idle:
    """Classifies in no time."""

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match:
        return Match("review", "AMT010", "Technical Customer Support", 0.5, alternatives=(Alternative("AMT010", 0.5),))


def code(source: str, target: str, classifier: Coder, processes: int = 1) -> None:
    """What `jobcodes batch SOURCE -o TARGET` does."""
    tally = Tally()
    with open(source, "rb") as stream:
        table = open_table(stream, source=source)
        coding = code_table(
            table,
            choose_columns(table.headers),
            classifier,
            load_catalogue(),
            Layout(),
            processes=processes,
            tally=tally,
        )
        with journalled(target, {}, resume=False, rows=lambda: tally.read) as journal:
            journal.header(coding.header)
            for row in coding.rows(None):
                journal.add(row)


def plain(source: str, target: str) -> None:
    with open(source, newline="", encoding="utf-8") as read, open(target, "w", newline="", encoding="utf-8") as write:
        writer = csv.writer(write, lineterminator="\n")
        for row in csv.reader(read):
            writer.writerow([*row, *[""] * 10])


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def loops(count: int) -> float:
    """How long copies of the loop take side by side."""

    def run() -> None:
        running = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
        for process in running:
            process.wait()

    return seconds(run)


def told(name: str, ratios: list[float], budget: float, *, least: bool = False) -> bool:
    ratio = median(ratios)
    kept = ratio >= budget if least else ratio <= budget
    spread = ", ".join(f"{one:.2f}" for one in sorted(ratios))
    print(f"{name:58}{ratio:6.2f}  (budget {budget}){'' if kept else '  EXCEEDED'}  [{spread}]", flush=True)
    return kept


def passing_through(folder: Path, jobs: list[str], rounds: int) -> bool:
    source, target = str(folder / "jobs.csv"), str(folder / "out.csv")
    table(source, jobs)
    classifier = Classifier(load_catalogue(), load_vocabulary())
    for text in jobs:
        classifier.classify(text, "Analyst")
    ratios, idle, costs = [], [], []
    for _ in range(rounds):
        copied = min(seconds(lambda: plain(source, target)) for _ in range(3))
        alone = seconds(lambda: [classifier.classify(text, "Analyst") for text in jobs])
        ratios.append(seconds(lambda: code(source, target, classifier)) / (alone + copied))
        through = min(seconds(lambda: code(source, target, Idle())) for _ in range(3))
        idle.append(through / copied)
        costs.append((through - copied) / alone)
    kept = told("batch / (its classifying + plain csv)", ratios, 1.3)
    print(f"{'pass-through alone / plain csv':58}{median(idle):6.2f}")
    print(f"{'what the pass-through adds, in shares of the classifying':58}{median(costs):6.2f}")
    return kept


def two_processes(folder: Path, jobs: list[str], rounds: int) -> bool:
    source, target = str(folder / "jobs.csv"), str(folder / "out.csv")
    table(source, jobs)
    command = [sys.executable, "-m", "jobcodes", "batch", source, "-q", "-o", target, "--jobs"]
    ratios = []
    for _ in range(rounds):
        one = seconds(lambda: subprocess.run([*command, "1"], check=True))
        two = seconds(lambda: subprocess.run([*command, "2"], check=True))
        ratios.append((one / two) / (2 * loops(1) / loops(2)))
    return told("gain of two processes / gain of two plain loops", ratios, 0.85, least=True)


def memory(folder: Path) -> bool:
    peaks = []
    for count in (20_000, 200_000):
        source = str(folder / f"{count}.csv")
        draw = random.Random(1)
        table(source, (f"Repairs {draw.random()} printers. " * 20 for _ in range(count)))
        done = subprocess.run(
            [sys.executable, "-c", GROWN, source, *sys.path], check=True, capture_output=True, text=True
        )
        peaks.append(int(done.stdout))
    print(f"peaks: {peaks[0] >> 10} MB for 20,000 distinct rows, {peaks[1] >> 10} MB for 200,000")
    return told("peak for 200,000 distinct rows / for 20,000", [peaks[1] / peaks[0]], 1.2)


def table(path: str, jobs: object) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "text", "grade"])
        writer.writerows([number, "Analyst", text, "P2"] for number, text in enumerate(jobs))  # type: ignore[arg-type, var-annotated]


def main(rows: int = 1500, rounds: int = 5) -> int:
    os.environ["JOBCODES_CACHE"] = "off"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = []
        if rounds:
            jobs = texts(rows)
            kept += [passing_through(folder, jobs[: rows // 3], rounds), two_processes(folder, jobs, rounds)]
        kept.append(memory(folder))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
