-- Evidence for controls: what people enter where nothing is measured, the numbers that a tenant holds itself to beyond
-- the usual ones, and when each stored segment was last compared with its hash.
--
-- An entry is written once; what was wrong is withdrawn and entered again. `numerator` of `denominator` is a share,
-- `value` any other number, `happened_on` the day from which an age is counted; an entry with neither says that
-- something was done, for the incident or the month that it names. `valid_until` is the day after the last one.
create table wf.evidence_entries (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind ~ '^E[0-9]{2}$'),
  metric text not null check (metric ~ '^[a-z][a-z0-9_]{0,39}$'),
  value double precision check (value >= 0),
  numerator bigint check (numerator between 0 and denominator),
  denominator bigint check (denominator > 0),
  happened_on date,
  incident_id uuid,
  valid_from date not null,
  valid_until date not null,
  note bytea not null check (length(note) <= 16384),
  document_sha256 bytea check (length(document_sha256) = 32),
  document_path text check (length(document_path) <= 300),
  document_name bytea check (length(document_name) <= 1024),
  entered_by text not null check (length(entered_by) <= 64),
  entered_at timestamptz not null default now(),
  withdrawn_by text check (length(withdrawn_by) <= 64),
  withdrawn_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  check (valid_from < valid_until),
  check ((numerator is null) = (denominator is null)),
  check (num_nonnulls(value, numerator, happened_on) <= 1),
  check (num_nonnulls(document_sha256, document_path, document_name) in (0, 3)),
  check ((withdrawn_by is null) = (withdrawn_at is null))
);
create index evidence_entries_made on wf.evidence_entries (tenant_id, entered_at, id);
create index evidence_entries_incident on wf.evidence_entries (tenant_id, incident_id);
call private.isolate('wf.evidence_entries');
grant select, insert on wf.evidence_entries to wf_app;
grant update (withdrawn_by, withdrawn_at) on wf.evidence_entries to wf_app;
grant select on wf.evidence_entries to wf_report;

-- Never looser than the usual number; who reads it takes the stricter one of it and what a standard fixes.
create table wf.evidence_thresholds (
  tenant_id uuid not null,
  kind text not null check (kind ~ '^E[0-9]{2}$'),
  metric text not null check (metric ~ '^[a-z][a-z0-9_]{0,39}$'),
  number double precision not null check (number >= 0),
  set_by text not null check (length(set_by) <= 64),
  set_at timestamptz not null default now(),
  primary key (tenant_id, kind, metric)
);
call private.isolate('wf.evidence_thresholds');
grant select, insert, update, delete on wf.evidence_thresholds to wf_app;
grant select on wf.evidence_thresholds to wf_report;

create table wf.segment_checks (
  tenant_id uuid not null,
  segment_id uuid not null,
  checked_at timestamptz not null,
  is_good boolean not null,
  primary key (tenant_id, segment_id)
);
create index segment_checks_age on wf.segment_checks (tenant_id, checked_at);
call private.isolate('wf.segment_checks');
grant select, insert, update, delete on wf.segment_checks to wf_app;
grant select on wf.segment_checks to wf_report;

-- What is counted over a period is found by its time.
create index audit_entries_time on wf.audit_entries (tenant_id, at);
create index incidents_closed on wf.incidents (tenant_id, closed_at) where closed_at is not null;
create index feed_alarms_raised on wf.feed_alarms (tenant_id, raised_at);
create index lake_segments_day on wf.lake_segments (tenant_id, day);

-- Documents of evidence are made as the reports' role.
grant select on wf.handovers, wf.rule_settings to wf_report;
grant select (tenant_id, id, state, enrolled_at, last_seen_at) on wf.osquery_nodes to wf_report;
