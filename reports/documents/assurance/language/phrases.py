"""The phrases of the assurance report, as types: a language that lacks one does not type-check.

Owns which phrases there are and what each may be filled with (`{name}`). Names of measures and of faults of feeds are
those of the service report.
"""

from collections.abc import Mapping

from reports.documents.assurance.facts import Addressee, Area, ChangeKind, Decision, Ended, Position
from reports.language.phrases import PhraseGroup


class AssuranceWords(PhraseGroup, frozen=True):
    """All that the assurance report says in one language, beside what every document says."""

    kind: str
    title: str
    looked: str
    fig_people: str
    fig_days: str
    fig_reason: str
    fig_exports: str
    fig_hands: str
    by_person: str
    no_access: str
    justified: str
    justified_all: str
    justified_some: str
    justified_none: str
    unexplained: str
    judge: str
    do: str
    do_now: str
    do_review: str
    ask_chain: str
    ask_unchecked: str
    ask_unexplained: str
    ask_exports: str
    ask_hands: str
    ask_keys: str
    ask_processors_new: str
    ask_processors_missing: str
    ask_notices: str
    ask_incidents: str
    ask_review: str
    more_numbers: str
    number: str
    value: str
    means: str
    actions: str
    actions_value: str
    actions_means: str
    promises: str
    promises_value: str
    promises_means: str
    notices: str
    notices_means: str
    chain: str
    chain_sound: str
    chain_faults: str
    chain_unchecked: str
    chain_means: str
    chain_detail: str
    who: str
    person: str
    role: str
    since: str
    until: str
    no_end: str
    nobody: str
    granted_by: str
    no_granter: str
    roles: Mapping[Position, str]
    changes: str
    no_changes: str
    change_kinds: Mapping[ChangeKind, str]
    by: str
    whose: str
    customers_changes: str
    keys: str
    no_keys: str
    last_used: str
    never: str
    key: str
    owner_gone: str
    restricted: str
    emergency: str
    at: str
    what: str
    entries: str
    reason: str
    no: str
    access: str
    access_lead: str
    by_area: str
    by_day: str
    areas: Mapping[Area, str]
    area: str
    reads: str
    changed: str
    taken: str
    day: str
    reason_other: str
    hands: str
    hands_lead: str
    no_hands: str
    account: str
    times: str
    decided_head: str
    decided: str
    decisions: Mapping[Decision, str]
    no_decided: str
    outcome: str
    outcomes: Mapping[Ended, str]
    voted: str
    vote_for: str
    vote_against: str
    nobody_voted: str
    incident: str
    processors: str
    as_of: str
    processors_missing: str
    no_processors: str
    company: str
    purpose: str
    place: str
    term: str
    safeguard: str
    is_new: str
    is_announced: str
    kept: str
    kept_missing: str
    kept_by: str
    own: str
    own_missing: str
    no_own: str
    began: str
    effect: str
    to: str
    addressees: Mapping[Addressee, str]
    drafted: str
    sent: str
    not_sent: str
    no_notices: str
    outages: str
    no_outages: str
    feed: str
    cause: str
    lasted: str
    going_on: str
    targets: str
    median: str
    p95: str
    target: str
    cases: str
    integrity: str
    sealed: str
    delivered: str
    no_delivered: str
    hash: str
    more: str
    limits_head: str
    limits: tuple[str, ...]
