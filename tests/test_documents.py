"""Word, PDF, RTF and HTML as text, what hostile ones do, and folders of them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    TextStringObject,
)

from jobcodes.documents import MAX_PAGES
from jobcodes.errors import UsageError
from jobcodes.folders import files_below
from jobcodes.records import document_text, posting_from_bytes

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
)


# --- documents, built by hand ----------------------------------------------------------------------------


def archive(parts: dict[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return data.getvalue()


def document(body: str) -> str:
    return f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"


def relation(kind: str, target: str) -> str:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}/{kind}" Target="{target}"/></Relationships>'
    )


def word(body: str, **parts: str) -> bytes:
    styles = (
        f'<w:styles {NAMESPACES}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="Own"><w:basedOn w:val="berschrift1"/></w:style>'
        '<w:style w:styleId="LB"><w:name w:val="List Bullet"/></w:style></w:styles>'
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{kind}.styles+xml"/></Types>'
    )
    return archive(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relation("officeDocument", "word/document.xml"),
            "word/document.xml": document(body),
            "word/_rels/document.xml.rels": relation("styles", "styles.xml"),
            "word/styles.xml": styles,
            **parts,
        }
    )


def p(text: str, style: str = "", bold: bool = False, more: str = "") -> str:
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    weight = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return f"<w:p>{named}<w:r>{weight}<w:t>{text}</w:t></w:r>{more}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def pdf(
    *pages: str,
    draws: bytes | None = None,
    password: str | None = None,
    owner: str | None = None,
    fields: dict[str, str] | None = None,
) -> bytes:
    """A PDF with a line of text for each line of a page."""
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(600, 800)
        lines = b"".join(b"(" + line.encode("latin-1") + b") Tj T* " for line in text.split("\n"))
        stream = DecodedStreamObject()
        stream.set_data(b"BT /F1 10 Tf 12 TL 20 700 Td " + lines + b"ET" if draws is None else draws)
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
        names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        font = DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    if fields:
        widgets = [
            DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/Annot"),
                    NameObject("/Subtype"): NameObject("/Widget"),
                    NameObject("/FT"): NameObject("/Tx"),
                    NameObject("/T"): TextStringObject(name),
                    NameObject("/V"): TextStringObject(value),
                    NameObject("/Rect"): ArrayObject(map(FloatObject, (0, 0, 100, 20))),
                }
            )
            for name, value in fields.items()
        ]
        form = DictionaryObject({NameObject("/Fields"): ArrayObject(map(writer._add_object, widgets))})
        writer._root_object[NameObject("/AcroForm")] = form
    if password is not None:
        writer.encrypt(user_password=password, owner_password=owner, algorithm="AES-256")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


# --- what is read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (p("Help Desk Analyst", "berschrift1") + p("Answers calls."), "# Help Desk Analyst\nAnswers calls."),
        (p("Duties", "Own") + p("Answers calls.", "LB"), "# Duties\n• Answers calls."),
        (p("Duties", bold=True) + p("Answers calls."), "**Duties**\nAnswers calls."),
        # Where everything is bold, nothing is a heading.
        (p("Duties", bold=True) + p("Answers calls", bold=True), "Duties\nAnswers calls"),
        (
            table((p("Job title", bold=True), p("Help Desk Analyst")), (p("Grade:"), p("7"))),
            "Job title: Help Desk Analyst\nGrade: 7",
        ),
        (table((p("Job title"), p("Analyst"), p("Grade"), p("7"))), "Job title: Analyst\nGrade: 7"),
        (table((p("Duties"), p("Calls", "LB") + p("Mail", "LB"))), "Duties:\n• Calls\n• Mail"),
        (table((p("One."), p("Two"), p("Three"))), "One.\nTwo\nThree"),
        (table((table((p("Job title"), p("Analyst"))),)), "Job title: Analyst"),
        # A text box stands there twice, for newer and for older programs; its anchor says where it belongs.
        (
            p(
                "Below",
                more=f"<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>{p('Box')}</w:txbxContent></mc:Choice>"
                f"<mc:Fallback><w:pict><v:textbox><w:txbxContent>{p('Box')}</w:txbxContent></v:textbox></w:pict>"
                "</mc:Fallback></mc:AlternateContent></w:r>",
            ),
            "Below\nBox",
        ),
        (f"<w:p><w:r><w:pict><w:txbxContent>{p('Box')}</w:txbxContent></w:pict></w:r></w:p>" + p("x"), "Box\nx"),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + p("Click here") + "</w:sdtContent></w:sdt>"
            "<w:sdt><w:sdtContent>" + p("Analyst") + "</w:sdtContent></w:sdt>",
            "Analyst",
        ),
        (
            "<w:p><w:del><w:r><w:t>old</w:t></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>",
            "new",
        ),
        (
            '<w:p><w:r><w:t>One</w:t><w:br w:type="page"/><w:t>Two</w:t><w:br/><w:t>3</w:t></w:r></w:p>',
            "One\n\f\nTwo\n3",
        ),
        (p("a ") + "<w:p><w:r><w:t>b</w:t></w:r><w:r><w:t>c</w:t><w:tab/><w:t>d</w:t></w:r></w:p>", "a\nbc d"),
    ],
)
def test_a_word_file_as_text(body: str, text: str) -> None:
    assert document_text(word(body)) == text


def test_the_parts_of_a_word_file_are_where_it_says() -> None:
    relations = relation("officeDocument", "/word/document2.xml")
    data = archive({"_rels/.rels": relations, "word/document2.xml": document(p("Analyst"))})
    assert document_text(data) == "Analyst"


def test_macros_are_not_looked_at() -> None:
    assert document_text(word(p("Analyst"), **{"word/vbaProject.bin": "\0\1\2"})) == "Analyst"


def test_a_pdf_as_text() -> None:
    long = "Answers the calls of customers who cannot get on with what they have bought"
    data = pdf(f"Job Title Help Desk Analyst\nDUTIES\n\x95 {long}\nfrom us.\nShort\nLine", "Page two")
    assert document_text(data).replace("\x95", "•") == (
        f"Job Title: Help Desk Analyst\nDUTIES\n• {long} from us.\nShort\nLine\n\f\nPage two"
    )


def test_a_filled_form_comes_before_its_page() -> None:
    data = pdf("Job title\nDuties", fields={"Job title:": "Help Desk Analyst", "Duties": "Answers calls.", "Grade": ""})
    assert document_text(data) == "Job title: Help Desk Analyst\nDuties: Answers calls.\nJob title\nDuties"


def test_a_pdf_that_is_closed_to_changes_is_read() -> None:
    assert document_text(pdf("Help Desk Analyst", password="", owner="x")) == "Help Desk Analyst"


def test_rtf_as_text() -> None:
    data = (
        rb"{\rtf1\ansi{\fonttbl{\f0\fcharset0 Arial;}}\trowd Job title\cell Help Desk Analyst\cell\row "
        rb"Caf\'e9\par {\field{\*\fldinst{HYPERLINK \"http://x\"}}{\fldrslt link}}\page \bullet Answers calls\par}"
    )
    assert document_text(data) == "Job title: Help Desk Analyst\nCafé\nlink\n\f\n• Answers calls"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<!doctype html><head><title>Careers</title><style>p {}</style><body><nav>Home</nav><h1>Help Desk</h1>"
            "<script>track()</script><p>R&amp;D &lt;3</p><ul><li><p>Calls</p><li>Mail</ul>",
            "# Help Desk\nR&D <3\n• Calls\n• Mail",
        ),
        ("<html><p><b>Duties</b></p><p>Calls <b>us</b></p>", "**Duties**\nCalls us"),
        ("<html>top<table><tr><td>Job title<td><p>Analyst</p></tr></table>end", "top\nJob title: Analyst\nend"),
        ("<html><table><tr><td><table><tr><th>Grade</th><td>7</td></tr></table></td></tr>", "Grade: 7"),
        ("<html><head><body>Calls<br>Mail", "Calls\nMail"),
        (
            "<html><pre>Job title: Analyst\r\n\n- Calls  and\n- mail</pre>by\nday",
            "Job title: Analyst\n- Calls and\n- mail\nby day",
        ),
        ("<html><p><![if !supportLists]>1.<![endif]> Calls<![oops ]> <o:p>", "1. Calls"),
        ("<p>A fragment</p>", "<p>A fragment</p>"),  # left to those who read tags in any text
    ],
)
def test_html_as_text(page: str, text: str) -> None:
    assert document_text(page.encode()) == text


def test_the_encoding_that_a_page_names() -> None:
    assert document_text('<html><meta charset="windows-1252"><p>Café'.encode("cp1252")) == "Café"
    assert document_text('<html><meta charset="no-such"><p>Café'.encode()) == "Café"


@pytest.mark.parametrize("library", ["defusedxml", "pypdf", "striprtf"])
def test_without_the_library_the_extra_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"defusedxml": word(p("x")), "pypdf": pdf("x"), "striprtf": rb"{\rtf1 x}"}[library]
    for name in [library, *(name for name in sys.modules if name.startswith(f"{library}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    error = posting_from_bytes(data, "f").error
    assert "takes a library to read; pip install 'jobcodes[office]'" in error


# --- broken and hostile ----------------------------------------------------------------------------------

EXTERNAL = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(p("&x;"))
LAUGHS = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + document(p("&b;"))
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "0-bytes.docx": (lambda: b"", "empty; give it a job description"),
    "bomb.docx": (
        lambda: archive({"word/document.xml": b"<a>" + b" " * 60_000_000}),
        "this Word file unpacks to more than 50 MB; save it anew",
    ),
    "broken.docx": (lambda: word(p("x"))[:-40], "this is a Word or zip file, cut short or broken; save it anew"),
    "broken.pdf": (lambda: pdf("x")[:100], "this is a PDF, and broken ("),
    "deep.docx": (lambda: word("<w:sdt>" * 20_000 + "</w:sdt>" * 20_000), "nested too deeply to read; save it anew"),
    "entities.docx": (lambda: archive({"word/document.xml": LAUGHS}), "this Word file declares XML entities"),
    "external.docx": (lambda: archive({"word/document.xml": EXTERNAL}), "this Word file declares XML entities"),
    "long.pdf": (lambda: pdf(*["x"] * (MAX_PAGES + 1)), f"this PDF has more than {MAX_PAGES} pages"),
    "busy.pdf": (lambda: pdf("", draws=b" " * 4_000_000), "this PDF draws more than any job description"),
    "macro.docm": (lambda: word("", **{"word/vbaProject.bin": "x"}), "this Word file holds no text"),
    "old.doc": (
        lambda: b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"),
        "this is an old Word file (.doc); save it as .docx",
    ),
    "password.docx": (
        lambda: b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
        "this Office file is protected with a password; save it without one",
    ),
    "password.pdf": (
        lambda: pdf("x", password="secret"),
        "this PDF is protected with a password; save it without one",
    ),
    "scanned.pdf": (lambda: pdf("", draws=b"0 0 m 9 9 l S"), "this PDF holds pictures and no text; run text recog"),
    "table.xlsx": (
        lambda: archive({"xl/workbook.xml": "<a/>"}),
        "this is an Excel workbook; a table of jobs is for `jobcodes batch`",
    ),
    "zip.txt": (lambda: archive({"job.txt": "x"}), "this is a zip file, not a job description"),
    "empty.rtf": (lambda: rb"{\rtf1 }", "this rich-text file holds no text"),
}


def test_bad_documents_give_a_line_each_and_the_others_are_done(tmp_path: Path, jobcodes: Run) -> None:
    for name, (data, _) in BAD.items():
        (tmp_path / name).write_bytes(data())
    (tmp_path / "renamed.docx").write_bytes(pdf("Job title: Help Desk Analyst\nAnswers calls."))
    done = jobcodes("classify", str(tmp_path))
    assert done.returncode == 4
    errors = done.stderr.decode().splitlines()
    assert [line.partition(": ")[2].partition(": ")[0] for line in errors] == [
        str(tmp_path / name) for name in sorted(BAD)
    ]
    for line, name in zip(errors, sorted(BAD), strict=True):
        assert BAD[name][1] in line
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(BAD) + 1
    assert [one["title"] for one in found if one["match"]["decision"] != "error"] == ["Help Desk Analyst"]


SOUND = [
    word(table((p("Job title"), p("Analyst")))),
    pdf("Job title Analyst", fields={"Grade": "7"}),
    rb"{\rtf1{\fonttbl{\f0 Arial;}} Caf\'e9 \u8217? \cell\row \page x}",
    b"<html><table><tr><td>a<td>b</table><!-- x --><![if x]><b>c</b>&amp;",
]


@pytest.mark.parametrize(
    "data",
    [
        b"{\\rtf1 " + b"{\\field{\\*\\fldinst{HYPERLINK " * 20_000,
        b"{\\rtf1{\\fonttbl" + b"\\f1\\fcharset0 " * 50_000,
        b"{\\rtf1 " + b"{" * 100_000,
        b"<html>" + b"<!--" * 100_000,
        b"<html>" + b"<table><tr><td>" * 10_000,
        b"<html>" + b"<a " * 100_000,
    ],
)
def test_what_takes_others_for_ever_does_not_here(data: bytes) -> None:
    posting = posting_from_bytes(data, "f")
    assert posting.text or posting.error


@given(st.data())
def test_a_damaged_document_is_a_posting_too(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    posting = posting_from_bytes(bytes(damaged), "f")
    assert bool(posting.text) != bool(posting.error)
    assert "\n" not in posting.error


# --- the same answer in every form -----------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_what_libreoffice_writes_gives_the_code_of_the_text(
    tmp_path: Path, jobcodes: Run, sample: Callable[[str], str]
) -> None:
    names = ("help-desk", "field-service-engineer", "complaints-escalation-specialist")
    for name in names:
        title, *lines = Path(sample(name)).read_text(encoding="utf-8").splitlines()
        body = "".join(
            p(line[2:], "LB") if line.startswith("- ") else p(line, bold=line.isupper()) for line in lines if line
        ).replace("&", "&amp;")
        (tmp_path / f"{name}.docx").write_bytes(word(table((p("Job title"), p(title.lstrip("# ")))) + body))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    sources = [str(tmp_path / f"{name}.docx") for name in names]
    for form in ("pdf", "rtf", "docx", "html"):
        command = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", str(tmp_path / form), *sources]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    shutil.rmtree(tmp_path / "profile")
    texts = [json.loads(line) for line in jobcodes("classify", *map(sample, names)).stdout.splitlines()]
    done = jobcodes("classify", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, b"")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 5 * len(names)
    for one in found:
        text = next(text for text in texts if Path(text["source"]).stem == Path(one["source"]).stem)
        assert one["match"]["alternatives"][0]["code"] == text["match"]["alternatives"][0]["code"], one["source"]
        # In a PDF a title that takes two lines of a narrow column ends with the first.
        assert text["title"].startswith(one["title"]), one["source"]


# --- folders ---------------------------------------------------------------------------------------------


def test_the_files_of_a_folder_in_their_order(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "A.txt",
        "a/z.txt",
        "a/Y.txt",
        "c.md",
        ".DS_Store",
        "~$b.docx",
        "Thumbs.db",
        ".git/x",
        "a/.x",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "linked.txt").symlink_to(tmp_path / "c.md")
    (tmp_path / "lost.txt").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    names = [os.path.relpath(path, tmp_path) for path in files_below(str(tmp_path))]
    assert names == ["A.txt", "b.txt", "c.md", "linked.txt", "lost.txt", "a/Y.txt", "a/z.txt"]


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="No such file"):
        files_below("no-such-folder")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    jobs = tmp_path / "jobs"
    (jobs / "field").mkdir(parents=True)
    (jobs / "desk.txt").write_text("Help Desk Analyst\nAnswers calls about software by phone and remote session.")
    (jobs / "field" / "tech.docx").write_bytes(word(p("Job title: Field Technician") + p("Repairs it on site.")))
    (jobs / "empty.pdf").write_bytes(b"")
    return jobs


def test_classify_takes_every_file_below_a_folder(folder: Path, jobcodes: Run) -> None:
    done = jobcodes("classify", "jobs/", "--format", "tsv", cwd=folder.parent)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()[1:]]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("jobs/desk.txt", "Help Desk Analyst", "AMT010"),
        ("jobs/empty.pdf", "", ""),
        ("jobs/field/tech.docx", "Field Technician", "AMT020"),
    ]
    assert (done.returncode, done.stderr) == (4, b"jobcodes: jobs/empty.pdf: empty; give it a job description\n")


def test_batch_gives_a_row_for_each_file_of_a_folder(folder: Path, jobcodes: Run) -> None:
    done = jobcodes("batch", "jobs", cwd=folder.parent)
    header, *rows = [line.split(",") for line in done.stdout.decode().splitlines()]
    assert header[:4] == ["source", "title", "match_code", "match_title"]
    assert "text" not in header
    assert [row[:3] for row in rows] == [
        ["jobs/desk.txt", "Help Desk Analyst", "AMT010"],
        ["jobs/empty.pdf", "", ""],
        ["jobs/field/tech.docx", "Field Technician", "AMT020"],
    ]
    assert done.returncode == 4
    assert done.stderr.decode().splitlines() == [
        "jobcodes: jobs/empty.pdf: empty; give it a job description",
        "jobcodes: 3 rows: 0 match, 2 review, 0 none, 1 error",
        "jobcodes: 2 distinct jobs: 0 match, 2 review, 0 none",
        "jobcodes: for a person: 100.0% of the rows, 100.0% of the distinct jobs",
        "jobcodes: codes: AMT010 1, AMT020 1",
    ]
    lines = jobcodes("batch", "jobs", "--format", "jsonl", "--quiet", cwd=folder.parent).stdout.splitlines()
    assert [sorted(json.loads(line)) for line in lines] == [["match", "source", "title"]] * 3


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("batch", "jobs", "--title-column", "title"), "jobs: a folder has no columns and no --from"),
        (("batch", "jobs", "-o", "jobs/desk.txt"), "jobs/desk.txt: is the input too"),
        (("classify", "jobs", "-o", "jobs/desk.txt"), "jobs/desk.txt: is the input too"),
        (("classify", "jobs/none"), "jobs/none: a folder without files"),
    ],
)
def test_what_does_not_go_with_a_folder(arguments: tuple[str, ...], error: str, folder: Path, jobcodes: Run) -> None:
    (folder / "none").mkdir()
    done = jobcodes(*arguments, cwd=folder.parent)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"jobcodes: error: {error}")
