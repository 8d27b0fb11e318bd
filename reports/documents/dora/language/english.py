"""The DORA report in English."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.phrases import Plural

ENGLISH: Final = DoraWords(
    kind="DORA incident report",
    stage={
        "initial_notification": "Initial notification",
        "intermediate_report": "Intermediate report",
        "intermediate_update": "Updated intermediate report",
        "final_report": "Final report",
        "major_incident_reclassified_as_non-major": "Major incident reclassified as non-major",
    },
    decision={
        "yes": "Decided: it is a major ICT-related incident.",
        "no": "Decided: it is no major ICT-related incident.",
        "open": "Nobody has decided yet whether it is a major ICT-related incident.",
    },
    rules={
        "yes": "By the rules it is a major ICT-related incident.",
        "no": "By the rules it is no major ICT-related incident.",
        "open": "By what has been stated, the rules cannot tell yet whether it is a major ICT-related incident.",
    },
    how="Regulation (EU) 2024/1772, Art. 8: critical services are affected, and either there was malicious "
    "access that may lead to data losses, or at least {n} of the other criteria are met.",
    differs_from_stated="Stated in field 2.5: {stated}. Met by the rules: {found}.",
    criteria={
        "critical_services": "Critical services are affected",
        "malicious_access": "Successful, malicious and unauthorised access that may lead to data losses",
        "clients_counterparts_transactions": (
            "More than {clients_percent} % or {clients} of the clients of the service, more than "
            "{counterparts_percent} % of the financial counterparts, more than {transactions_percent} % of "
            "the daily number or value of transactions, or a relevant client or counterpart"
        ),
        "reputation": "Media, repeated complaints, regulatory requirements missed, or clients lost",
        "duration_downtime": "Longer than {duration}, or critical services down for more than {downtime}",
        "geographical_spread": "An impact in {states} member states or more",
        "data_losses": (
            "Loss of availability, authenticity, integrity or confidentiality of data with an adverse impact"
        ),
        "economic_impact": "Costs and losses above EUR {cost}",
    },
    submission="Type of report",
    reference="Incident reference of the financial entity",
    data_title="The report as data for the supervisor",
    data_whole="The attached JSON has all that the schema of the supervisory authorities demands at this stage.",
    data_open=Plural(
        "The attached JSON is not ready to be filed: one entry of the schema is open.",
        "The attached JSON is not ready to be filed: {n} entries of the schema are open.",
    ),
    data_lead="Attached as {name}, by the JSON schema 1.2.1 of EBA, EIOPA and ESMA. It holds the same facts as "
    "this report and nothing else; what is not stated is left out.",
    data_description="Incident report for the financial supervisor, JSON schema 1.2.1",
    why="Why it does not stand in the data",
    faults={
        "lei": "No valid LEI: form or check digits are wrong.",
        "email": "No mail address of the form that the schema takes.",
        "phone": "No telephone number of the form that the schema takes.",
        "too_long": "Longer than the schema takes.",
        "too_many_days": "Longer than 999 days.",
        "share": "The part is larger than the whole; the number is reported without its share.",
        "currency": "The case keeps euro; the report is in another currency.",
        "country": "Not a state of the European Economic Area by its code.",
        "incomplete": "Stated, and without a part that the schema demands.",
        "schema": "Not as the schema wants it at this place of the data.",
    },
    attached="All facts of this report are attached as {json}, and the report for the supervisor as {report}.",
)
