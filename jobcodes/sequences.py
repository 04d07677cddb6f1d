"""Jobs from Python, notebooks and pipelines: an iterable of records in, their matches out."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

from jobcodes.answers import Answer, Answers, relocated
from jobcodes.model import Evidence, Match, Posting
from jobcodes.pipeline import answered
from jobcodes.records import Coder, guess_title, is_blank, match_posting
from jobcodes.tables import as_text, choose_columns

Record = Mapping[str, Any] | tuple[Any, Any]


def classify_records(
    records: Iterable[Record],
    *,
    classifier: Coder | None = None,
    title: str | None = None,
    text: str | Iterable[str] = (),
    top: int = 3,
    processes: int = 1,
) -> Generator[Match]:
    """The match of each record, in their order, as they come.

    A record is a mapping, or a pair of title and text. `title` and `text` (one key or several) are the keys of
    the job; without them it is the usual ones, as for `jobcodes batch`, among those of the first record.
    None and NaN are nothing; a record with neither title nor text has the decision error. The same job is
    classified once. `classifier` is by default one of the shipped data. With `processes` above 1 the calling
    script needs the `if __name__ == "__main__":` that multiprocessing asks for. Raises UsageError for a key
    that is not there.
    """
    texts = [text] if isinstance(text, str) else list(text)
    rest = iter(records)
    head = next(rest, None)
    if head is None:
        return
    if isinstance(head, Mapping):
        columns = choose_columns(list(map(str, head)), title, texts)
        title, texts = columns.title, list(columns.texts)

    def postings() -> Iterator[tuple[Posting, Posting]]:
        for record in chain([head], rest):
            posting = _posting(record, title, texts)
            yield posting, posting

    answers: Answers[Match] = Answers()
    for posting, answer in answered(postings(), _Work(classifier or _shipped(), top), answers, processes):
        yield _own(answer, posting)


@dataclass(frozen=True, slots=True)
class _Work:
    classifier: Coder
    top: int

    def __call__(self, posting: Posting) -> Match:
        return match_posting(posting, self.classifier, self.top)


def _posting(record: Record, title: str | None, texts: list[str]) -> Posting:
    if isinstance(record, Mapping):
        name = record.get(title) if title is not None else None
        parts = [_text(record.get(key)) for key in texts]
    else:
        name, *rest = record
        parts = list(map(_text, rest))
    text = "\n\n".join(part for part in parts if not is_blank(part))
    if not is_blank(_text(name)):
        return Posting("", text, _text(name))
    return Posting("", text, guess_title(text)) if text else Posting("", error="empty; neither a title nor a text")


def _text(value: Any) -> str:
    # What pandas has for nothing: NaN is not itself, and NA is not even that.
    return "" if type(value).__name__ == "NAType" or value != value else as_text(value)


def _own(answer: Answer[Match], posting: Posting) -> Match:
    """The match with its evidence where it stands in this posting, should it be another's in white space or case."""
    match = answer.said
    assert match is not None
    if answer.is_of(posting):
        return match
    moved = relocated([asdict(found) for found in match.evidence], answer.posting, posting)
    return replace(match, evidence=tuple(Evidence(**found) for found in moved))


def _shipped() -> Coder:
    from jobcodes.catalogue import load_catalogue
    from jobcodes.classifier import Classifier
    from jobcodes.vocabulary import load_vocabulary

    return Classifier(load_catalogue(), load_vocabulary())
