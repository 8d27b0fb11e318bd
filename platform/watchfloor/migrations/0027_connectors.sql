-- Connectors: what fetches a customer's records from a vendor. A connector is a feed whose door is `pull`.
alter table wf.feeds drop constraint feeds_door_check;
alter table wf.feeds
  add constraint feeds_door_check
  check (door in ('hec', 'ndjson', 'bulk', 'otlp', 'syslog', 'relp', 'osquery', 'pull'));
alter table wf.feed_alarms drop constraint feed_alarms_kind_check;
alter table wf.feed_alarms
  add constraint feed_alarms_kind_check
  check (kind in ('silent', 'volume', 'lag', 'clock', 'unparsed', 'expiry', 'denied', 'expired', 'behind', 'strangers'));

-- `settings` and `secrets` are sealed: settings may name people. `failures` counts those of all streams since one
-- last worked; until `retry_at` nobody asks the vendor anything. `proven_at` is when a stream last worked to its end.
create table wf.connectors (
  tenant_id uuid not null,
  feed_id uuid not null,
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,31}$'),
  settings bytea not null check (length(settings) <= 65536),
  secrets bytea not null check (length(secrets) <= 65536),
  secrets_at timestamptz not null default now(),
  revision bigint not null default 1 check (revision > 0),
  failures integer not null default 0 check (failures >= 0),
  retry_at timestamptz,
  proven_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, feed_id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
call private.isolate('wf.connectors');
grant select, insert, update, delete on wf.connectors to wf_app;

-- A stream of a connector and where it stands. One with a window is a backfill. Who works on it holds it until
-- `held_until` under an epoch, and a holder whose epoch is not the row's any more can write nothing. `reached_at` is
-- when it last had all that the vendor had; what happened later, nobody has seen.
create table wf.connector_streams (
  tenant_id uuid not null,
  id uuid not null,
  feed_id uuid not null,
  name text not null check (length(name) between 1 and 64),
  window_start timestamptz,
  window_end timestamptz,
  state text not null check (state in ('active', 'off', 'done')),
  cursor jsonb check (jsonb_typeof(cursor) = 'object' and length(cursor::text) <= 1000000),
  epoch bigint not null default 0,
  holder text check (length(holder) <= 64),
  held_until timestamptz,
  due_at timestamptz not null default now(),
  begun_at timestamptz not null default now(),
  looked_at timestamptz,
  reached_at timestamptz,
  stored_at timestamptz,
  newest_at timestamptz,
  behind_seconds double precision check (behind_seconds >= 0),
  pages bigint not null default 0,
  records bigint not null default 0,
  repeats bigint not null default 0,
  failures integer not null default 0 check (failures >= 0),
  fault text check (length(fault) <= 32),
  fault_message text check (length(fault_message) <= 1000),
  fault_where text check (length(fault_where) <= 300),
  fault_remedy text check (length(fault_remedy) <= 2000),
  fault_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.connectors (tenant_id, feed_id),
  check ((window_start is null) = (window_end is null)),
  check (window_end > window_start)
);
create unique index connector_streams_live on wf.connector_streams (tenant_id, feed_id, name)
  where window_start is null;
create index connector_streams_feed on wf.connector_streams (tenant_id, feed_id);
create index connector_streams_due on wf.connector_streams (tenant_id, due_at) where state = 'active';
alter table wf.connector_streams set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
call private.isolate('wf.connector_streams');
grant select, insert, update, delete on wf.connector_streams to wf_app;

-- What was stored, by a digest of the connector and its key, for as long as a vendor may offer it again. Rows are
-- written once and deleted by day.
create table wf.pulled_keys (
  tenant_id uuid not null,
  key_hash bytea not null check (length(key_hash) = 16),
  day date not null default current_date,
  primary key (tenant_id, key_hash)
);
create index pulled_keys_day on wf.pulled_keys (tenant_id, day);
call private.isolate('wf.pulled_keys');
grant select, insert, delete on wf.pulled_keys to wf_app;

-- Records of accounts that are not the customer's: how many were seen and where, and nothing of what they say.
create table wf.connector_strangers (
  tenant_id uuid not null,
  feed_id uuid not null,
  account text not null check (length(account) <= 200),
  stream text not null check (length(stream) <= 64),
  place text not null check (length(place) <= 300),
  records bigint not null check (records > 0),
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  primary key (tenant_id, feed_id, account, stream),
  foreign key (tenant_id, feed_id) references wf.connectors (tenant_id, feed_id)
);
call private.isolate('wf.connector_strangers');
grant select, insert, update, delete on wf.connector_strangers to wf_app;
