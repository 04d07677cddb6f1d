"""The shipped catalogue is the publisher's table, word for word."""

from __future__ import annotations

from jobcodes.catalogue import entries, load_catalogue
from jobcodes.model import Band, Job

# Two lines a row: type (Function, Benchmark, Discipline), code, title and the mark of GI CSR US; description.
# "inquires" stands there.
TABLE = """\
F | AMS | Customer Support/Operations | X
Provides new and existing customers with the best possible service in relation to billing inquiries, service requests, suggestions and complaints. Includes Call Center - Outbound, Call Center/Customer Service and e-Commerce Customer Service.
B | AMS000-EX | Top Customer Service/Operations Executive | X
Has primary responsibility for designing, developing and implementing the customer relations programs of the organization in order to maintain high levels of customer service and satisfaction Oversees and directs customer service operations to ensure that customer claims, inquires and complaints are handled fairly and effectively Establishes customer service policies and procedures, in accordance with any relevant regulations Typically has responsibility for all aspects of post-sales service and support, including contact/call center management
B | AMS010-EX | Top Customer Service Executive | X
Has primary responsibility for developing and implementing the customer relations programs of the organization in order to maintain high levels of customer service and satisfaction Oversees and directs customer service operations to ensure that customer claims, inquires and complaints are handled fairly and effectively Establishes customer service policies and procedures, in accordance with any relevant regulations
B | AMS020-EX | Top Customer Contact/Call Center Executive | X
Has primary responsibility for managing the operation of the organization's contact/call centers Ensures that responses to customer inquiries are completed on a timely basis to achieve service and quality standards
D | AMS000 | Customer Support/Operations Generalist/Multidiscipline | X
Provides new and existing customers with the best possible service in relation to billing inquiries, service requests, suggestions and complaints Resolves customer inquiries and complaints fairly and effectively Provides product and service information to customers and identifies upselling opportunities to maintain and increase income streams from customer relationships Recommends and implements programs to support customer needs Responsibilities are within the Customer Support/Operations Function as a generalist or in a combination of Disciplines
D | AMS010 | Customer Service | X
Provides customer services relating to sales, sales promotions, installations and communications Ensures that good customer relations are maintained and customer claims and complaints are resolved fairly, effectively and in accordance with the consumer laws Develops organization-wide initiatives to proactively inform and educate customers Develops improvement plans in response to customer surveys
D | AMS020 | Customer Contact Center Generalist/Multidiscipline | X
Provides timely responses to customer inquiries by telephone and/or email in an in- or outbound service center, consistent with service and quality standards Processes customer orders, bills and accounts, and applications for service, maintenance and termination Troubleshoots and resolves customer complaints
D | AMS022 | Customer Contact Center - Complaints Escalation | X
Ensures that both new and existing customer complaints are handled effectively Resolves more complex complaints escalated by customer contact center staff
D | AMS024 | Customer Contact Center Planning and Monitoring | X
Plans and monitors customer contact center schedules and operations Provides management information and productivity forecasts by observing customer call patterns Develops, monitors and analyzes key performance indicators May schedule call center equipment maintenance and repair appointments
D | AMS026 | Customer Contact Center Process Improvement | X
Analyzes and measures the effectiveness of existing contact center processes and develops sustainable, repeatable and quantifiable process improvements Collects and analyzes contact center activity data and initiates, develops and recommends improvements to systems, processes and procedures to increase productivity and reduce cost Monitors resource requirements, call volume, quality and efficiency of customer contact center operations Collaborates with training resources to provide training on improved processes
D | AMS999 | Customer Support/Operations - No Applicable Discipline | X
Responsibilities are within the Customer Support/Operations Function but are not described in other Discipline summaries
F | AMT | Technical Customer Support | X
Provides post-sale technical support services to customers, including installation, troubleshooting, problem resolution and maintenance. Responds to customer questions regarding operation and malfunctions. Advises customers on preventive maintenance and configuration adjustments to improve product performance and customer satisfaction.
B | AMT000-EX | Technical Customer Support Executive | X
Has primary responsibility for the delivery of one or more technical services for the organization's products Directs services that are typically funded by sales, including standard and escalated technical support, repairs and field service engineering
D | AMT000 | Technical Customer Support Generalist/Multidiscipline | X
Provides post-sale technical support services to customers, including installation, troubleshooting, problem resolution and maintenance of products and services Responsibilities are within the Technical Customer Support Function as a generalist or in a combination of Disciplines
D | AMT010 | Technical Customer Support - Remote/Help Desk | X
Delivers remote (e.g., telephone, online) post-sale troubleshooting and diagnostic support services to ensure that all products and services function properly Resolves technical support inquiries directly or indirectly through on-site and/or remote first-level support representatives
D | AMT020 | Technical Customer Support - Customer Site | X
Delivers post-sale services at customer sites, including installation, maintenance and repair of organization and third-party products and services to ensure that all function properly Ensures customer satisfaction by advising customers on preventive maintenance and configurations that may favorably impact performance
D | AMT999 | Technical Customer Support - No Applicable Discipline | X
Responsibilities are within the Technical Customer Support Function but are not described in other Discipline summaries
"""  # noqa: E501


def test_every_row_word_for_word() -> None:
    rows = []
    for entry in entries(load_catalogue()):
        kind = {"benchmark": "B", "discipline": "D"}[entry.kind] if isinstance(entry, Job) else "F"
        mark = "X" if entry.reports == ("GI CSR US",) else ""
        rows += [f"{kind} | {entry.code} | {entry.title} | {mark}", entry.description]
    assert rows == TABLE.splitlines()


def test_catalogue_itself() -> None:
    catalogue = load_catalogue()
    assert (len(catalogue.functions), len(catalogue), catalogue.edition) == (2, 15, "brief")
    assert catalogue.bands == (
        Band("EX", "Executive"),
        Band("M", "Supervisory/Management"),
        Band("P", "Professional"),
        Band("T", "Technical Support"),
        Band("U", "Business Support"),
        Band("W", "Production"),
    )
    # The source states the bands of AMT only.
    assert {function.code: function.bands for function in catalogue.functions} == {
        "AMS": (),
        "AMT": ("M", "P", "T"),
    }


def test_roles() -> None:
    roles = {job.code: job.role for job in load_catalogue()}
    assert {code: role for code, role in roles.items() if role != "discipline"} == {
        "AMS000-EX": "executive",
        "AMS010-EX": "executive",
        "AMS020-EX": "executive",
        "AMS000": "generalist",
        "AMS999": "residual",
        "AMT000-EX": "executive",
        "AMT000": "generalist",
        "AMT999": "residual",
    }


def test_responsibilities_are_split_between_sentences() -> None:
    for job in load_catalogue():
        for responsibility in job.responsibilities:
            assert responsibility[0].isupper()
            assert responsibility[-1].isalpha()
