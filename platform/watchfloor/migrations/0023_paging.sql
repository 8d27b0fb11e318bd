-- Paging: who is on call, what somebody must hear of now, and each attempt to tell them.
--
-- The rota and its overrides stand in the operator's own tenant; pages stand where their cause does, in the customer's.
-- A rota is kept by version: the newest one holds, and nothing is forgotten. `document` is the JSON of `paging.rota.Rota`
-- and names people by their ids only.
create table wf.oncall_rotas (
  tenant_id uuid not null,
  version bigint not null check (version > 0),
  document jsonb not null check (length(document::text) <= 100000),
  set_by text not null check (length(set_by) <= 64),
  set_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
call private.isolate('wf.oncall_rotas');
grant select, insert on wf.oncall_rotas to wf_app, wf_bot;
grant select on wf.oncall_rotas to wf_report;

create table wf.oncall_overrides (
  tenant_id uuid not null,
  id uuid not null,
  layer text not null check (layer in ('primary', 'secondary', 'lead')),
  person_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason bytea not null check (length(reason) <= 8192),
  made_by text not null check (length(made_by) <= 64),
  made_at timestamptz not null default now(),
  primary key (tenant_id, id),
  check (ends_at > starts_at)
);
create index oncall_overrides_time on wf.oncall_overrides (tenant_id, ends_at);
call private.isolate('wf.oncall_overrides');
grant select, insert on wf.oncall_overrides to wf_app, wf_bot;
grant select on wf.oncall_overrides to wf_report;

-- A page is raised once for a key. It ends when somebody answers it, or when its subject is taken up (`taken`) or
-- finished (`done`), whichever it asks for. Its words are a rule's title, never text of people.
create table wf.pages (
  tenant_id uuid not null,
  id uuid not null,
  key text not null check (length(key) <= 128),
  subject_kind text not null check (subject_kind in ('incident', 'other')),
  subject_id uuid,
  reason text not null check (reason in ('opened', 'called', 'escalated', 'late_soon', 'late', 'other')),
  urgency text not null check (urgency in ('critical', 'high', 'normal')),
  ladder text not null check (length(ladder) <= 16),
  named_id uuid,
  ends_with text not null check (ends_with in ('taken', 'done')),
  ref text not null check (length(ref) <= 32),
  summary text not null check (length(summary) <= 300),
  answer_by timestamptz,
  raised_by text not null check (length(raised_by) <= 64),
  raised_at timestamptz not null default now(),
  planned_at timestamptz,
  ended_at timestamptz,
  ended_because text check (ended_because in ('answered', 'taken', 'done')),
  ended_by text check (length(ended_by) <= 64),
  primary key (tenant_id, id),
  check ((subject_kind = 'incident') = (subject_id is not null)),
  check ((ended_at is null) = (ended_because is null))
);
create unique index pages_key on wf.pages (tenant_id, key);
create index pages_open on wf.pages (tenant_id, raised_at, id) where ended_at is null;
create index pages_subject on wf.pages (tenant_id, subject_id);
create index pages_age on wf.pages (tenant_id, ended_at);
call private.isolate('wf.pages');
grant select, insert, update, delete on wf.pages to wf_app;
grant select, insert, update on wf.pages to wf_bot;
grant select on wf.pages to wf_report;

-- One attempt to tell one recipient by one lane. `taken`: a worker holds it and nothing has left yet, so that it may be
-- taken again after `held_until`. `handing`: it leaves by a lane that cannot recognise a repeat; what is found so after
-- `held_until` is `uncertain` and is never sent by that lane again.
create table wf.page_steps (
  tenant_id uuid not null,
  id uuid not null,
  page_id uuid not null,
  rung integer not null check (rung >= 0),
  recipient text not null check (length(recipient) <= 32),
  lane text not null check (lane in ('chat', 'email', 'webhook')),
  due_at timestamptz not null,
  state text not null default 'due'
    check (state in ('due', 'taken', 'handing', 'sent', 'passed', 'failed', 'uncertain', 'cancelled')),
  attempts integer not null default 0 check (attempts >= 0),
  held_until timestamptz,
  person_id uuid,
  sent_at timestamptz,
  outcome text check (length(outcome) <= 300),
  primary key (tenant_id, id),
  foreign key (tenant_id, page_id) references wf.pages (tenant_id, id)
);
create unique index page_steps_once on wf.page_steps (tenant_id, page_id, rung, recipient, lane);
create unique index page_steps_person on wf.page_steps (tenant_id, page_id, rung, lane, person_id)
  where person_id is not null;
create index page_steps_due on wf.page_steps (tenant_id, due_at) where state in ('due', 'taken', 'handing');
call private.isolate('wf.page_steps');
grant select, insert, update, delete on wf.page_steps to wf_app;
grant select, update on wf.page_steps to wf_bot;
grant select on wf.page_steps to wf_report;

-- A handover counts what happened in a shift, over all incidents.
create index incident_timeline_recent on wf.incident_timeline (tenant_id, at);

-- What a customer's part of a handover said, sealed, once for each content.
create table wf.handovers (
  tenant_id uuid not null,
  digest bytea not null check (length(digest) = 32),
  body bytea not null check (length(body) <= 262144),
  made_by text not null check (length(made_by) <= 64),
  made_at timestamptz not null default now(),
  primary key (tenant_id, digest)
);
create index handovers_age on wf.handovers (tenant_id, made_at);
call private.isolate('wf.handovers');
grant select, insert, delete on wf.handovers to wf_app;
grant select, insert on wf.handovers to wf_bot;

-- The watches of the operator's floor: who leads from when, and the code of the handover that was taken over.
create table wf.watches (
  tenant_id uuid not null,
  id uuid not null,
  lead_id uuid not null,
  handover text not null check (length(handover) <= 64),
  began_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index watches_time on wf.watches (tenant_id, began_at);
call private.isolate('wf.watches');
grant select, insert on wf.watches to wf_app, wf_bot;
grant select on wf.watches to wf_report;
