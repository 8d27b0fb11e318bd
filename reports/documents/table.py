"""All documents, by kind. A new document is one line here, and one in `reports.collecting`."""

from collections.abc import Mapping
from typing import Final

from reports.document import Document
from reports.documents.assurance.document import ASSURANCE
from reports.documents.breach_decisions.document import BREACH_DECISIONS
from reports.documents.breach_notice.document import BREACH_NOTICE
from reports.documents.breach_notification.document import BREACH_NOTIFICATION
from reports.documents.breach_register.document import BREACH_REGISTER
from reports.documents.controls.document import CONTROLS
from reports.documents.dora.document import DORA
from reports.documents.incident.document import INCIDENT
from reports.documents.nis2.document import NIS2
from reports.documents.service.document import SERVICE
from reports.documents.subject_letter.document import SUBJECT_LETTER
from reports.facts import ReportFacts
from watchfloor.kernel.errors import Invalid

DOCUMENTS: Final[Mapping[str, Document]] = {
    document.kind: document
    for document in (
        INCIDENT,
        CONTROLS,
        SERVICE,
        BREACH_NOTICE,
        BREACH_NOTIFICATION,
        BREACH_DECISIONS,
        BREACH_REGISTER,
        SUBJECT_LETTER,
        NIS2,
        DORA,
        ASSURANCE,
    )
}


def document_of(facts: ReportFacts) -> Document:
    """The document that these facts are of. Raises Invalid for facts of no known kind."""
    for document in DOCUMENTS.values():
        if isinstance(facts, document.facts):
            return document
    raise Invalid(f"There is no document for {type(facts).__name__}.", where="report")
