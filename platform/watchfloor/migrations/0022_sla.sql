-- The service agreement: what was agreed at a time, how far each incident's stages and clocks are, and which warnings
-- were given. All of it but the warnings can be worked out anew from the timeline and the agreement.
--
-- An agreement is named by the hash of its content and never changes. `body` is the JSON of `incidents.sla.Agreement`.
create table wf.sla_agreements (
  tenant_id uuid not null,
  version text not null check (version ~ '^[0-9a-f]{32}$'),
  body jsonb not null check (length(body::text) <= 100000),
  first_used_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
call private.isolate('wf.sla_agreements');
grant select, insert on wf.sla_agreements to wf_app, wf_bot;
grant select on wf.sla_agreements to wf_report;

-- An incident that waits on the customer has the instant since when, one that was laid aside the instant until when.
create table wf.incident_stages (
  tenant_id uuid not null,
  incident_id uuid not null,
  agreement text not null check (length(agreement) = 32),
  severity text not null check (severity in ('informational', 'low', 'medium', 'high', 'critical')),
  alerted_at timestamptz not null,
  acknowledged_at timestamptz,
  decided_at timestamptz,
  contained_at timestamptz,
  resolved_at timestamptz,
  waiting_since timestamptz,
  snoozed_until timestamptz,
  primary key (tenant_id, incident_id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create index incident_stages_snoozed on wf.incident_stages (tenant_id, snoozed_until) where snoozed_until is not null;
create index incident_stages_alerted on wf.incident_stages (tenant_id, alerted_at);
call private.isolate('wf.incident_stages');
grant select, insert, update on wf.incident_stages to wf_app, wf_bot;
grant select on wf.incident_stages to wf_report;

-- `allowed`, `elapsed` and `paused` are counted time. A clock without a deadline stands, or its incident became part
-- of another.
create table wf.incident_sla (
  tenant_id uuid not null,
  incident_id uuid not null,
  target text not null check (target in ('acknowledge', 'resolve')),
  severity text not null check (severity in ('informational', 'low', 'medium', 'high', 'critical')),
  allowed interval not null,
  started_at timestamptz not null,
  measured_at timestamptz not null,
  elapsed interval not null,
  paused interval not null,
  paused_since timestamptz,
  warns_at timestamptz,
  deadline timestamptz,
  met_at timestamptz,
  breached_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, incident_id, target),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create index incident_sla_due on wf.incident_sla (tenant_id, warns_at)
  where met_at is null
    and ended_at is null;
call private.isolate('wf.incident_sla');
grant select, insert, update on wf.incident_sla to wf_app, wf_bot;
grant select on wf.incident_sla to wf_report;

-- One row for each point of a clock that was told of: three quarters used up (`risk`), the deadline passed (`breach`).
create table wf.sla_warnings (
  tenant_id uuid not null,
  incident_id uuid not null,
  target text not null check (target in ('acknowledge', 'resolve')),
  point text not null check (point in ('risk', 'breach')),
  due_at timestamptz not null,
  at timestamptz not null default now(),
  primary key (tenant_id, incident_id, target, point),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
call private.isolate('wf.sla_warnings');
grant select, insert on wf.sla_warnings to wf_app;
grant select on wf.sla_warnings to wf_bot, wf_report;
