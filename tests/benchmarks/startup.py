"""How long a command takes to start, against `python -c pass` measured in the same minute.

    python tests/benchmarks/startup.py [ROUNDS]

Run it with the Python that jobcodes is installed for. The commands take turns in random order, so that a
busy machine slows all of them alike; the ratio of the minima is the number to trust. Compiled modules and
jobcodes' cache lie in a folder of their own, warm like those of an installed jobcodes.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = str(Path(__file__).resolve().parents[2] / "data" / "samples" / "help-desk.txt")
JOBCODES = [sys.executable, "-c", "from jobcodes.__main__ import main; main()"]  # what the installed script does
COMMANDS: dict[str, tuple[list[str], float | None]] = {  # name: (command, budget as a ratio)
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "jobcodes --version": ([*JOBCODES, "--version"], None),
    "jobcodes --help": ([*JOBCODES, "--help"], None),
    "jobcodes show AMT010": ([*JOBCODES, "show", "AMT010"], 7.5),
    "jobcodes classify one-file": ([*JOBCODES, "classify", SAMPLE], 9.0),
}


def main(rounds: int = 20) -> int:
    with tempfile.TemporaryDirectory() as folder:
        times = measure(
            rounds,
            {
                **os.environ,
                "PYTHONPYCACHEPREFIX": folder,
                "PYTHONDONTWRITEBYTECODE": "",
                "JOBCODES_CACHE": f"{folder}/cache",
            },
        )
    floor = min(times["python -c pass"])
    over = False
    print(f"{'ms, ' + str(rounds) + ' rounds':30}{'min':>8}{'median':>8}{'ratio':>8}{'budget':>8}")
    for name, measured in times.items():
        ratio, budget = min(measured) / floor, COMMANDS[name][1]
        over |= budget is not None and ratio > budget
        row = f"{name:30}{min(measured):8.1f}{statistics.median(measured):8.1f}{ratio:8.2f}"
        print(row + (f"{budget:8.1f}{'  over' if ratio > budget else ''}" if budget else ""))
    return int(over)


def measure(rounds: int, environment: dict[str, str]) -> dict[str, list[float]]:
    """The milliseconds of each command, in every round."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):  # the first turn warms the caches and is not counted
        for name in random.sample(list(COMMANDS), len(COMMANDS)):
            start = time.perf_counter()
            subprocess.run(
                COMMANDS[name][0],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
            )
            if turn:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
