"""The code lists of a breach case: persons, data, consequences, causes, and DORA's own words.

Seeded from the authorities' forms and, for DORA, from the supervisors' JSON schema 1.2.1. A code is stable: it stands
in sent notices. Wording for people is the surfaces' matter.
"""

from typing import Final, Literal, TypeAlias, get_args

BreachType: TypeAlias = Literal["confidentiality", "integrity", "availability"]

Cause: TypeAlias = Literal[
    "malicious_external", "malicious_internal", "error", "failure", "loss_theft", "third_party", "unknown"
]

Discovery: TypeAlias = Literal[
    "monitoring", "staff", "customer", "subject", "third_party", "attacker", "authority", "media"
]

PersonCode: TypeAlias = Literal[
    "employees",
    "users",
    "subscribers",
    "students",
    "customers",
    "prospects",
    "patients",
    "children",
    "vulnerable_adults",
    "suppliers",
    "citizens",
    "unknown",
    "other",
]

DataCode: TypeAlias = Literal[
    "basic_id",
    "contact",
    "credentials",
    "economic",
    "official_documents",
    "location",
    "behavioural",
    "communication_content",
    "photo_video",
    "social_no",
    "special_race",
    "special_politics",
    "special_religion",
    "special_union",
    "special_genetic",
    "special_biometric",
    "special_health",
    "special_sex",
    "criminal",
    "unknown",
    "other",
]

Consequence: TypeAlias = Literal[
    "loss_of_control",
    "discrimination",
    "identity_theft",
    "fraud",
    "financial_loss",
    "reversal_of_pseudonymisation",
    "reputation",
    "secrecy_lost",
    "physical",
    "distress",
    "other",
]

DoraStage: TypeAlias = Literal[
    "initial_notification",
    "intermediate_report",
    "final_report",
    "major_incident_reclassified_as_non-major",
]

DoraDiscovery: TypeAlias = Literal[
    "it_security",
    "staff",
    "internal_audit",
    "external_audit",
    "clients",
    "financial_counterparts",
    "third-party_provider",
    "attacker",
    "monitoring_systems",
    "authority_agency_law_enforcement_body",
    "other",
]

DoraType: TypeAlias = Literal[
    "cybersecurity-related", "process_failure", "system_failure", "external_event", "payment-related", "other"
]

DoraTechnique: TypeAlias = Literal[
    "social_engineering_including_phishing",
    "ddos",
    "identity_theft",
    "data_encryption_for_impact_including_ransomware",
    "resource_hijacking",
    "data_exfiltration_and_manipulation_including_identity_theft",
    "data_destruction",
    "defacement",
    "supply-chain_attack",
    "other",
]

DoraRootCause: TypeAlias = Literal[
    "malicious_actions", "process_failure", "system_failure_malfunction", "human_error", "external_event"
]

DoraOtherAuthority: TypeAlias = Literal[
    "police_law_enforcement",
    "csirt",
    "data_protection_authority",
    "national_cybersecurity_agency",
    "none",
    "other",
]

SPECIAL_CATEGORIES: Final = frozenset(code for code in get_args(DataCode) if str(code).startswith("special_"))
"""The data codes of Art. 9 GDPR."""

VULNERABLE_PERSONS: Final[frozenset[PersonCode]] = frozenset({"children", "patients", "vulnerable_adults"})
"""The person codes whose people are less able than others to protect themselves."""
