"""How well codes are ranked by their definitions alone, beside TF-IDF and BM25 over the same definitions.

    python tests/benchmarks/definitions.py CATALOGUE LABELLED.jsonl

CATALOGUE is a folder (`jobcodes catalogue import TABLE -o FOLDER`) that the shipped vocabulary knows nothing of;
a line of LABELLED has the keys title, text and codes. The title is given twice to TF-IDF and BM25, which suits
them best. Each is left out where its package is not installed (`pip install bm25s scikit-learn`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.model import Catalogue

Rank = Callable[[str, str], list[str]]  # title and text to the first three codes


def rankers(catalogue: Catalogue) -> dict[str, Rank]:
    classifier = Classifier(catalogue, load_vocabulary())
    codes = [job.code for job in catalogue]
    definitions = [f"{job.title} {job.title} {job.description}" for job in catalogue]
    found: dict[str, Rank] = {
        "jobcodes": lambda title, text: [one.code for one in classifier.classify(text, title).alternatives]
    }
    try:
        import bm25s

        index = bm25s.BM25()
        index.index(bm25s.tokenize(definitions, show_progress=False), show_progress=False)

        def bm25(title: str, text: str) -> list[str]:
            query = bm25s.tokenize([f"{title} {title} {text}"], show_progress=False)
            numbers, _ = index.retrieve(query, k=3, show_progress=False)
            return [codes[number] for number in numbers[0]]

        found["BM25 (bm25s)"] = bm25
    except ImportError:
        pass
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer

        def tfidf(**options: object) -> Rank:
            vectorizer = TfidfVectorizer(sublinear_tf=True, **options)
            matrix = vectorizer.fit_transform(definitions).T

            def rank(title: str, text: str) -> list[str]:
                scores = (vectorizer.transform([f"{title} {title} {text}"]) @ matrix).toarray()[0]
                return [codes[number] for number in (-scores).argsort(kind="stable")[:3]]

            return rank

        found["TF-IDF, 1-2 words"] = tfidf(ngram_range=(1, 2), stop_words="english")
        found["TF-IDF, 3-5 letters"] = tfidf(ngram_range=(3, 5), analyzer="char_wb")
    except ImportError:
        pass
    return found


def main(catalogue: str, labelled: str) -> None:
    jobs = [json.loads(line) for line in Path(labelled).read_text("utf-8").splitlines()]
    print(f"{len(jobs)} jobs, {len(load_catalogue(catalogue))} codes   first right   in first 3   ms a job")
    for name, rank in rankers(load_catalogue(catalogue)).items():
        start = time.perf_counter()
        answers = [(rank(job["title"] or "", job["text"]), job["codes"]) for job in jobs]
        took = (time.perf_counter() - start) / len(jobs) * 1000
        first = sum(codes[0] in known for codes, known in answers if codes) / len(jobs)
        three = sum(not set(known).isdisjoint(codes[:3]) for codes, known in answers) / len(jobs)
        print(f"{name:24}{first:14.3f}{three:13.3f}{took:11.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
