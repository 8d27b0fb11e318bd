-- Response: actions that somebody proposes against what an incident names, the votes on each, and what came of them.
--
-- `payload` is sealed and says exactly what is to be done to what; `payload_hash` binds each vote to it (the payload has
-- a random part, so the hash tells nothing). `decision` is the customer's policy when it was proposed. An action that
-- nobody decides about before `expires_at` is expired, whether a row says so already or not.
create table wf.actions (
  tenant_id uuid not null,
  id uuid not null,
  incident_id uuid not null,
  number integer not null check (number > 0),
  kind text not null check (length(kind) <= 32),
  target_kind text not null check (length(target_kind) <= 32),
  target_index bytea not null check (length(target_index) = 16),
  payload bytea not null check (length(payload) <= 20000),
  payload_hash bytea not null check (length(payload_hash) = 32),
  state text not null check (state in (
    'proposed', 'approved', 'running', 'done', 'failed', 'declined', 'expired', 'withdrawn')),
  decision text not null check (decision in ('customer', 'two_persons', 'analysts', 'preapproved')),
  executor text not null check (executor in ('hand', 'blocklist', 'osquery')),
  requested_by uuid not null,
  requested_at timestamptz not null default now(),
  expires_at timestamptz not null,
  approved_at timestamptz,
  ended_at timestamptz,
  undoes uuid,
  question_id uuid,
  outcome bytea check (length(outcome) <= 20000),
  primary key (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  check (expires_at > requested_at),
  check ((state in ('done', 'failed', 'declined', 'expired', 'withdrawn')) = (ended_at is not null)),
  check (state not in ('approved', 'running', 'done') or approved_at is not null)
);
create unique index actions_number on wf.actions (tenant_id, incident_id, number);
-- What is under way against a target is not proposed again.
create unique index actions_under_way on wf.actions (tenant_id, kind, target_index)
 where state in ('proposed', 'approved', 'running');
create index actions_state on wf.actions (tenant_id, state, expires_at);
call private.isolate('wf.actions');
grant select, insert, update, delete on wf.actions to wf_app;
grant select, insert, update on wf.actions to wf_bot;
grant select on wf.actions to wf_report;

-- One vote a person: nobody counts twice, whatever the surface.
create table wf.action_votes (
  tenant_id uuid not null,
  action_id uuid not null,
  person_id uuid not null,
  vote text not null check (vote in ('approve', 'decline')),
  side text not null check (side in ('customer', 'analyst')),
  payload_hash bytea not null check (length(payload_hash) = 32),
  at timestamptz not null default now(),
  primary key (tenant_id, action_id, person_id),
  foreign key (tenant_id, action_id) references wf.actions (tenant_id, id)
);
call private.isolate('wf.action_votes');
grant select, insert, delete on wf.action_votes to wf_app;
grant select, insert on wf.action_votes to wf_bot;
grant select on wf.action_votes to wf_report;

-- What the customer's firewalls pull: only the platform writes it, and only for an action that was approved.
create table wf.blocklist (
  tenant_id uuid not null,
  kind text not null check (kind in ('ip', 'domain', 'hash')),
  value_index bytea not null check (length(value_index) = 16),
  value bytea not null check (length(value) <= 4000),
  action_id uuid not null,
  added_at timestamptz not null default now(),
  primary key (tenant_id, kind, value_index),
  foreign key (tenant_id, action_id) references wf.actions (tenant_id, id)
);
create index blocklist_action on wf.blocklist (tenant_id, action_id);
call private.isolate('wf.blocklist');
grant select, insert, delete on wf.blocklist to wf_app;

-- The last time a person proved who they are by hand, and has not signed out since: what a destructive approval asks
-- for. A session ends after half an hour without use; this stays.
create table auth.logins (
  person_id uuid primary key references auth.people (id),
  at timestamptz not null default now(),
  authenticated_by text not null check (authenticated_by in ('oidc', 'development'))
);
grant select, insert, update, delete on auth.logins to wf_auth;
