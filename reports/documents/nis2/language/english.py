"""The NIS2 report in English."""

from typing import Final

from reports.documents.nis2.language.phrases import Nis2Words

ENGLISH: Final = Nis2Words(
    kind="NIS2 incident report",
    own_kind="NIS2 incident report of the service provider",
    stage={
        "early_warning": "Early warning",
        "notification": "Incident notification",
        "intermediate": "Intermediate report",
        "progress": "Progress report",
        "final": "Final report",
    },
    decision={
        "yes": "Decided: it is a significant incident.",
        "no": "Decided: it is no significant incident.",
        "open": "Nobody has decided yet whether it is a significant incident.",
    },
    rules={
        "yes": "By the rules it is a significant incident.",
        "no": "By the rules it is no significant incident.",
        "open": "By what has been stated, the rules cannot tell yet whether it is a significant incident.",
        "maintenance": "By the rules it is no significant incident: the maintenance was planned.",
    },
    by_person="For this kind of entity a person judges by Art. 23(3) of Directive (EU) 2022/2555: severe "
    "disruption or financial loss for the entity, or considerable damage to others, whether it has come"
    " or can come.",
    for_providers="The criteria below are those of Implementing Regulation (EU) 2024/2690 and hold for the digital "
    "providers that it names.",
    criteria={
        "Art. 3(1)(a)": (
            "Direct financial loss above EUR {loss} or {turnover} % of the turnover of the previous year, "
            "whichever is lower"
        ),
        "Art. 3(1)(b)": "Trade secrets were exfiltrated",
        "Art. 3(1)(c)": "A natural person has died, or may die",
        "Art. 3(1)(d)": "Considerable damage to a natural person's health, or its possibility",
        "Art. 3(1)(e)": "Successful, suspectedly malicious access that can disrupt operations severely",
        "Art. 10(a)": "The service is completely unavailable for more than {down}",
        "Art. 10(b)": (
            "The service is limited for more than {limited}, for more than {percent} % or {users} of its "
            "users in the Union, whichever is lower"
        ),
        "Art. 10(c)": "Data of the service are hit by a suspectedly malicious act",
        "Art. 10(d)": "Data are hit of more than {percent} % or {users} of the users in the Union, whichever is lower",
    },
)
