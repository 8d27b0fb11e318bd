-- What a tenant changes about the shared rules: settings, exceptions, lists; and what that hid. Words of people and
-- what exceptions and lists name are sealed with the tenant's key. Ids of rules belong to the shared content.
--
-- Grows with each change, in its transaction: whoever has read the same number has read the same overlay.
create table wf.overlay_versions (
  tenant_id uuid not null,
  version bigint not null check (version > 0),
  changed_at timestamptz not null default now(),
  primary key (tenant_id)
);
call private.isolate('wf.overlay_versions');
grant select, insert, update, delete on wf.overlay_versions to wf_app;

-- A rule that is as it is shared has no row.
create table wf.rule_settings (
  tenant_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  is_disabled boolean not null,
  level text check (level in ('informational', 'low', 'medium', 'high', 'critical')),
  reason bytea not null,
  changed_by text not null check (length(changed_by) <= 64),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, rule_id),
  check (is_disabled or level is not null)
);
call private.isolate('wf.rule_settings');
grant select, insert, update, delete on wf.rule_settings to wf_app;

-- `body` holds the filter, its owner and the reason. Nothing of it changes: it ends, and another one begins.
create table wf.rule_exceptions (
  tenant_id uuid not null,
  id uuid not null,
  body bytea not null,
  expires_at timestamptz not null,
  created_by text not null check (length(created_by) <= 64),
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  ended_by text check (length(ended_by) <= 64),
  primary key (tenant_id, id),
  check (expires_at > created_at),
  check ((ended_at is null) = (ended_by is null))
);
create index rule_exceptions_open on wf.rule_exceptions (tenant_id, ended_at, expires_at);
call private.isolate('wf.rule_exceptions');
grant select, insert, update, delete on wf.rule_exceptions to wf_app;

create table wf.rule_lists (
  tenant_id uuid not null,
  name text not null check (name ~ '^[A-Za-z0-9_.-]{1,64}$'),
  body bytea not null,
  entries integer not null check (entries > 0),
  changed_by text not null check (length(changed_by) <= 64),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
call private.isolate('wf.rule_lists');
grant select, insert, update, delete on wf.rule_lists to wf_app;

-- How many matches of a rule were hidden on a day (UTC). The exception's id is zero where the rule is off.
create table wf.hidden_matches (
  tenant_id uuid not null,
  exception_id uuid not null,
  rule_id text not null check (length(rule_id) <= 64),
  day date not null,
  hidden bigint not null check (hidden > 0),
  last_at timestamptz not null,
  primary key (tenant_id, exception_id, rule_id, day)
);
create index hidden_matches_day on wf.hidden_matches (tenant_id, day);
call private.isolate('wf.hidden_matches');
grant select, insert, update, delete on wf.hidden_matches to wf_app;
