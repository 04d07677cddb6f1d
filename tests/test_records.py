"""A job in: encodings, titles, and what happens to what cannot be read."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.errors import UsageError
from jobcodes.records import MAX_FILE_BYTES, guess_title, posting_from_bytes, read_posting

# --- titles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Job Title: Help Desk Analyst\nAnswers phones.", "Help Desk Analyst"),
        ("Company: Acme\nJOB TITLE : Help Desk Analyst\nAnswers phones.", "Help Desk Analyst"),
        ("**Job Title:** Help Desk Analyst\n\nAnswers phones.", "Help Desk Analyst"),
        ("- **Title**: Help Desk Analyst\n\nAnswers phones.", "Help Desk Analyst"),
        ("Job title\nHelp Desk Analyst\nAnswers phones.", "Help Desk Analyst"),
        ("Position Title\tHelp Desk Analyst\nGrade\t7", "Help Desk Analyst"),
        ("Position: Help Desk Analyst\r\nAnswers phones.", "Help Desk Analyst"),
        ("Role - Help Desk Analyst\nAnswers phones.", "Help Desk Analyst"),
        ("Working title: R&amp;D Support\nAnswers phones.", "R&D Support"),
        ("<h1>Help <b>Desk</b> Analyst</h1><p>Answers phones.</p>", "Help Desk Analyst"),
        ("# Help Desk Analyst\n\nAnswers phones.", "Help Desk Analyst"),
        ("\ufeff\n\n  Help   Desk Analyst  \nAnswers phones.", "Help Desk Analyst"),
        ("Job Description\n\nHelp Desk Analyst\n\nAnswers phones.", "Help Desk Analyst"),
        ("Job Description: Help Desk Analyst\nAnswers phones.", "Help Desk Analyst"),
        ("POSITION DESCRIPTION - Help Desk Analyst\nAnswers phones.", "Help Desk Analyst"),
        ("Technical Support Engineer (L2) - EMEA\nAnswers phones.", "Technical Support Engineer (L2) - EMEA"),
        # A label without a usable value does not hide the first line.
        ("Help Desk Analyst\nPosition: Full-time\nAnswers phones.", "Help Desk Analyst"),
        ("Help Desk Analyst\nRole: In this role you will answer phones", "Help Desk Analyst"),
        # No title at all.
        ("", None),
        ("Help Desk Analyst", None),  # a text of its own, with nothing below it
        ("Answers phones. Resolves complaints.\nSchedules visits.", None),
        ("- Answers phones\n- Resolves complaints", None),
        ("• Answers phones\n• Resolves complaints", None),
        ("1. Answers phones\n2. Resolves complaints", None),
        ("About us\nAcme makes anvils.", None),
        ("About Acme Corporation\nAcme makes anvils.", None),
        ("Position Summary\nAnswers phones", None),
        ("OVERVIEW:\nAnswers phones", None),
        ("Essential Duties and Responsibilities\nAnswers phones", None),
        ("Key responsibilities\nAnswers phones", None),
        ("Purpose of the role\nAnswers phones", None),
        ("We are looking for a help desk analyst\nAnswers phones", None),
        ("x" * 81 + "\nAnswers phones.", None),
        ("Job Description\n", None),
        ("2024-01-01\nAnswers phones.", None),
    ],
)
def test_guess_title(text: str, title: str | None) -> None:
    assert guess_title(text) == title


@given(st.text())
def test_any_text_has_a_title_or_none(text: str) -> None:
    title = guess_title(text)
    assert title is None or (title.strip() == title and len(title) > 0)


# --- one file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("Café".encode(), None, "Café"),
        (codecs.BOM_UTF8 + "Café".encode(), None, "Café"),
        ("Café".encode("utf-16"), None, "Café"),
        (codecs.BOM_UTF16_BE + "Café".encode("utf-16-be"), None, "Café"),
        ("Café".encode("utf-16-le"), None, "Café"),
        ("Café".encode("utf-16-be"), None, "Café"),
        ("Café".encode("utf-32"), None, "Café"),
        ("Café".encode("cp1252"), "cp1252", "Café"),
        ("Café\r\nau lait\x85".encode(), None, "Café\r\nau lait\x85"),
    ],
)
def test_text_is_decoded(data: bytes, encoding: str | None, text: str) -> None:
    assert posting_from_bytes(data, "f.txt", encoding=encoding).text == text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "empty; give it a job description"),
        (b" \r\n\t\xc2\xa0", "empty; give it a job description"),
        (codecs.BOM_UTF8 + "\u200b \n".encode(), "empty; give it a job description"),
        (
            b"one\ncaf\xe9 two",
            "line 2 is not UTF-8 (byte 0xe9); name its encoding, for example --encoding cp1252",
        ),
        (b"\x00%PDF-1.7 ...", "this is binary data, not text; save it as plain text or CSV"),
        (b"PK\x03\x04...", "this is a Word or zip file, cut short or broken; save it anew"),
        (bytes(range(64)) * 3, "this is binary data, not text; save it as plain text or CSV"),
    ],
)
def test_what_is_no_job_says_why(data: bytes, error: str) -> None:
    posting = posting_from_bytes(data, "f.txt")
    assert (posting.source, posting.text, posting.error) == ("f.txt", "", error)


def test_a_file_too_large_for_one_job() -> None:
    posting = posting_from_bytes(b"x" * (MAX_FILE_BYTES + 1), "f.txt")
    assert (posting.text, posting.error) == ("", "larger than 20 MB; a table of jobs is for `jobcodes batch`")


def test_a_file_is_read_with_the_title_given_or_stated(tmp_path: Path) -> None:
    path = tmp_path / "job.txt"
    path.write_bytes(b"Help Desk Analyst\nAnswers phones.")
    assert read_posting(str(path)).title == "Help Desk Analyst"
    assert read_posting(str(path), title="Agent").title == "Agent"
    assert read_posting(str(path), title=" ").title == "Help Desk Analyst"
    assert read_posting(str(path)).text == "Help Desk Analyst\nAnswers phones."


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    assert read_posting(str(tmp_path / "none.txt")).error == "no such file"
    assert read_posting(str(tmp_path)).error == "a folder, not a file; name the files in it"
    assert read_posting("a\0b").error.startswith("cannot be read: ")


def test_an_encoding_that_does_not_exist_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no encoding is called 'latin-99'"):
        posting_from_bytes(b"abc", "f.txt", encoding="latin-99")


@given(st.binary())
def test_any_bytes_are_a_posting(data: bytes) -> None:
    posting = posting_from_bytes(data, "f.txt")
    assert bool(posting.text) != bool(posting.error)
