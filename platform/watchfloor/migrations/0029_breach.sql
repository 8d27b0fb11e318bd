-- Breach cases: one controller's case of a personal data breach, the incidents it grew from, and all that was ever
-- changed in it.
--
-- `document` is the whole case, sealed: facts, persons to speak to, decisions. Outside of it stands only what lists and
-- clocks need to find a case. `version` grows with every change.
create table wf.breach_cases (
  tenant_id uuid not null,
  id uuid not null,
  year smallint not null check (year between 2000 and 2999),
  number integer not null check (number > 0),
  status text not null check (status in (
    'suspected', 'assessing', 'not_a_breach', 'breach', 'notified_controller', 'register_only', 'authority_due',
    'authority_initial', 'supplementary', 'authority_final', 'closed')),
  telling text not null check (telling in ('undecided', 'not_due', 'subjects_due', 'subjects_done')),
  version integer not null check (version > 0),
  document bytea not null check (length(document) <= 4000000),
  created_at timestamptz not null default now(),
  created_by text not null check (length(created_by) <= 64),
  updated_at timestamptz not null default now(),
  updated_by text not null check (length(updated_by) <= 64),
  primary key (tenant_id, id)
);
create unique index breach_cases_number on wf.breach_cases (tenant_id, year, number);
create index breach_cases_recent on wf.breach_cases (tenant_id, created_at, id);
create index breach_cases_open on wf.breach_cases (tenant_id, updated_at) where status not in ('not_a_breach', 'closed');
call private.isolate('wf.breach_cases');
grant select, insert, update on wf.breach_cases to wf_app, wf_bot;
grant select on wf.breach_cases to wf_report;

-- An incident is in one case at most. Both stand in the same tenant, whoever writes: the references say so.
create table wf.breach_incidents (
  tenant_id uuid not null,
  case_id uuid not null,
  incident_id uuid not null,
  added_at timestamptz not null default now(),
  added_by text not null check (length(added_by) <= 64),
  primary key (tenant_id, incident_id),
  foreign key (tenant_id, case_id) references wf.breach_cases (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
create index breach_incidents_case on wf.breach_incidents (tenant_id, case_id);
call private.isolate('wf.breach_incidents');
grant select, insert on wf.breach_incidents to wf_app, wf_bot;
grant select on wf.breach_incidents to wf_report;

-- Every change of a case, in order: added, and never changed or taken away. `path` names the field; what stood there
-- and what stands there now are sealed.
create table wf.breach_entries (
  tenant_id uuid not null,
  id uuid not null,
  case_id uuid not null,
  version integer not null check (version > 0),
  place smallint not null check (place >= 0),
  kind text not null check (kind in (
    'opened', 'pulled', 'stated', 'cleared', 'decided', 'assessed', 'moved', 'approved', 'noted', 'incident')),
  path text not null check (length(path) <= 200),
  before bytea check (length(before) <= 2000000),
  after bytea check (length(after) <= 2000000),
  actor_kind text not null check (actor_kind in ('person', 'api_key', 'feed', 'system')),
  actor_id text not null check (length(actor_id) <= 64),
  at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, case_id) references wf.breach_cases (tenant_id, id)
);
create unique index breach_entries_order on wf.breach_entries (tenant_id, case_id, version, place);
call private.isolate('wf.breach_entries');
grant select, insert on wf.breach_entries to wf_app, wf_bot;
grant select on wf.breach_entries to wf_report;
