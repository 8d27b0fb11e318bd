"""The words that all breach documents share, as types: a language that lacks a group does not type-check.

Owns which words there are: the codes of a breach case, what stands around a fact, and the duties by their names. The
names of the fields stand in `reports.breach.names`. Phrases are plain text and trusted; what fills them is not.
"""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup, Plural


class Codes(PhraseGroup, frozen=True):
    """One word for each value of a code list of `watchfloor.breach`; the tests hold every list against its codes.

    `dpc`, `ei` and `cb` say what a score of ENISA's method means, by names such as `simple.2` or `email.0.75`.
    """

    status: Mapping[str, str]
    breach_type: Mapping[str, str]
    cause: Mapping[str, str]
    discovery: Mapping[str, str]
    person: Mapping[str, str]
    data: Mapping[str, str]
    consequence: Mapping[str, str]
    likelihood: Mapping[str, str]
    risk: Mapping[str, str]
    impact: Mapping[str, str]
    recovery: Mapping[str, str]
    backups: Mapping[str, str]
    measure_state: Mapping[str, str]
    exemption: Mapping[str, str]
    on_behalf: Mapping[str, str]
    precision: Mapping[str, str]
    applies: Mapping[str, str]
    level: Mapping[str, str]
    level_means: Mapping[str, str]
    flag: Mapping[str, str]
    category: Mapping[str, str]
    identifier: Mapping[str, str]
    dpc: Mapping[str, str]
    ei: Mapping[str, str]
    cb_part: Mapping[str, str]
    cb: Mapping[str, str]
    case_status: Mapping[str, str]
    citation: Mapping[str, str]
    recipient: Mapping[str, str]
    deadline: Mapping[str, str]
    phase: Mapping[str, str]
    notice: Mapping[str, str]
    decision: Mapping[str, str]
    approval_role: Mapping[str, str]
    approval: Mapping[str, str]
    happened: Mapping[str, str]
    """Kinds of entries of a case's time line beside those that `words.step` has."""
    duty: Mapping[str, str]
    """By `regime/stage`; for any other the rule's own title stands."""
    advice: Mapping[str, str]
    """Why a notice or a communication is suggested, or not."""
    mark: Mapping[str, str]


class Values(PhraseGroup, frozen=True):
    """How a value of a case is written in plain words."""

    yes: str
    no: str
    about: str
    """An estimate of one number: `{n}`."""
    at_least: str
    between: str
    decimal: str
    """The sign between the whole and the rest of a number."""
    hours: Plural
    persons: Plural
    records: Plural
    accounts: Plural
    special: str
    criminal: str
    minors: str
    vulnerable: str
    owner: str
    due: str
    done: str
    readable: str
    unreadable: str
    key_safe: str
    key_not_safe: str
    all_data: str
    not_all_data: str
    part: str
    score: str
    told: str
    not_told: str
    notify: str
    not_notify: str
    by_on: str
    reason: str
    exempt: str


class Around(PhraseGroup, frozen=True):
    """What stands around facts: their status, their sources, what is missing, what changed, what is due."""

    fact: str
    value: str
    status: str
    source: str
    basis: str
    said_by: str
    from_records: str
    system: str
    known_by: str
    not_said: str
    missing: str
    missing_lead: Plural
    missing_none: str
    missing_field: str
    missing_why: str
    needed_by: str
    open: str
    open_lead: str
    open_none: str
    expected: str
    changes: str
    changes_lead: Plural
    changes_none: str
    changes_first: str
    changed: str
    before: str
    after: str
    added: str
    removed: str
    deadlines: str
    duty: str
    recipient: str
    due: str
    state: str
    left: str
    overdue: str
    at_once: str
    starts_with: str
    provisional: str
    sent: str
    met: str
    rule: str
    rule_unconfirmed: str
    no_deadline: str
    decisions: str
    decided: str
    decided_by: str
    no_decision: str
    waiting: str
    timeline: str
    time: str
    utc: str
    what: str
    who: str
    evidence: str
    hash: str
    collected: str
    kept_by: str
    no_evidence: str
    case: str
    notice: str
    phase: str
    phase_of: str
    version: str
    snapshot: str
    drafted: str
    approved: str
    not_approved: str
    decided_role: str
    controller: str
    processor: str
    authority: str
    officer: str
    subjects: str
    provenance: str
    names_left_out: str
    citations_mean: str
    status_mean: str


class Score(PhraseGroup, frozen=True):
    """ENISA's severity in words."""

    title: str
    formula: str
    dpc: str
    ei: str
    cb: str
    se: str
    level: str
    basic: str
    part: str
    score: str
    meaning: str
    reason: str
    flags: str
    no_flags: str
    overridden: str
    not_scored: str
    method: str
    never_decides: str


class BreachWords(PhraseGroup, frozen=True):
    """All that breach documents share in one language.

    `fields` are the names of fields by their paths. `choices` are the words of codes that one path alone has, by path.
    """

    codes: Codes
    values: Values
    around: Around
    score: Score
    fields: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]] = {}
