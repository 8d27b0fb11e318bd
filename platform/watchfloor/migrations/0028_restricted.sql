-- Restricted incidents: the chat shows them to the people named here and to nobody else. An incident that nobody is
-- named for is not restricted.
create table wf.incident_circles (
  tenant_id uuid not null,
  incident_id uuid not null,
  person_id uuid not null,
  named_by text not null check (length(named_by) <= 64),
  named_at timestamptz not null default now(),
  primary key (tenant_id, incident_id, person_id),
  foreign key (tenant_id, incident_id) references wf.incidents (tenant_id, id)
);
call private.isolate('wf.incident_circles');
grant select, insert, delete on wf.incident_circles to wf_app, wf_bot;
grant select on wf.incident_circles to wf_report;

-- In which restricted forum a card stands, by the accounts that it is open to; empty for the forum of its pod.
alter table wf.cards add column circle text not null default '' check (length(circle) <= 32);
create index cards_circle on wf.cards (tenant_id) where circle <> '';

-- Roles of the chat that the bot gave, in the operator's tenant, so that it can take them back from an account that is
-- linked to nobody any more.
create table wf.chat_roles (
  tenant_id uuid not null,
  guild_id text not null check (guild_id ~ '^[0-9]{1,20}$'),
  account_id text not null check (account_id ~ '^[0-9]{1,20}$'),
  purpose text not null check (length(purpose) between 1 and 64),
  role_id text not null check (role_id ~ '^[0-9]{1,20}$'),
  person_id uuid not null,
  given_at timestamptz not null default now(),
  primary key (tenant_id, guild_id, account_id, purpose)
);
call private.isolate('wf.chat_roles');
grant select, insert, delete on wf.chat_roles to wf_bot;
grant select on wf.chat_roles to wf_app;
