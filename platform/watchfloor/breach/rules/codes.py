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

DoraEntity: TypeAlias = Literal[
    "credit_institution",
    "payment_institution",
    "exempted_payment_institution",
    "account_information_service_provider",
    "electronic_money_institution",
    "exempted_electronic_money_institution",
    "investment_firm",
    "crypto-asset_service_provider",
    "issuer_of_asset-referenced_tokens",
    "central_securities_depository",
    "central_counterparty",
    "trading_venue",
    "trade_repository",
    "manager_of_alternative_investment_fund",
    "management_company",
    "data_reporting_service_provider",
    "insurance_and_reinsurance_undertaking",
    "insurance_intermediary_reinsurance_intermediary_and_ancillary_insurance_intermediary",
    "institution_for_occupational_retirement_provision",
    "credit_rating_agency",
    "administrator_of_critical_benchmarks",
    "crowdfunding_service_provider",
    "securitisation_repository",
]

DoraCurrency: TypeAlias = Literal["EUR", "BGN", "CZK", "DKK", "HUF", "PLN", "RON", "ISK", "CHF", "NOK", "SEK"]

DoraRootCauseDetail: TypeAlias = Literal[
    "malicious_actions_deliberate_internal_actions",
    "malicious_actions_deliberate_physical_damage_manipulation_theft",
    "malicious_actions_fraudulent_actions",
    "process_failure_insufficient_monitoring_or_failure_of_monitoring_and_control",
    "process_failure_insufficient_unclear_roles_and_responsibilities",
    "process_failure_ICT_risk_management_process_failure",
    "process_failure_insufficient_or_failure_of_ict_operations_and_ict_security_operations",
    "process_failure_insufficient_or_failure_of_ict_project_management",
    "process_failure_inadequacy_of_internal_policies_procedures_and_documentation",
    "process_failure_inadequate_ict_systems_acquisition_development_and_maintenance",
    "process_failure_other",
    "system_failure_hardware_capacity_and_performance",
    "system_failure_hardware_maintenance",
    "system_failure_hardware_obsolescence_ageing",
    "system_failure_software_compatibility_configuration",
    "system_failure_software_performance",
    "system_failure_network_configuration",
    "system_failure_physical_damage",
    "system_failure_other",
    "human_error_omission",
    "human_error_mistake",
    "human_error_skills_knowledge",
    "human_error_inadequate_human_resources",
    "human_error_miscommunication",
    "human_error_other",
    "external_event_natural_disasters_force_majeure",
    "external_event_third-party_failures",
    "external_event_other",
]

DoraRootCauseFurther: TypeAlias = Literal[
    "monitoring_of_policy_adherence",
    "monitoring_of_third-party_service_providers",
    "monitoring_and_verification_of_remediation_of_vulnerabilities",
    "identity_and_access_management",
    "encryption_and_cryptography",
    "logging",
    "failure_in_specifying_accurate_risk_tolerance_levels",
    "insufficient_vulnerability_and_threat_assessments",
    "inadequate_risk_treatment_measures",
    "poor_management_of_residual_ict_risks",
    "vulnerability_and_patch_management",
    "change_management",
    "capacity_and_performance_management",
    "ict_asset_management_and_information_classification",
    "backup_and_restore",
    "error_handling",
    "inadequate_ict_systems_acquisition_development_and_maintenance",
    "insufficient_or_failure_of_software_testing",
]

SPECIAL_CATEGORIES: Final = frozenset(code for code in get_args(DataCode) if str(code).startswith("special_"))
"""The data codes of Art. 9 GDPR."""

VULNERABLE_PERSONS: Final[frozenset[PersonCode]] = frozenset({"children", "patients", "vulnerable_adults"})
"""The person codes whose people are less able than others to protect themselves."""
