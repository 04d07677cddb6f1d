"""How long one job takes in process, against tokenizing its text and against BM25 and TF-IDF.

    python tests/benchmarks/one_job.py [JOBS]

Every text is distinct: sentences of the samples in another order, with typos of its own. The floor is
`re.findall(r"[a-z0-9]+", text.lower())`, the budget 4 times that. BM25 and TF-IDF rank the same catalogue by
title and definition; each is left out where its package is not installed (`pip install bm25s scikit-learn`).
All take turns in one run, so that a busy machine slows them alike; the least of the rounds counts.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobcodes import Classifier, load_catalogue, load_vocabulary

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "data" / "samples").glob("*.txt"))
BUDGET = 4.0
ROUNDS = 5


def texts(count: int) -> list[str]:
    """Distinct job descriptions of some 4,000 characters, each with its own typos."""
    sentences = [line for file in SAMPLES for line in file.read_text("utf-8").splitlines() if len(line) > 30]
    draw = random.Random(0)
    return ["\n".join(misspelt(sentence, draw) for sentence in draw.sample(sentences, 40)) for _ in range(count)]


def misspelt(sentence: str, draw: random.Random) -> str:
    """The sentence with two letters swapped somewhere."""
    at = draw.randrange(len(sentence) - 1)
    return sentence[:at] + sentence[at + 1] + sentence[at] + sentence[at + 2 :]


def rankers() -> dict[str, Callable[[str], Any]]:
    catalogue = load_catalogue()
    classifier = Classifier(catalogue, load_vocabulary())
    definitions = [f"{job.title} {job.description}" for job in catalogue]
    found: dict[str, Callable[[str], Any]] = {
        "tokenizing (the floor)": lambda text: re.findall(r"[a-z0-9]+", text.lower()),
        "jobcodes": classifier.classify,
    }
    try:
        import bm25s

        index = bm25s.BM25()
        index.index(bm25s.tokenize(definitions, show_progress=False), show_progress=False)
        found["BM25 (bm25s)"] = lambda text: index.retrieve(
            bm25s.tokenize([text], show_progress=False), k=3, show_progress=False
        )
    except ImportError:
        pass
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        matrix = vectorizer.fit_transform(definitions).T
        found["TF-IDF (scikit-learn)"] = lambda text: (vectorizer.transform([text]) @ matrix).toarray().argsort()
    except ImportError:
        pass
    return found


def main(count: int = 200) -> int:
    jobs = texts(2 * count)
    warm, timed = jobs[:count], jobs[count:]
    contenders = rankers()
    best = dict.fromkeys(contenders, float("inf"))
    for rank in contenders.values():  # what a long batch has met before
        for text in warm:
            rank(text)
    for _ in range(ROUNDS):
        for name, rank in contenders.items():
            start = time.perf_counter()
            for text in timed:
                rank(text)
            best[name] = min(best[name], (time.perf_counter() - start) / count)
    floor = next(iter(best.values()))
    print(f"{count} jobs of {sum(map(len, timed)) // count:,} characters, least of {ROUNDS} rounds")
    for name, seconds in best.items():
        print(f"{name:24}{seconds * 1e6:9.0f} us{seconds / floor:8.1f} x")
    return int(best["jobcodes"] > BUDGET * floor)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
