"""What a match says, whatever the job: the contract between the classifier and everyone who reads its answers."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes import Catalogue, Classifier, Match, load_catalogue, load_vocabulary
from jobcodes.model import Function, Job
from jobcodes.records import guess_title
from jobcodes.vocabulary import Vocabulary

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
CLASSIFIER = Classifier(load_catalogue(), load_vocabulary())
EAGER = Classifier(load_catalogue(), load_vocabulary(), accept=0.0, coverage=0.0)  # a match wherever one may be
HELP_DESK = "Troubleshoots customers' modems by remote session. Resolves technical support tickets by phone."
MORE_HELP = (
    " Walks customers through software settings over the phone and logs each support ticket with its solution."
    " Escalates software bugs to engineering with the log files and the steps to reproduce them."
)
FIELD = "Installs and repairs scanners at customers' hospitals. Travels to customer sites for preventive maintenance."

# --- generated jobs --------------------------------------------------------------------------------------

SENTENCES = [
    *(
        "Answers customers' calls",
        "Resolves complaints escalated by agents.",
        "Forecasts call volume and schedules agents",
    ),
    *(
        "Troubleshoots modems by remote session",
        "Installs pumps at customer sites",
        "Travels to customers; repairs units",
    ),
    *("Heads all contact centers and reports to the CEO.", "Owns the P&L of the service organization, worldwide"),
    *("Does not take calls", "Resets passwords for our employees", "Carries a sales quota", "Writes Java code reviews"),
    *(
        "Equal opportunity employer.",
        "Trains new customer service staff",
        "Tehcnical suport of custmers",
        "Spricht Deutsch",
    ),
]
TITLE = st.sampled_from(
    [
        *("", "Help Desk Analyst", "Vice President, Customer Relations", "Field Service Engineer (EMEA)", "Chef"),
        *(
            "Sr. CSR, Call Ctr",
            "Customer Service Trainer",
            "Head of Contact Centres",
            "Ing\u00e9nieur - T\u00e9l\u00e9phone",
            "\u0130T",
        ),
    ]
)
GLUE = st.sampled_from(
    [
        *("\n", "\r\n", "\r", ". ", " ", "  \t", "\n\n- ", "\n\u2022 ", " \u00b7 ", "; ", "\u00a0", "\u200b", "\n1. "),
        *(
            "<p>",
            "</li><li>",
            "<br/>",
            "<b>",
            " &amp; ",
            "&nbsp;",
            "&bull;",
            "<!-- x -->",
            "\u0301",
            "\u0130",
            "\U0001f4de",
        ),
        *("\nResponsibilities:\n", "\nRequirements\n", "\nAbout us\n", "\n## What you\u2019ll do\n", "\nSummary: "),
    ]
)
WRITTEN = st.lists(st.tuples(st.sampled_from(SENTENCES), GLUE), max_size=10).map(
    lambda pairs: "".join(map("".join, pairs))
)
JOBS = st.tuples(WRITTEN | st.text(max_size=60), TITLE)


def check(match: Match, text: str, title: str, top: int, catalogue: Catalogue = CLASSIFIER.catalogue) -> None:
    """Everything that holds for every match."""
    jobs = {job.code: job for job in catalogue}
    job = jobs[match.code] if match.code else None
    assert match.title == (job.title if job else None)
    assert (job is None) == (match.decision in ("none", "error"))
    if match.decision == "error":
        assert match == Match("error", notes=match.notes)
        assert match.notes
        return
    assert match.confidence is not None
    assert 0 <= match.confidence <= 1

    ranking = [alternative.confidence for alternative in match.alternatives]
    codes = [alternative.code for alternative in match.alternatives]
    assert len(set(codes)) == len(codes) == min(top, len(jobs))
    assert set(codes) <= set(jobs)
    assert all(before >= after for before, after in pairwise(ranking))
    assert all(0 <= confidence <= match.confidence for confidence in ranking)
    assert sum(ranking) <= 1 + 0.0001 * len(ranking)
    if job:
        assert (codes[0], ranking[0]) == (job.code, match.confidence)

    assert match.coverage is None or 0 <= match.coverage <= 1
    assert match.coverage is None or job
    if match.decision == "match":
        assert job
        assert job.role not in ("executive", "residual")
        assert match.coverage is not None
        assert match.coverage >= 0.8

    assert (match.band is None) == (job is None)
    if job and match.band:
        function = next(function for function in catalogue.functions if function.code == job.function)
        bands = [band for band in function.bands if band != "EX"] or ["M", "P", "T", "U"]
        assert match.band.code in (["EX"] if job.code.endswith("-EX") else bands)
        assert 0 < match.band.confidence <= 1

    given = {"title": title, "text": text}
    places = [(one.field != "title", one.start, one.end) for one in match.evidence]
    assert places == sorted(places)
    assert len(places) <= 8
    for before, after in pairwise(places):
        assert before[0] != after[0] or before[2] <= after[1]
    for one in match.evidence:
        assert one.text
        assert given[one.field][one.start : one.end] == one.text
        assert one.kind in ("title", "keyword", "fuzzy", "definition")
        assert one.kind != "keyword" or one.field == "text"
        assert one.term
        assert 0 < one.weight <= 1
    assert all(note == note.strip() and note.endswith(".") for note in match.notes)


@settings(max_examples=150)
@given(JOBS, st.sampled_from([1, 3, 5, 99]))
def test_every_match_keeps_the_contract(job: tuple[str, str], top: int) -> None:
    text, title = job
    match = CLASSIFIER.classify(text, title, top)
    check(match, text, title, top)
    assert CLASSIFIER.classify(text, title, top) == match
    if top == 99:
        assert CLASSIFIER.classify(text, title).alternatives == match.alternatives[:3]


@given(
    st.sampled_from(["\U0001f4de\u0130 ", "caf\u00e9 \ufb01 ", "<p class='x'>\r\n", "&amp;\u0301 ", "\u00ad\u200b "])
)
def test_evidence_stands_where_it_says(before: str) -> None:
    text = f"{before}Troubleshoots customers\u2019 modems by remo\u00adte session.\r\n<li>Resolves support tickets</li>"
    match = CLASSIFIER.classify(text)
    check(match, text, "", 3)
    assert match.evidence[0].start == len(before)


# --- empty, bare and short jobs --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", " \t\r\n", "---", "...", "\u2022 \u2022", "<p></p>", "<br/>\n<!-- a job -->", "&nbsp;", "\U0001f4de"),
        *("\u200b", "\u00ad", "____", "'"),
    ],
)
@pytest.mark.parametrize("title", ["", None, "  ", "-"])
def test_a_job_without_a_word_is_an_error(text: str, title: str | None) -> None:
    match = CLASSIFIER.classify(text, title)
    assert match == Match("error", notes=("The job is empty.",))


def test_a_bare_title_is_a_job_of_which_a_person_must_judge() -> None:
    match = CLASSIFIER.classify(title="Help Desk Analyst")
    assert (match.code, match.decision, match.coverage) == ("AMT010", "review", None)
    assert "Only a title to go by." in match.notes
    assert [(one.field, one.text, one.kind) for one in match.evidence] == [("title", "Help Desk", "title")]
    assert CLASSIFIER.classify("", "Help Desk Analyst") == match
    check(match, "", "Help Desk Analyst", 3)


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Call Center Agent", "AMS020"),
        ("Sr CSR, Call Ctr", "AMS020"),
        ("Complaints Escalation Specialist", "AMS022"),
        ("Helpdesk technician", "AMT010"),
        ("Field Service Engineer", "AMT020"),
        ("Field Servcie Enginere", "AMT020"),
        ("Software Engineer", None),
        ("Account Executive", None),
        ("Pastry Chef", None),
        ("Workforce Management Analyst", "AMS024"),
        ("FSE", "AMT020"),
        ("VP Customer Service", "AMS010-EX"),
    ],
)
def test_bare_titles(title: str, code: str | None) -> None:
    assert CLASSIFIER.classify(title=title).code == code


def test_few_words_are_noted() -> None:
    assert "Few words to go by." in CLASSIFIER.classify("Answers customers' calls.").notes
    assert "Few words to go by." not in CLASSIFIER.classify(HELP_DESK + FIELD).notes


# --- decisions -------------------------------------------------------------------------------------------


def test_a_plain_job_is_a_match() -> None:
    classifier = Classifier(load_catalogue(), load_vocabulary(), accept=0.7)
    match = classifier.classify(HELP_DESK + MORE_HELP, "Technical Support Representative")
    assert (match.code, match.decision, match.coverage) == ("AMT010", "match", 1.0)
    assert {one.field for one in match.evidence} == {"title", "text"}


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("chief-customer-officer", "Executive benchmark: "),
        ("vp-technical-services", "Executive benchmark: "),
        ("customer-service-trainer", "Residual code: "),
        ("repair-depot-technician", "Residual code: "),
    ],
)
def test_special_codes_are_for_a_person_to_confirm(name: str, note: str) -> None:
    text = (SAMPLES / f"{name}.txt").read_text("utf-8")
    for classifier in (CLASSIFIER, EAGER):
        match = classifier.classify(text, guess_title(text))
        assert match.decision == "review"
        assert match.notes[0].startswith(note)


def test_a_generalist_may_be_a_match_and_says_how_its_duties_are_split() -> None:
    text = (SAMPLES / "customer-operations-generalist.txt").read_text("utf-8")
    match = EAGER.classify(text, guess_title(text))
    assert (match.code, match.decision, match.coverage) == ("AMS000", "match", 1.0)
    assert match.notes[0].startswith("Generalist: the duties split between AMS020 ")


REMOTE = [
    "Troubleshoots customers' printers by phone and remote session.",
    "Diagnoses faults over the phone and walks users through settings.",
    "Resolves technical tickets from the support portal.",
]
ON_SITE = [
    "Travels to customer sites to install and repair printers.",
    "Performs preventive maintenance at customers' premises.",
    "Replaces defective parts on site.",
]


@pytest.mark.parametrize(
    ("remote", "on_site", "code"),
    [(3, 3, "AMT000"), (2, 2, "AMT000"), (3, 1, "AMT010"), (1, 3, "AMT020"), (3, 0, "AMT010"), (0, 3, "AMT020")],
)
@pytest.mark.parametrize("title", ["", "Technical Specialist"])
def test_disciplines_that_share_the_duties_evenly_make_a_generalist(
    remote: int, on_site: int, code: str, title: str
) -> None:
    match = EAGER.classify("\n".join(REMOTE[:remote] + ON_SITE[:on_site]), title)
    assert match.code == code
    assert (code == "AMT000") == any("the duties split between" in note for note in match.notes)


def test_the_disciplines_of_the_contact_center_make_no_generalist_of_the_function() -> None:
    text = "Takes inbound calls in the contact center.\nForecasts call volume and schedules the agents."
    match = CLASSIFIER.classify(text, top=15)
    chance = {one.code: one.confidence for one in match.alternatives}
    assert match.code == "AMS020"
    assert chance["AMS000"] < 0.01


def test_a_duty_that_tells_how_the_job_is_split_outweighs_a_title_of_one_side() -> None:
    duties = [
        "Troubleshoots label printers for customers who call the support line.",
        "Guides users through settings in a remote session.",
        "Installs and repairs printers at customer sites.",
        "Logs every case with its fault code.",
    ]
    split = "Spends half the week on remote support by phone and half on visits to customer sites."
    title = "Technical Support Engineer"
    assert CLASSIFIER.classify("\n".join(duties), title).code == "AMT010"
    assert CLASSIFIER.classify("\n".join([*duties, split]), title).code == "AMT000"


def test_the_generalist_of_the_contact_center_covers_its_other_disciplines() -> None:
    text = """Answers inbound calls in the contact center about bills and orders.
    Processes orders and refunds by phone, email and chat.
    Responds to customer inquiries by telephone within the service level.
    Publishes the shift schedules and approves shift swaps when the planner is away."""
    match = CLASSIFIER.classify(text, "Call Center Representative")
    assert (match.code, match.coverage) == ("AMS020", 1.0)


def test_internal_it_is_never_a_match() -> None:
    text = """Resets passwords and supports laptops for our employees on the internal help desk.
    Troubleshoots software by remote session for internal users. Sets up accounts for new hires."""
    match = EAGER.classify(text, "IT Help Desk Analyst")
    assert match.decision in ("review", "none")
    assert match.decision == "none" or any("internal IT" in note for note in match.notes)


def test_duties_across_functions_are_noted_and_never_a_match() -> None:
    text = """Answers inbound calls in the contact center about bills and orders.
    Resolves complaints escalated by agents.
    Installs and repairs boilers at customers' homes.
    Travels to customer sites for preventive maintenance."""
    match = EAGER.classify(text)
    assert match.decision == "review"
    other = "AMT" if str(match.code).startswith("AMS") else "AMS"
    assert any(note.startswith(f"Some duties belong to {other} ") for note in match.notes)


def test_none_keeps_the_ranking_and_says_what_the_job_is() -> None:
    text = (
        "Writes clean code in Java and reviews pull requests. Designs microservices. Fixes bugs reported by customers."
    )
    match = CLASSIFIER.classify(text, "Software Engineer", 5)
    assert (match.decision, match.code, match.title, match.coverage, match.band) == ("none", None, None, None, None)
    assert len(match.alternatives) == 5
    assert match.confidence is not None
    assert match.confidence > 0.5
    assert "Reads as Software and web development, outside this catalogue." in match.notes
    assert any(one.text == "Software Engineer" for one in match.evidence)
    check(match, text, "Software Engineer", 5)


def test_equal_codes_stand_in_catalogue_order() -> None:
    match = CLASSIFIER.classify("Feeds the lions.", top=99)
    order = [job.code for job in CLASSIFIER.catalogue]
    ranked = [(-one.confidence, order.index(one.code)) for one in match.alternatives]
    assert ranked == sorted(ranked)


@pytest.mark.parametrize("text", ["Answers customers' calls about bills.", HELP_DESK])
def test_nobody_is_a_manager_without_a_sign_of_it(text: str) -> None:
    match = CLASSIFIER.classify(text)
    assert match.band
    assert match.band.code != "M"


@pytest.mark.parametrize(
    ("title", "text", "band"),
    [
        ("Call Center Supervisor", "Supervises a team of agents who answer customers' calls.", "M"),
        ("Call Center Agent", "Answers customers' calls about bills. High school diploma.", "U"),
        ("Technical Support Engineer", HELP_DESK + " Bachelor's degree in computer science.", "P"),
        ("Field Service Technician", FIELD + " Trade certificate.", "T"),
    ],
)
def test_the_band_is_a_decision_of_its_own(title: str, text: str, band: str) -> None:
    match = CLASSIFIER.classify(text, title)
    assert match.band
    assert match.band.code == band
    assert match.band.evidence


@pytest.mark.parametrize(
    ("accept", "coverage", "decision"), [(0.7, 0.5, "match"), (0.7, 0.8, "review"), (1.0, 0.5, "review")]
)
def test_accept_and_coverage_are_the_callers(accept: float, coverage: float, decision: str) -> None:
    classifier = Classifier(load_catalogue(), load_vocabulary(), accept=accept, coverage=coverage)
    other = "Cooks meals for the guests of the restaurant. Drives a forklift in the warehouse and picks orders."
    text = f"{HELP_DESK}{MORE_HELP} {other}"
    match = classifier.classify(text, "Technical Support Representative")
    assert (match.coverage, match.decision) == (pytest.approx(2 / 3, abs=1e-4), decision)


# --- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resolves complaints.", True),
        ("Does not resolve complaints.", False),
        ("This role doesn't resolve complaints.", False),
        ("You will never resolve complaints.", False),
        ("Not only resolves complaints but reports on them.", True),
        ("Resolves complaints without delay.", True),
        ("Works without supervision. Resolves complaints.", True),
        ("Reports to the director who resolves complaints.", False),
        ("The branch is managed by others; resolves complaints.", True),
        ("Escalations are handled by the complaint team.", False),
        ("Does not sell or market anything to anybody, and does not resolve complaints.", False),
        ("Does not resolve complaints about the prices of new cars; but elsewhere, resolves complaints.", True),
    ],
)
def test_what_is_denied_or_is_anothers_is_no_evidence(text: str, said: bool) -> None:
    evidence = CLASSIFIER.classify(text + " Settles customers' disputes.").evidence
    assert any("complaint" in one.text for one in evidence) == said


@pytest.mark.parametrize("boss", ["the CEO", "the chief operating officer", "the COO"])
def test_whom_a_job_reports_to_tells_its_rank(boss: str) -> None:
    text = f"""Runs all call centers of the company, on every continent. Reports to {boss}.
    Answers for service levels, quality and cost in the whole network of contact centers."""
    match = CLASSIFIER.classify(text, "SVP Call Centers")
    assert match.code == "AMS020-EX"
    assert any(boss.split()[-1] in one.text for one in match.evidence)


def test_the_name_of_the_boss_is_no_work_of_the_job() -> None:
    text = "Manages the staff in the branch office. Reports to the Customer Service Director."
    chance = {one.code: one.confidence for one in CLASSIFIER.classify(text, "VP Customer Service", 15).alternatives}
    assert chance["AMS010"] > chance["AMS010-EX"]


def test_misspelt_words_are_read_and_noted() -> None:
    match = CLASSIFIER.classify("Troublehsoots custmers' modems by remote session.")
    assert (match.code, [one.kind for one in match.evidence]) == ("AMT010", ["fuzzy"])
    assert any("\u201ctroublehsoots\u201d as \u201ctroubleshoot\u201d" in note for note in match.notes)
    assert match.confidence == CLASSIFIER.classify("Troubleshoots customers' modems by remote session.").confidence


def test_the_note_names_a_word_that_exists() -> None:
    match = CLASSIFIER.classify("Troubleshoots customers' sofware by remote session.")
    assert "Read \u201csofware\u201d as \u201csoftware\u201d." in match.notes


def test_sections_count_as_what_they_are() -> None:
    other = "Feeds the lions every morning.\n"
    duty = "Troubleshoots customers' modems by remote session.\n"
    plain, duties, wanted, ignored = (
        CLASSIFIER.classify(f"{other}{heading}\n{duty}", top=15)
        for heading in ("", "Responsibilities", "Requirements", "Benefits")
    )
    at = {
        name: next(one.confidence for one in match.alternatives if one.code == "AMT010")
        for name, match in (("plain", plain), ("duties", duties), ("requirements", wanted), ("ignored", ignored))
    }
    assert at["plain"] == at["duties"] > at["requirements"] > at["ignored"]


@pytest.mark.parametrize(
    "bullet",
    [
        *("Working at customer sites", "Working at height", "Improves our ways of working", "Explains bonus"),
        *("Meet the team targets daily", "Values accuracy", "Books accommodation", "Lives our core values"),
    ],
)
def test_a_short_duty_is_no_heading(bullet: str) -> None:
    duty = "Troubleshoots customers' modems by remote session.\n"
    found = CLASSIFIER.reader.read(f"- {bullet}\n- {duty}", "").duties
    assert "modems" in found[-1].line.text
    assert found[-1].weight == 1


@pytest.mark.parametrize(
    "heading", ["What you'll be responsible for", "What your days will be like", "_The impact you will have:_"]
)
def test_a_section_that_is_not_read_ends_where_the_duties_begin(heading: str) -> None:
    duty = "Troubleshoots customers' modems by remote session.\n"
    match = CLASSIFIER.classify(f"About the team\nThere are nine of us.\n\n{heading}\n{duty}")
    assert (match.code, match.coverage) == ("AMT010", 1.0)


@pytest.mark.parametrize(
    "bullet", ["- ", "* ", "\u2022 ", "\u00b7 ", "\u25aa", "\u25cf", "\u2013 ", "1. ", "2) ", "(a) ", "o\t", "> "]
)
def test_bullets_of_all_kinds_are_duties(bullet: str) -> None:
    duties = ["Troubleshoots customers' modems", "Resolves support tickets by phone", "Waters the plants every day"]
    text = "".join(f"{bullet}{duty}\n" for duty in duties)
    reading = CLASSIFIER.reader.read(text, "")
    assert [text[slice(*duty.span)].lstrip("1234567890.)(abo\t ") for duty in reading.duties] == duties


def test_bullets_within_a_line_are_duties() -> None:
    text = "\u2022 Troubleshoots modems \u2022 Resolves tickets by phone \u2022 Waters the plants every day"
    assert len(CLASSIFIER.reader.read(text, "").duties) == 3


@settings(max_examples=50)
@given(JOBS)
def test_duties_are_whole_words_in_the_order_of_the_text(job: tuple[str, str]) -> None:
    text, title = job
    end = 0
    for duty in CLASSIFIER.reader.read(text, title).duties:
        start, last = duty.span
        assert end <= start < last <= len(text)
        assert "\n" not in text[start:last]
        end = last


def test_a_line_without_an_end_is_cut_between_words() -> None:
    text = "Resolves customers' complaints and " * 200
    duties = CLASSIFIER.reader.read(text, "").duties
    assert len(duties) > 5
    assert " ".join(text[slice(*duty.span)] for duty in duties) == text.strip()


# --- one classifier for many -----------------------------------------------------------------------------


def jobs() -> list[tuple[str, str | None]]:
    texts = [path.read_text("utf-8") for path in sorted(SAMPLES.glob("*.txt"))]
    return [(text, guess_title(text)) for text in texts] + [
        ("Tehcnical suport of custmers", None),
        ("", "CSR"),
        ("", None),
    ]


def test_two_classifiers_answer_alike() -> None:
    other = Classifier(load_catalogue(), load_vocabulary())
    for text, title in reversed(jobs()):
        assert other.classify(text, title) == CLASSIFIER.classify(text, title)


def test_a_classifier_can_be_pickled_before_and_after_use() -> None:
    fresh = Classifier(load_catalogue(), load_vocabulary())
    expected = [CLASSIFIER.classify(*job) for job in jobs()]
    for sent in (fresh, CLASSIFIER):
        received = pickle.loads(pickle.dumps(sent))
        assert [received.classify(*job) for job in jobs()] == expected


def test_threads_share_a_classifier() -> None:
    expected = [CLASSIFIER.classify(*job) for job in jobs()]
    shared = Classifier(load_catalogue(), load_vocabulary())

    def work(shift: int) -> list[Match]:
        turned = jobs()[shift:] + jobs()[:shift]
        found = [shared.classify(*job) for job in turned]
        return found[len(found) - shift :] + found[: len(found) - shift]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [expected] * 8


def test_what_was_read_before_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [CLASSIFIER.classify(*job) for job in jobs()]
    monkeypatch.setattr("jobcodes.cues._MEMO_LIMIT", 7)
    forgetful = Classifier(load_catalogue(), load_vocabulary())
    assert [forgetful.classify(*job) for job in jobs()] == expected


# --- a catalogue that the vocabulary does not know -------------------------------------------------------


def function(code: str, title: str, *discipline: tuple[str, str]) -> Function:
    disciplines = [
        Job(f"{code}{10 * (i + 1):03}", "discipline", code, name, (text,)) for i, (name, text) in enumerate(discipline)
    ]
    return Function(code, title, "", jobs=tuple(disciplines))


FINANCE = Catalogue(
    "Survey",
    "2026",
    (),
    (
        function(
            "FIN",
            "Finance",
            ("Accounts Payable", "Pays vendor invoices and reconciles supplier statements"),
            ("Treasury", "Manages liquidity, currency hedging and bank relationships"),
        ),
        function("HRM", "Human Resources", ("Recruitment", "Sources candidates and conducts interviews")),
    ),
    "",
)


@pytest.mark.parametrize(
    ("title", "text", "code"),
    [
        ("Accounts Payable Clerk", "Pays invoices of vendors. Reconciles statements with suppliers.", "FIN010"),
        (None, "Hedges currency risk. Manages liquidity and the relationships with our banks.", "FIN020"),
        ("Recruiter", "Interviews candidates. Sources candidates online.", "HRM010"),
        ("Zookeeper", "Feeds the lions. Sweeps the cages.", None),
    ],
)
def test_a_catalogue_without_vocabulary_is_matched_by_its_definitions(
    title: str | None, text: str, code: str | None
) -> None:
    classifier = Classifier(FINANCE, load_vocabulary())
    match = classifier.classify(text, title)
    check(match, text, title or "", 3, FINANCE)
    assert match.code == code


def test_what_the_words_take_for_outside_may_be_inside_of_a_larger_catalogue() -> None:
    shipped = load_catalogue()
    larger = replace(shipped, functions=(*shipped.functions, *FINANCE.functions))
    text = "Enters bills of vendors. Keeps the vendor file. Prepares the payment run. Files statements."
    assert CLASSIFIER.reader.read(text, "").votes["outside"] > 1
    assert Classifier(larger, load_vocabulary()).classify(text).code == "FIN010"


def test_a_vocabulary_can_serve_two_catalogues() -> None:
    text = "Pays invoices of vendors. Reconciles statements with suppliers."
    vocabulary = load_vocabulary()
    expected = Classifier(FINANCE, vocabulary).classify(text)
    Classifier(load_catalogue(), vocabulary).classify(text)
    assert Classifier(FINANCE, vocabulary).classify(text) == expected


@pytest.mark.parametrize(
    "code", ["AMS000", "AMS010", "AMS020", "AMS022", "AMS024", "AMS026", "AMT000", "AMT010", "AMT020"]
)
def test_without_any_vocabulary_a_definition_is_a_job_of_its_code(code: str) -> None:
    classifier = Classifier(load_catalogue(), Vocabulary())
    match = classifier.classify("\n".join(classifier.jobs[code].responsibilities))
    assert match.code == code
    assert {one.kind for one in match.evidence} <= {"keyword", "definition"}


@pytest.mark.parametrize(
    "code", ["AMS000", "AMS010", "AMS020", "AMS022", "AMS024", "AMS026", "AMT000", "AMT010", "AMT020"]
)
def test_a_definition_is_a_job_of_its_code(code: str) -> None:
    assert CLASSIFIER.classify("\n".join(CLASSIFIER.jobs[code].responsibilities)).code == code


# --- the samples -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("chief-customer-officer", "AMS000-EX"),
        ("client-services-coordinator", "AMS010"),
        ("complaints-escalation-specialist", "AMS022"),
        ("contact-center-agent", "AMS020"),
        ("contact-center-process-improvement", "AMS026"),
        ("customer-operations-generalist", "AMS000"),
        ("customer-service-trainer", "AMS999"),
        ("customer-success-manager", None),
        ("field-service-engineer", "AMT020"),
        ("head-of-contact-centres", "AMS020-EX"),
        ("help-desk", "AMT010"),
        ("repair-depot-technician", "AMT999"),
        ("technical-support-generalist", "AMT000"),
        ("vp-customer-relations", "AMS010-EX"),
        ("vp-technical-services", "AMT000-EX"),
        ("workforce-planning-analyst", "AMS024"),
    ],
)
def test_samples(name: str, code: str | None) -> None:
    text = (SAMPLES / f"{name}.txt").read_text("utf-8")
    match = CLASSIFIER.classify(text, guess_title(text))
    check(match, text, guess_title(text) or "", 3)
    assert match.code == code


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Conseiller service client",
            "Répondre aux appels des clients, traiter les commandes et les réclamations par téléphone et par courriel.",
        ),
        (
            "Kundenberater",
            "Sie beantworten Anfragen unserer Kunden am Telefon und per E-Mail und bearbeiten Bestellungen.",
        ),
        ("Agente de call center", "Atender llamadas, resolver quejas y procesar pedidos en la tienda y por teléfono."),
    ],
)
def test_another_language_is_no_more_than_a_guess(title: str, text: str) -> None:
    match = EAGER.classify(text, title)
    assert match.decision in ("review", "none")
    assert match.confidence is not None
    assert match.confidence <= 0.5
    assert "Does not read as English, the language of the vocabulary." in match.notes


@pytest.mark.parametrize(
    "text", ["Answer calls; log tickets; reset passwords; escalate faults; update records; call back customers."]
)
def test_terse_english_is_english(text: str) -> None:
    assert not any("English" in note for note in EAGER.classify(text).notes)
