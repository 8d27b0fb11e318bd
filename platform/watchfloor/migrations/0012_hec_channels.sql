-- What Splunk's HTTP Event Collector needs beyond a feed: channels with acknowledgements, and tokens that are GUIDs.
--
-- One row is one channel of a feed: how many ids it has been given, and which of them nobody has asked about yet.
-- Every id stands for events that were durable before it was given, so a channel that is forgotten loses nothing.
-- Channels are changed with every request, hence the room on each page.
create table wf.hec_channels (
  tenant_id uuid not null,
  feed_id uuid not null,
  channel uuid not null,
  issued bigint not null check (issued >= 0),
  pending int8multirange not null,
  waiting integer not null check (waiting >= 0),
  used_at timestamptz not null default now(),
  primary key (tenant_id, feed_id, channel),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
alter table wf.hec_channels set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
create index hec_channels_age on wf.hec_channels (tenant_id, used_at);
call private.isolate('wf.hec_channels');
grant select, insert, update, delete on wf.hec_channels to wf_app;

-- A second text for a token, in the form of a GUID, for senders that take no other. Only its SHA-256 is kept. It opens
-- what its token opens, for as long as the token is good.
create table auth.feed_aliases (
  guid_hash bytea primary key check (length(guid_hash) = 32),
  tenant_id uuid not null references auth.tenants (id),
  token_id text not null unique references auth.feed_tokens (id),
  created_at timestamptz not null default now()
);
create index feed_aliases_tenant on auth.feed_aliases (tenant_id);
grant select, insert, update, delete on auth.feed_aliases to wf_auth;
