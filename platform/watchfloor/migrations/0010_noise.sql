-- Noise, rule health and coverage: what each rule does in each tenant, what it costs, and which log sources come in.
--
-- An alert with `held_keys` is the standing one of an hour in which its rule was throttled: it gathers the matches of
-- so many dedup keys that would have opened alerts of their own.
alter table wf.alerts add column held_keys bigint check (held_keys > 0);

-- One row a rule that ever matched, and the flag of one that is throttled now: since when, when last, how much.
create table wf.rule_states (
  tenant_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  title text not null check (length(title) <= 300),
  level text not null check (level in ('informational', 'low', 'medium', 'high', 'critical')),
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  throttled_since timestamptz,
  throttled_last timestamptz,
  held_matches bigint not null default 0 check (held_matches >= 0),
  held_keys bigint not null default 0 check (held_keys >= 0),
  primary key (tenant_id, rule_id),
  check ((throttled_since is null) = (throttled_last is null))
);
create index rule_states_throttled on wf.rule_states (tenant_id, throttled_last);
call private.isolate('wf.rule_states');
grant select, insert, update, delete on wf.rule_states to wf_app;
grant select on wf.rule_states to wf_bot, wf_report;

-- What a rule did in an hour of receipt: matches that count, alerts opened, of those the ones that the reserve let
-- through, and what was held together instead.
create table wf.rule_hours (
  tenant_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  hour timestamptz not null,
  matches bigint not null default 0,
  opened bigint not null default 0,
  reserved bigint not null default 0,
  held_matches bigint not null default 0,
  held_keys bigint not null default 0,
  primary key (tenant_id, rule_id, hour)
);
create index rule_hours_age on wf.rule_hours (tenant_id, hour);
call private.isolate('wf.rule_hours');
grant select, insert, update, delete on wf.rule_hours to wf_app;
grant select on wf.rule_hours to wf_bot, wf_report;

-- What a rule opened or held an alert for lately, by keyed hash: how a newcomer is told from the storm.
create table wf.rule_subjects (
  tenant_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  subject_index bytea not null check (length(subject_index) = 16),
  seen_at timestamptz not null,
  primary key (tenant_id, rule_id, subject_index)
);
create index rule_subjects_age on wf.rule_subjects (tenant_id, seen_at);
call private.isolate('wf.rule_subjects');
grant select, insert, update, delete on wf.rule_subjects to wf_app;

-- The dedup keys that a standing alert gathers, so that each counts once.
create table wf.held_keys (
  tenant_id uuid not null,
  alert_id uuid not null,
  dedup_index bytea not null check (length(dedup_index) = 16),
  hour timestamptz not null,
  primary key (tenant_id, alert_id, dedup_index),
  foreign key (tenant_id, alert_id) references wf.alerts (tenant_id, id)
);
create index held_keys_age on wf.held_keys (tenant_id, hour);
call private.isolate('wf.held_keys');
grant select, insert, delete on wf.held_keys to wf_app;

-- What a rule cost on a tenant's events, by day: how many of them it had to look at closely, and for how long.
create table wf.rule_costs (
  tenant_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  day date not null,
  candidates bigint not null check (candidates >= 0),
  nanoseconds bigint not null check (nanoseconds >= 0),
  primary key (tenant_id, rule_id, day)
);
create index rule_costs_age on wf.rule_costs (tenant_id, day);
call private.isolate('wf.rule_costs');
grant select, insert, update, delete on wf.rule_costs to wf_app;

-- Which Sigma log sources each feed really brought, by day of receipt. A part that an event has not is empty.
create table wf.source_days (
  tenant_id uuid not null,
  feed_id uuid not null,
  day date not null,
  product text not null check (length(product) <= 64),
  category text not null check (length(category) <= 64),
  service text not null check (length(service) <= 64),
  events bigint not null check (events > 0),
  last_event_at timestamptz not null,
  primary key (tenant_id, feed_id, day, product, category, service),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index source_days_age on wf.source_days (tenant_id, day);
call private.isolate('wf.source_days');
grant select, insert, update, delete on wf.source_days to wf_app;
grant select on wf.source_days to wf_bot, wf_report;
