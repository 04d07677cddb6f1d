"""Job text as it is read: what counts as a word, a form of one, a heading, and where each stands."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.text import BREAKS, Headings, flatten, lines, plain, stem, token_spans, tokens, words

HEADINGS = Headings(
    {
        "duties": ["responsibilities", "what you'll do", "the role", "duties"],
        "requirements": ["requirements", "experience", "what you bring"],
        "ignore": ["about us", "benefits", "company"],
    }
)
# What texts are made of: words and all that is special to the reading of them.
PIECES = st.sampled_from(
    [
        *(
            "calls",
            "Customer's",
            "don\u2019t",
            "caf\u00e9",
            "cafe\u0301",
            "ROUTE",
            "\u0130stanbul",
            "\u017fervice",
            "\ufb01x",
        ),
        *(
            "soft\u00adware",
            "zero\u200bwidth",
            "e-mail",
            "24/7",
            "a_b",
            "\u6280\u672f",
            "Stra\u00dfe",
            "\u0645\u062f\u064a\u0631",
            "\U0001f4de",
        ),
        *(" ", "  ", "\t", "\n", "\r\n", "\r", "\u00a0", "\u2028", "\x0b", "\x85", "\ufeff", "\0"),
        *(
            ".",
            ",",
            ";",
            ":",
            "!",
            "?",
            "...",
            "-",
            "\u2013",
            "\u2022",
            "\u00b7",
            "*",
            "#",
            "**",
            "(",
            ")",
            "'",
            '"',
            "\u2019",
            "_",
        ),
        *("<p>", "</p>", "<br/>", "<li>", "<b>", "</b>", "<!-- x\ny -->", "<", ">", "a<b", "<a href='x.y'>"),
        *("&amp;", "&nbsp;", "&#39;", "&#x2022;", "&bull;", "&", "&lt;", "AT&T"),
        *("Responsibilities", "About us:", "Company", "What you\u2019ll do"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text()


# --- flatten ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("Answers CALLS", "answers calls"),
        ("a\r\nb\rc\nd", "a \nb\nc\nd"),
        ("a<b>bold</b>c", "a   bold    c"),
        ("<p>one</p><p>two", "\n  one\n   \n  two"),
        ("one<br />two", "one\n     two"),
        ("<ul>\n<li>one</li></ul>", "\n   \n\n   one\n    \n    "),
        ("<h2 class='x'>One</h2>", "\n             one\n    "),
        ("a<!-- <p>no</p>\n -->b", "a" + " " * 19 + "b"),
        ("1 < 2 > 1", "1 < 2 > 1"),
        ("a < b, c<d", "a < b, c<d"),
        ("R&amp;D", "r&    d"),
        ("a&nbsp;b", "a\u00a0     b"),
        ("a&bull;b", "a\u2022     b"),
        ("&#8226; a &x; b", "\u2022       a &x; b"),
        ("a&#x2022;b", "a\u2022       b"),
        ("don&rsquo;t", "don\u2019" + "\u200b" * 6 + "t"),
        ("CAF&Eacute;S", "caf\u00e9" + "\u200b" * 7 + "s"),
        ("a&nosuch;b", "a        b"),
        ("a&#0;b", "a\ufffd   b"),
        ("AT&T; Q&A", "at&t; q&a"),
        ("\u0130\u00c9\u1e9e", "i\u00e9\u00df"),
    ],
)
def test_flatten(text: str, flat: str) -> None:
    assert flatten(text) == flat


@given(TEXTS)
def test_flattening_keeps_every_place(text: str) -> None:
    assert len(flatten(text)) == len(text)


# --- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flat", "expected"),
    [
        ("answers calls, e-mails and chats", ["answers", "calls", "e", "mails", "and", "chats"]),
        ("customer's customers' don\u2019t", ["customer's", "customers'", "don\u2019t"]),
        ("24/7 l2 o365 $1.25", ["24", "7", "l2", "o365", "1", "25"]),
        ("first. second! third? fourth; fifth", ["first", "second", "third", "fourth", "fifth"]),
        ("node.js v1.2, asp.net", ["node", "js", "v1", "2", "asp", "net"]),
        (
            "cafe\u0301 na\u00efve soft\u00adware zero\u200bwidth",
            ["cafe\u0301", "na\u00efve", "soft\u00adware", "zero\u200bwidth"],
        ),
        ("\u2022 one \u00b7 two", ["one", "two"]),
        ("\u6280\u672f \u043c\u0430\u0441\u0442\u0435\u0440", ["\u6280\u672f", "\u043c\u0430\u0441\u0442\u0435\u0440"]),
        ("--- ... ,", []),
        ("", []),
    ],
)
def test_words(flat: str, expected: list[str]) -> None:
    assert words(flat) == expected


@pytest.mark.parametrize(
    ("flat", "breaks"),
    [
        ("one. two", 1),
        ("one.two", 0),
        ("one.", 1),
        ('he said "one." two', 1),
        ("one (two.) three", 1),
        ("**one.** two", 1),
        ("one; two! three?", 3),
        ("one \u2022 two\u25cfthree", 2),
        ("e.g., node.js 1.5", 0),
    ],
)
def test_what_ends_a_clause(flat: str, breaks: int) -> None:
    assert sum(token in BREAKS for token in tokens(flat)) == breaks


@given(TEXTS)
def test_tokens_and_their_places_agree(text: str) -> None:
    flat = flatten(text)
    spans = token_spans(flat)
    assert [flat[start:end] for start, end in spans] == tokens(flat)
    assert spans == sorted(spans)
    assert token_spans(flat, 1, 3) == spans[1:3]
    assert words(flat) == [token for token in tokens(flat) if token not in BREAKS]


@given(st.text(st.sampled_from([*map(chr, range(32, 127)), "\t", "\n"])))
def test_ascii_text_is_read_like_any_other(text: str) -> None:
    assert [*tokens(text), "\u00e9"] == tokens(f"{text} \u00e9")


# --- forms of a word -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("call", "call"),
        ("customer's", "customer"),
        ("customer\u2019s", "customer"),
        ("customers'", "customers"),
        ("'quoted'", "quoted"),
        ("don\u2019t", "don't"),
        ("'s", "s"),
        ("caf\u00e9", "cafe"),
        ("cafe\u0301", "cafe"),
        ("na\u00efve", "naive"),
        ("soft\u00adware", "software"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffbom", "bom"),
        ("\ufb01x", "fix"),
        ("o\ufb03ce", "office"),
        ("stra\u00dfe", "strasse"),
        ("_bold_", "bold"),
        ("snake_case", "snakecase"),
        ("\uff53\uff55\uff50\uff50\uff4f\uff52\uff54", "support"),
        ("\u6280\u672f", "\u6280\u672f"),
        ("___", ""),
    ],
)
def test_plain(word: str, expected: str) -> None:
    assert plain(word) == expected


@given(st.lists(PIECES).map("".join) | st.text(st.characters(max_codepoint=0x24F)))
def test_plain_words_do_not_depend_on_the_unicode_form(text: str) -> None:
    forms = {
        form: [plain(word) for word in words(flatten(unicodedata.normalize(form, text)))] for form in ("NFC", "NFD")
    }
    assert forms["NFC"] == forms["NFD"]


@pytest.mark.parametrize("escape", ["&#39;", "&apos;", "&rsquo;", "&#x2019;", "&#8217;"])
def test_an_escaped_apostrophe_is_one(escape: str) -> None:
    assert [plain(word) for word in words(flatten(f"don{escape}t customer{escape}s"))] == ["don't", "customer"]


FAMILIES = """
account accounts accounted | add adds added adding | address addresses addressed addressing
advise advises advised advising | agree agrees agreed agreeing | analyze analyzes analyzed analyzing
answer answers answered answering | apply applies applied applying | assign assigns assigned assigning
box boxes boxed boxing | branch branches branched branching | call calls called calling
cancel cancels cancelled cancelling | change changes changed changing
chat chats chatted chatting | coach coaches coached coaching | company companies | complaint complaints
configure configures configured configuring | control controls controlled controlling
copy copies copied copying
cross crosses crossed crossing | decide decides decided deciding | deliver delivers delivered delivering
develop develops developed developing | diagnose diagnoses diagnosed diagnosing | dispatch dispatches dispatched
drop drops dropped dropping | engineer engineers engineered | ensure ensures ensured ensuring
escalate escalates escalated escalating | file files filed filing
fix fixes fixed fixing | handle handles handled handling
help helps helped helping | hire hires hired hiring | identify identifies identified identifying | inquiry inquiries
install installs installed installing | issue issues issued issuing | listen listens listened listening
log logs logged logging | manage manages managed managing | miss misses missed missing
monitor monitors monitored monitoring | notice notices noticed noticing | order orders ordered ordering
pass passes passed passing | plan plans planned planning | policy policies | process processes processed processing
read reads reading | list lists listed listing
rebuild rebuilds rebuilding | reply replies replied replying | resolve resolves resolved resolving
route routes routed routing | schedule schedules scheduled scheduling | sell sells selling | set setting
service services serviced servicing | ship ships shipped | solve solves solved solving
staff staffs staffed staffing | store stores stored storing | supply supplies supplied supplying | take takes taking
train trains trained training | transfer transfers transferred transferring | travel travels traveled traveling
troubleshoot troubleshoots troubleshooting | try tries tried trying | update updates updated updating
wire wires wired | type types typed typing | use uses used using
"""


def families(text: str) -> list[str]:
    return [family.strip() for family in text.replace("\n", " | ").split("|") if family.strip()]


@pytest.mark.parametrize("family", families(FAMILIES))
def test_forms_of_one_word_agree(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "apart",
    [
        "operator operation operate",
        "service server",
        "customer custom customize",
        "general generalist",
        "technical technician",
        "manager management manage",
        "account accounting accountant",
        "book booking",
        "engineer engineering",
        "ship shipping",
        "trade trading trader",
        "install installation installer",
        "analyst analysis analyze",
        "support supporter",
        "sale sell",
        "policy police",
        "business busy",
        "status state",
        "process procession",
        "product production producer",
        "repair report",
        "train trainer",
        "planning planner",
        "caller calling",
        "bed bring sing red need",
        "is as us bus gas",
        "thing string",
        "series serial",
    ],
)
def test_different_words_stay_apart(apart: str) -> None:
    assert len({stem(word) for word in apart.split()}) == len(apart.split())


@pytest.mark.parametrize(
    "word", ["", "a", "it", "bus", "o365", "tcp/ip", "l2s", "status", "analysis", "less", "access", "need"]
)
def test_words_without_an_inflection_stay(word: str) -> None:
    assert stem(word) == word


# --- headings and lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("responsibilities", "duties"),
        ("key responsibilities", "duties"),
        ("responsibilities:", "duties"),
        ("## responsibilities ##", "duties"),
        ("what you'll do", "duties"),
        ("what you\u2019ll do", "duties"),
        ("the role", "duties"),
        ("what you'll do in the role", "duties"),
        ("your experience", "requirements"),
        ("_your experience:_", "requirements"),
        ("experience the thrill", None),
        ("experience the thrill of it", None),
        ("about us", "ignore"),
        ("answers calls", None),
        ("resolves complaints from customers about benefits", None),
        ("", None),
    ],
)
def test_the_kind_of_a_heading(line: str, kind: str | None) -> None:
    assert HEADINGS.kind(tokens(line)) == kind


def test_no_headings() -> None:
    assert Headings({}).kind(["responsibilities"]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Answers calls\nSells", [("", "answers calls"), ("", "sells")]),
        ("Duties\nAnswers calls\nRequirements\nPatience", [("duties", "answers calls"), ("requirements", "patience")]),
        ("Duties:\n\n  Answers calls", [("duties", "answers calls")]),
        ("## Duties\nAnswers calls", [("duties", "answers calls")]),
        ("**Duties:**\nAnswers calls", [("duties", "answers calls")]),
        ("__Duties__\nAnswers calls", [("duties", "answers calls")]),
        ("<h2>Duties</h2><ul><li>Answers calls</li></ul>", [("duties", "answers calls")]),
        ("Benefits\nPension\nOur plan:\nAnswers calls", [("ignore", "pension"), ("", "answers calls")]),
        ("Benefits\nPension\n# Our plan\nAnswers calls", [("ignore", "pension"), ("", "answers calls")]),
        ("Benefits\nPension\n**Our plan**\nAnswers calls", [("ignore", "pension"), ("", "answers calls")]),
        (
            "Benefits\nPension\nOur plan\nAnswers calls",
            [("ignore", "pension"), ("ignore", "our plan"), ("ignore", "answers calls")],
        ),
        ("Duties: answers calls and chats", [("duties", "answers calls and chats")]),
        ("Duties: answers calls", [("duties", "answers calls")]),
        ("Requirements: patience\nA calm voice", [("requirements", "patience"), ("requirements", "a calm voice")]),
        ("Company: Acme\nAnswers calls", [("", "answers calls")]),
        ("Duties\nCompany: Acme\nAnswers calls", [("duties", "answers calls")]),
        ("Note: answers calls", [("", "note answers calls")]),
        ("Duties\r\nAnswers calls\r\n", [("duties", "answers calls")]),
        ("", []),
        (" \n\n--\n", []),
    ],
)
def test_lines_know_their_section(text: str, expected: list[tuple[str, str]]) -> None:
    found = [(line.section, " ".join(line.tokens[line.skip :])) for line in lines(flatten(text), HEADINGS)]
    assert found == expected


def test_a_long_line_in_a_section_that_is_not_read_is_left_out() -> None:
    text = "Benefits\n" + "Pension and more. " * 10 + "\nDuties\nAnswers calls"
    assert [line.section for line in lines(flatten(text), HEADINGS)] == ["duties"]


@given(TEXTS)
def test_lines_stand_where_they_say(text: str) -> None:
    flat = flatten(text)
    end = -1
    for line in lines(flat, HEADINGS):
        assert flat[line.start : line.start + len(line.text)] == line.text
        assert line.tokens == tokens(line.text)
        assert 0 <= line.skip < len(line.tokens)
        assert "\n" not in line.text
        assert line.start > end
        end = line.start + len(line.text)
