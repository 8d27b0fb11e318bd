-- Feeds, the durable intake queue, what could not be read, and where events are kept.
create table wf.feeds (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  door text not null check (door in ('hec', 'ndjson')),
  source_hint text check (length(source_hint) <= 64),
  state text not null default 'active' check (state in ('active', 'paused')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index feeds_name on wf.feeds (tenant_id, name);
call private.isolate('wf.feeds');
grant select, insert, update, delete on wf.feeds to wf_app;
grant select on wf.feeds to wf_bot, wf_report, wf_auth;

-- One row is one acknowledged request: compressed, sealed with the tenant's key. Insert and delete only, so
-- that the table stays small; bodies are stored out of line and uncompressed because they already are.
create table wf.intake_batches (
  tenant_id uuid not null,
  id uuid not null,
  lane smallint not null default 0 check (lane between 0 and 2),
  feed_id uuid not null,
  door text not null check (length(door) <= 16),
  received_at timestamptz not null default now(),
  remote text not null check (length(remote) <= 64),
  user_agent text not null check (length(user_agent) <= 200),
  metadata bytea not null check (length(metadata) <= 8192),
  events integer not null check (events > 0),
  raw_bytes integer not null check (raw_bytes >= 0),
  attempts smallint not null default 0,
  body bytea not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
alter table wf.intake_batches alter column body set storage external;
alter table wf.intake_batches set (autovacuum_vacuum_scale_factor = 0.05);
create index intake_batches_order on wf.intake_batches (tenant_id, lane, id);
create index intake_batches_feed on wf.intake_batches (tenant_id, feed_id);
call private.isolate('wf.intake_batches');
-- update: select ... for update skip locked needs it, and a poison batch counts its attempts.
grant select, insert, update, delete on wf.intake_batches to wf_app;

-- Which request ids of a sender are already durable: an honest retry is stored once.
create table wf.intake_receipts (
  tenant_id uuid not null,
  feed_id uuid not null,
  request_hash bytea not null check (length(request_hash) = 32),
  events integer not null,
  received_at timestamptz not null default now(),
  primary key (tenant_id, feed_id, request_hash),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index intake_receipts_age on wf.intake_receipts (tenant_id, received_at);
call private.isolate('wf.intake_receipts');
grant select, insert, delete on wf.intake_receipts to wf_app;

-- Events that could not be read: kept, with the reason, and shown to the tenant (N3).
create table wf.quarantine (
  tenant_id uuid not null,
  id uuid not null,
  feed_id uuid not null,
  batch_id uuid not null,
  event_index integer not null,
  code text not null check (length(code) <= 64),
  reason text not null check (length(reason) <= 1000),
  received_at timestamptz not null,
  body bytea not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create unique index quarantine_event on wf.quarantine (tenant_id, batch_id, event_index);
create index quarantine_feed on wf.quarantine (tenant_id, feed_id);
call private.isolate('wf.quarantine');
grant select, insert, delete on wf.quarantine to wf_app;
grant select on wf.quarantine to wf_bot, wf_report;

-- What each feed brought, by hour: the numbers behind feed health.
create table wf.feed_hours (
  tenant_id uuid not null,
  feed_id uuid not null,
  hour timestamptz not null,
  batches bigint not null,
  events bigint not null,
  raw_bytes bigint not null,
  unparsed bigint not null,
  quarantined bigint not null,
  matches bigint not null,
  last_event_at timestamptz,
  primary key (tenant_id, feed_id, hour),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
call private.isolate('wf.feed_hours');
grant select, insert, update, delete on wf.feed_hours to wf_app;
grant select on wf.feed_hours to wf_bot, wf_report;

-- The lake's manifest: one row a file, written in the transaction that takes the batch off the queue.
create table wf.lake_segments (
  tenant_id uuid not null,
  id uuid not null,
  day date not null,
  path text not null check (length(path) <= 300),
  format text not null check (format in ('ndjson.zst')),
  events integer not null,
  stored_bytes bigint not null,
  sha256 bytea not null check (length(sha256) = 32),
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  key_version integer not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index lake_segments_time on wf.lake_segments (tenant_id, first_event_at, last_event_at);
call private.isolate('wf.lake_segments');
grant select, insert, delete on wf.lake_segments to wf_app;
grant select on wf.lake_segments to wf_bot, wf_report;
