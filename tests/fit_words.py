"""Fits the weights of words in `data/words.json` on the duties in `data/duties`: `python tests/fit_words.py`.

Each file holds duties of one code as employers write them, one a line; `outside.txt` work outside these codes,
`neutral.txt` what any job says. They were written for this: no employer's text is among them. Needs scikit-learn.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from jobcodes.catalogue import load_catalogue
from jobcodes.reading import words_of
from jobcodes.text import flatten, words
from jobcodes.vocabulary import load_vocabulary
from jobcodes.wording import MOST, NEUTRAL, OUTSIDE, STEP, ZERO, Forms

DATA = Path(__file__).parents[1] / "data"
STRENGTH = 20.0  # how little the weights are held to 0
FEWEST = 3  # duties that a word must be in


def duties() -> list[tuple[str, str]]:
    """(class, duty) pairs, the codes in their order, then work outside and what any job says.

    A code's definition is duties of it, too.
    """
    last = ("", OUTSIDE, NEUTRAL)
    files = sorted(
        (DATA / "duties").glob("*.txt"), key=lambda file: (file.stem in last and last.index(file.stem), file)
    )
    defined = {job.code: job.responsibilities for job in load_catalogue()}
    return [
        (file.stem, line)
        for file in files
        for line in (*file.read_text("utf-8").splitlines(), *defined.get(file.stem, ()))
        if line
    ]


def digest() -> str:
    """What tells whether the weights were fitted on these very duties."""
    return hashlib.sha256("\n".join(map("\t".join, duties())).encode()).hexdigest()


def main() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    forms = Forms(words_of(load_vocabulary()))
    examples = duties()
    classes = list(dict.fromkeys(name for name, _ in examples))
    table = TfidfVectorizer(
        tokenizer=lambda text: [form for word in words(flatten(text)) if (form := forms[word])],
        token_pattern=None,
        lowercase=False,
        binary=True,
        min_df=FEWEST,
    )
    presence = table.fit_transform([duty for _, duty in examples])
    model = LogisticRegression(C=STRENGTH, max_iter=5000, class_weight="balanced")
    truth = [classes.index(name) for name, _ in examples]
    right = cross_val_score(model, presence, truth, cv=StratifiedKFold(5, shuffle=True, random_state=0)).mean()
    model.fit(presence, truth)
    steps = (model.coef_ / STEP).round().clip(-MOST, MOST).astype(int).T
    found = {
        word: f"{100 * rarity:.0f} {''.join(chr(ord(ZERO) + step) for step in row)}"
        for word, rarity, row in zip(table.get_feature_names_out(), table.idf_, steps, strict=True)
        if row.any()
    }
    bias = [round(float(one), 3) for one in model.intercept_]
    lines = ",\n".join(f"{json.dumps(word)}:{json.dumps(row)}" for word, row in found.items())
    fitted = json.dumps({"duties": len(examples), "sha256": digest(), "right": round(float(right), 3)})
    head = f'"fitted":{fitted},\n"classes":{json.dumps(classes)},\n"bias":{json.dumps(bias)}'
    (DATA / "words.json").write_text(f'{{{head},\n"words":{{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
