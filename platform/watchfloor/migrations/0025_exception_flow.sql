-- From a false positive to an exception: what made one, those that wait for a second person, reminders of their ends.
--
-- No reference to the incident: an exception outlives the incident that it was made from.
alter table wf.rule_exceptions add column incident_id uuid;
create index rule_exceptions_incident on wf.rule_exceptions (tenant_id, incident_id) where incident_id is not null;

-- An exception that somebody asks for and another person must agree to. `body` is sealed: filter, owner, reason.
-- `because` says in our own words why one person is not enough. What nobody answers before `answer_by` is expired,
-- whether a row says so already or not. `renews` is the exception that this one is to follow.
create table wf.exception_requests (
  tenant_id uuid not null,
  id uuid not null,
  incident_id uuid not null,
  number integer not null check (number > 0),
  rule_id text not null check (length(rule_id) <= 64),
  body bytea not null check (length(body) <= 40000),
  days integer not null check (days between 1 and 365),
  because text not null check (length(because) <= 300),
  renews uuid,
  state text not null check (state in ('proposed', 'approved', 'declined', 'expired')),
  requested_by uuid not null,
  requested_at timestamptz not null default now(),
  answer_by timestamptz not null,
  ended_at timestamptz,
  exception_id uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id),
  check (answer_by > requested_at),
  check ((state = 'proposed') = (ended_at is null)),
  check ((state = 'approved') = (exception_id is not null))
);
create unique index exception_requests_number on wf.exception_requests (tenant_id, incident_id, number);
-- One question about a rule of an incident at a time.
create unique index exception_requests_waiting on wf.exception_requests (tenant_id, incident_id, rule_id)
 where state = 'proposed';
create index exception_requests_state on wf.exception_requests (tenant_id, state, answer_by);
call private.isolate('wf.exception_requests');
grant select, insert, update, delete on wf.exception_requests to wf_app;
grant select, insert, update on wf.exception_requests to wf_bot;

-- That somebody was reminded of an exception's end, so many days before it: once each.
create table wf.exception_reminders (
  tenant_id uuid not null,
  exception_id uuid not null,
  days smallint not null check (days > 0),
  at timestamptz not null default now(),
  primary key (tenant_id, exception_id, days),
  foreign key (tenant_id, exception_id) references wf.rule_exceptions (tenant_id, id)
);
call private.isolate('wf.exception_reminders');
grant select, insert, delete on wf.exception_reminders to wf_app;

-- What an exception would have hidden is looked for among all alerts of a rule.
create index alerts_rule on wf.alerts (tenant_id, rule_id, created_at);

-- Exceptions are made, renewed and looked over at the desk, which also runs as the chat's role.
grant select, insert, update on wf.overlay_versions to wf_bot;
grant select, insert on wf.rule_exceptions to wf_bot;
grant update (ended_at, ended_by) on wf.rule_exceptions to wf_bot;
grant select on wf.rule_settings, wf.rule_lists, wf.hidden_matches to wf_bot;
