"""A document as a PDF file, in this process.

Owns the order of the steps: check, words, page, attachments, press. It trusts no text in the facts, but it has no walls
around it: services call `reports.sandbox.render_in_sandbox`, which runs this in a process of its own.
"""

import hashlib
from datetime import UTC

from reports.documents.table import document_of
from reports.facts import ReportFacts
from reports.handover import encode
from reports.language.locale import locale_for
from reports.logo import LOGO, drawn
from reports.press import Press
from reports.sheet import Attached, Printed, Sheet


def render(report: ReportFacts, press: Press) -> Printed:
    """The report, laid out for its tenant's language and time zone, with its data attached.

    The same report gives the same bytes. Raises Invalid if the facts disagree, or if language or time zone
    are unknown.
    """
    document = document_of(report)
    document.check(report)
    locale = locale_for(report.customer.language, report.customer.time_zone)
    data = encode(report)
    digest = hashlib.sha256(data).hexdigest()
    paper = document.lay_out(report, locale, digest)
    look = report.provider.look
    facts = Attached(name=document.data_name, description=paper.data_description, content=data, relationship="Data")
    return press.print(
        Sheet(
            html=paper.html,
            attached=[facts, *paper.supplements],
            report_id=report.id,
            data_sha256=digest,
            created=report.generated_at.astimezone(UTC),
            images={} if look is None or look.logo is None else {LOGO: drawn(look.logo, plate=look.headings)},
        )
    )
