-- Work on incidents: how urgent each is and why, what opened it, which became part of which, what a person said of its
-- severity; verdicts by rule; what the tenant's things are worth.
--
-- `merged_into` is the incident that this one became a part of, as `wf.incident_merges` has it: it is closed and has no
-- alerts of its own. `rated_from` is the severity of the worst alert when a person set the incident's: only something
-- worse raises it again.
alter table wf.incidents
  add column score smallint not null default 0 check (score between 0 and 100),
  add column score_reasons jsonb not null default '[]' check (length(score_reasons::text) <= 4000),
  add column rated_from text check (rated_from in ('informational', 'low', 'medium', 'high', 'critical')),
  add column merged_into uuid check (merged_into is null or (merged_into <> id and state = 'closed'));

-- What opened an incident: a rule, by itself (`alert`), for somebody whom a storm had not concerned (`newcomer`), or
-- for all that a storm of the rule brings (`storm`); or a person (`split`). `gathered` counts the alerts that a storm
-- added, `told` how many of them its timeline speaks of.
create table wf.incident_origins (
  tenant_id uuid not null,
  incident_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  kind text not null check (kind in ('alert', 'newcomer', 'storm', 'split')),
  newcomer text check (length(newcomer) <= 32),
  opened_at timestamptz not null default now(),
  gathered bigint not null default 0 check (gathered >= 0),
  told bigint not null default 0 check (told >= 0),
  last_at timestamptz not null default now(),
  primary key (tenant_id, incident_id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  check ((kind = 'newcomer') = (newcomer is not null))
);
create index incident_origins_opened on wf.incident_origins (tenant_id, opened_at);
create index incident_origins_storms on wf.incident_origins (tenant_id, rule_id, last_at) where kind = 'storm';
call private.isolate('wf.incident_origins');
grant select, insert, update, delete on wf.incident_origins to wf_app;
grant select, insert on wf.incident_origins to wf_bot;
grant select on wf.incident_origins to wf_report;

-- A merge that stands, with the state to which undoing it leads back, and the alerts that came by it.
create table wf.incident_merges (
  tenant_id uuid not null,
  incident_id uuid not null,
  into_id uuid not null,
  state text not null check (state in ('new', 'acknowledged', 'contained', 'resolved')),
  at timestamptz not null default now(),
  primary key (tenant_id, incident_id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  foreign key (tenant_id, into_id) references wf.incidents (tenant_id, id)
);
create index incident_merges_into on wf.incident_merges (tenant_id, into_id);
call private.isolate('wf.incident_merges');
grant select, insert, delete on wf.incident_merges to wf_app, wf_bot;
grant select on wf.incident_merges to wf_report;

create table wf.merged_alerts (
  tenant_id uuid not null,
  incident_id uuid not null,
  alert_id uuid not null,
  primary key (tenant_id, incident_id, alert_id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  foreign key (tenant_id, alert_id) references wf.alerts (tenant_id, id)
);
create index merged_alerts_alert on wf.merged_alerts (tenant_id, alert_id);
call private.isolate('wf.merged_alerts');
grant select, insert, delete on wf.merged_alerts to wf_app, wf_bot;
grant select on wf.merged_alerts to wf_report;

-- What people said of the incidents in which a rule has an alert, each incident once; kept when alerts are not.
create table wf.rule_verdicts (
  tenant_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  incident_id uuid not null,
  verdict text not null check (verdict in ('true_positive', 'benign', 'false_positive', 'inconclusive')),
  opened_at timestamptz not null,
  decided_at timestamptz not null default now(),
  primary key (tenant_id, rule_id, incident_id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create index rule_verdicts_incident on wf.rule_verdicts (tenant_id, incident_id);
create index rule_verdicts_opened on wf.rule_verdicts (tenant_id, opened_at);
call private.isolate('wf.rule_verdicts');
grant select, insert, delete on wf.rule_verdicts to wf_app, wf_bot;
grant select on wf.rule_verdicts to wf_report;

-- What things of the tenant are worth, where that is not as usual.
create table wf.asset_weights (
  tenant_id uuid not null,
  kind text not null check (length(kind) <= 32),
  value_index bytea not null check (length(value_index) = 16),
  value bytea not null,
  weight text not null check (weight in ('low', 'high', 'critical')),
  set_by text not null check (length(set_by) <= 64),
  set_at timestamptz not null default now(),
  primary key (tenant_id, kind, value_index)
);
call private.isolate('wf.asset_weights');
grant select, insert, update, delete on wf.asset_weights to wf_app, wf_bot;
grant select on wf.asset_weights to wf_report;

-- Merging and splitting are done at the desk, which also runs as the chat's role.
grant insert on wf.incidents to wf_bot;
grant insert, update, delete on wf.incident_entities to wf_bot;
grant update (incident_id) on wf.alerts to wf_bot;
grant select, insert, update on wf.counters to wf_bot;

-- Verdicts from before: the tables' owner is bound by row-level security too, so they are lifted for this one step.
alter table wf.incidents no force row level security;
alter table wf.alerts no force row level security;
alter table wf.rule_verdicts no force row level security;
insert into wf.rule_verdicts (tenant_id, rule_id, incident_id, verdict, opened_at, decided_at)
select distinct on (i.tenant_id, a.rule_id, i.id)
       i.tenant_id,
       a.rule_id,
       i.id,
       i.verdict,
       i.opened_at,
       i.updated_at
  from wf.incidents i
  join wf.alerts a
    on a.tenant_id = i.tenant_id
   and a.incident_id = i.id
 where i.verdict is not null;
alter table wf.incidents force row level security;
alter table wf.alerts force row level security;
alter table wf.rule_verdicts force row level security;
