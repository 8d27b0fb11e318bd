-- A tenant's own record: settings from its bundle, its keys and its counters. Whom to call is personal data, so
-- the contacts stand beside the settings, sealed with the tenant's key.
create table wf.tenants (
  tenant_id uuid primary key,
  code text not null check (length(code) <= 8),
  name text not null check (length(name) between 1 and 200),
  language text not null check (language ~ '^[a-z]{2}$'),
  time_zone text not null check (length(time_zone) <= 64),
  bundle jsonb not null,
  bundle_hash bytea not null check (length(bundle_hash) = 32),
  contacts bytea,
  applied_at timestamptz not null default now()
);
call private.isolate('wf.tenants');
grant select, insert, update on wf.tenants to wf_app;
grant delete on wf.tenants to wf_app;
grant select on wf.tenants to wf_bot, wf_report;

-- Data keys, wrapped by the tenant's key, which stands outside the database (S1, S4).
create table wf.tenant_keys (
  tenant_id uuid not null,
  version integer not null check (version > 0),
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
call private.isolate('wf.tenant_keys');
grant select, insert, delete on wf.tenant_keys to wf_app;
grant select on wf.tenant_keys to wf_bot, wf_report, wf_auth;

create table wf.counters (
  tenant_id uuid not null,
  name text not null check (length(name) <= 64),
  value bigint not null,
  primary key (tenant_id, name)
);
call private.isolate('wf.counters');
grant select, insert, update, delete on wf.counters to wf_app;

-- Messages to the surfaces, written with the change that they tell of (Q1). Insert and delete only, but for
-- the attempts of one that cannot be delivered.
create table wf.outbox (
  tenant_id uuid not null,
  id uuid not null,
  topic text not null check (length(topic) <= 64),
  key text not null check (length(key) <= 128),
  payload bytea not null check (length(payload) <= 65536),
  created_at timestamptz not null default now(),
  available_at timestamptz not null default now(),
  attempts integer not null default 0,
  last_error text check (length(last_error) <= 1000),
  primary key (tenant_id, id)
);
create index outbox_due on wf.outbox (tenant_id, topic, available_at);
call private.isolate('wf.outbox');
grant select, insert, update, delete on wf.outbox to wf_app, wf_bot, wf_report;
-- A revoked API key is told to its tenant in the transaction that revokes it.
grant insert on wf.outbox to wf_auth;

-- Which consumer has taken which message: what makes delivery idempotent.
create table wf.outbox_receipts (
  tenant_id uuid not null,
  consumer text not null check (length(consumer) <= 64),
  message_id uuid not null,
  at timestamptz not null default now(),
  primary key (tenant_id, consumer, message_id)
);
call private.isolate('wf.outbox_receipts');
grant select, insert, delete on wf.outbox_receipts to wf_app, wf_bot, wf_report;
