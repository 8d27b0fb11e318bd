-- Alerts, incidents, what surfaces show of them, and reports. Statuses are text with a check, never an enum:
-- enum comparison is not leakproof, so row-level security would keep it from using an index.
--
-- Values that may be personal data (entities, notes, events) are sealed with the tenant's key; equality is
-- looked up through a keyed hash beside them.
create table wf.incidents (
  tenant_id uuid not null,
  id uuid not null,
  number bigint not null check (number > 0),
  title text not null check (length(title) <= 300),
  severity text not null check (severity in ('informational', 'low', 'medium', 'high', 'critical')),
  state text not null check (state in ('new', 'acknowledged', 'contained', 'resolved', 'closed')),
  assignee_id uuid,
  verdict text check (verdict in ('true_positive', 'benign', 'false_positive', 'inconclusive')),
  verdict_reason bytea,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  opened_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  contained_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  revision bigint not null default 1,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  check ((verdict is null) = (verdict_reason is null))
);
create unique index incidents_number on wf.incidents (tenant_id, number);
create index incidents_queue on wf.incidents (tenant_id, state, opened_at);
create index incidents_recent on wf.incidents (tenant_id, opened_at, id);
call private.isolate('wf.incidents');
grant select, insert, update, delete on wf.incidents to wf_app;
grant select, update on wf.incidents to wf_bot;
grant select on wf.incidents to wf_report;

create table wf.incident_entities (
  tenant_id uuid not null,
  incident_id uuid not null,
  kind text not null check (length(kind) <= 32),
  value_index bytea not null check (length(value_index) = 16),
  value bytea not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (tenant_id, incident_id, kind, value_index),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create index incident_entities_value on wf.incident_entities (tenant_id, value_index);
call private.isolate('wf.incident_entities');
grant select, insert, update, delete on wf.incident_entities to wf_app;
grant select on wf.incident_entities to wf_bot, wf_report;

create table wf.incident_timeline (
  tenant_id uuid not null,
  id uuid not null,
  incident_id uuid not null,
  at timestamptz not null default now(),
  kind text not null check (length(kind) <= 32),
  actor_kind text not null check (actor_kind in ('person', 'api_key', 'feed', 'system')),
  actor_id text not null check (length(actor_id) <= 64),
  body bytea not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create index incident_timeline_order on wf.incident_timeline (tenant_id, incident_id, at, id);
call private.isolate('wf.incident_timeline');
grant select, insert on wf.incident_timeline to wf_app, wf_bot;
grant select on wf.incident_timeline to wf_report;

create table wf.alerts (
  tenant_id uuid not null,
  id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  rule_hash text not null check (length(rule_hash) <= 64),
  rule jsonb not null,
  title text not null check (length(title) <= 300),
  severity text not null check (severity in ('informational', 'low', 'medium', 'high', 'critical')),
  dedup_index bytea not null check (length(dedup_index) = 16),
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  created_at timestamptz not null default now(),
  match_count bigint not null check (match_count > 0),
  incident_id uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create unique index alerts_dedup on wf.alerts (tenant_id, rule_id, dedup_index, first_seen);
create index alerts_recent on wf.alerts (tenant_id, rule_id, dedup_index, last_seen);
create index alerts_incident on wf.alerts (tenant_id, incident_id);
create index alerts_created on wf.alerts (tenant_id, created_at);
call private.isolate('wf.alerts');
grant select, insert, update, delete on wf.alerts to wf_app;
grant select on wf.alerts to wf_bot, wf_report;

-- The events of an alert. The key alone is kept for each, so that a redelivered event is never counted twice;
-- the first ones also with their sealed body, as evidence.
create table wf.alert_events (
  tenant_id uuid not null,
  alert_id uuid not null,
  event_key bytea not null check (length(event_key) = 16),
  occurred_at timestamptz not null,
  source text not null check (length(source) <= 64),
  body bytea,
  primary key (tenant_id, alert_id, event_key),
  foreign key (tenant_id, alert_id) references wf.alerts (tenant_id, id)
);
-- Whatever time a redelivered event claims, it is found by its key.
create index alert_events_key on wf.alert_events (tenant_id, event_key);
call private.isolate('wf.alert_events');
grant select, insert, delete on wf.alert_events to wf_app;
grant select on wf.alert_events to wf_bot, wf_report;

create table wf.alert_entities (
  tenant_id uuid not null,
  alert_id uuid not null,
  kind text not null check (length(kind) <= 32),
  value_index bytea not null check (length(value_index) = 16),
  value bytea not null,
  primary key (tenant_id, alert_id, kind, value_index),
  foreign key (tenant_id, alert_id) references wf.alerts (tenant_id, id)
);
create index alert_entities_value on wf.alert_entities (tenant_id, value_index);
call private.isolate('wf.alert_entities');
grant select, insert, delete on wf.alert_entities to wf_app;
grant select on wf.alert_entities to wf_bot, wf_report;

-- The newest revision that each surface has shown of an incident: chat is a projection of the record.
create table wf.cards (
  tenant_id uuid not null,
  incident_id uuid not null,
  surface text not null check (surface in ('console', 'discord')),
  revision bigint not null,
  message text not null check (length(message) <= 128),
  shown_at timestamptz not null default now(),
  primary key (tenant_id, incident_id, surface),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
call private.isolate('wf.cards');
grant select, insert, update, delete on wf.cards to wf_bot;
grant select on wf.cards to wf_app;

create table wf.reports (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('incident')),
  incident_id uuid not null,
  language text not null check (language ~ '^[a-z]{2}$'),
  state text not null check (state in ('queued', 'ready', 'failed')),
  requested_by text not null check (length(requested_by) <= 64),
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  path text check (length(path) <= 300),
  sha256 bytea check (length(sha256) = 32),
  bytes bigint,
  pages integer,
  error text check (length(error) <= 1000),
  primary key (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  check ((state = 'ready') = (sha256 is not null and path is not null))
);
create index reports_incident on wf.reports (tenant_id, incident_id);
create index reports_created on wf.reports (tenant_id, created_at);
call private.isolate('wf.reports');
grant select, insert on wf.reports to wf_app, wf_bot;
grant select, update on wf.reports to wf_report;
