-- osquery: the hosts that enrolled, what they are configured to run, the questions put to them and their answers, and
-- the files that they were asked for. What names a host, a question or an answer is sealed with the tenant's key.
--
-- `host` holds the name that the agent gives itself and what it says about its machine. Enrolling again under the same
-- name replaces the key; of the key only the SHA-256 is kept.
create table wf.osquery_nodes (
  tenant_id uuid not null,
  id uuid not null,
  feed_id uuid not null,
  host_index bytea not null check (length(host_index) = 16),
  host bytea not null check (length(host) <= 70000),
  key_hash bytea not null check (length(key_hash) = 32),
  state text not null check (state in ('active', 'revoked')),
  enrolments bigint not null check (enrolments > 0),
  enrolled_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create unique index osquery_nodes_host on wf.osquery_nodes (tenant_id, host_index);
create index osquery_nodes_feed on wf.osquery_nodes (tenant_id, feed_id);
call private.isolate('wf.osquery_nodes');
grant select, insert, update, delete on wf.osquery_nodes to wf_app;

-- What a tenant changes about the shared configuration; the newest version is in force.
create table wf.osquery_configurations (
  tenant_id uuid not null,
  version bigint not null check (version > 0),
  body bytea not null check (length(body) <= 300000),
  changed_by text not null check (length(changed_by) <= 64),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
call private.isolate('wf.osquery_configurations');
grant select, insert, delete on wf.osquery_configurations to wf_app;

create table wf.osquery_queries (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('query', 'carve')),
  sql bytea not null check (length(sql) <= 40000),
  asked_by text not null check (length(asked_by) <= 64),
  asked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
create index osquery_queries_age on wf.osquery_queries (tenant_id, expires_at);
call private.isolate('wf.osquery_queries');
grant select, insert, update, delete on wf.osquery_queries to wf_app;

-- One row a question and host. One that nobody took or answered in time is shown as expired; no row says so.
create table wf.osquery_answers (
  tenant_id uuid not null,
  query_id uuid not null,
  node_id uuid not null,
  state text not null check (state in ('pending', 'delivered', 'answered', 'failed')),
  deliveries smallint not null default 0 check (deliveries >= 0),
  delivered_at timestamptz,
  answered_at timestamptz,
  status integer,
  total_rows integer not null default 0 check (total_rows >= 0),
  kept_rows integer not null default 0 check (kept_rows between 0 and total_rows),
  body bytea check (length(body) <= 1100000),
  primary key (tenant_id, query_id, node_id),
  foreign key (tenant_id, query_id) references wf.osquery_queries (tenant_id, id),
  foreign key (tenant_id, node_id) references wf.osquery_nodes (tenant_id, id),
  check ((state in ('answered', 'failed')) = (answered_at is not null))
);
create index osquery_answers_node on wf.osquery_answers (tenant_id, node_id, state);
call private.isolate('wf.osquery_answers');
grant select, insert, update, delete on wf.osquery_answers to wf_app;

-- A file on its way from a host, in blocks. It is complete when every block is there.
create table wf.osquery_carves (
  tenant_id uuid not null,
  id uuid not null,
  query_id uuid not null,
  node_id uuid not null,
  session_hash bytea not null check (length(session_hash) = 32),
  state text not null check (state in ('receiving', 'complete')),
  block_count integer not null check (block_count > 0),
  block_size integer not null check (block_size > 0),
  carve_size bigint not null check (carve_size > 0),
  received_blocks integer not null default 0 check (received_blocks between 0 and block_count),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, query_id, node_id) references wf.osquery_answers (tenant_id, query_id, node_id)
);
create unique index osquery_carves_answer on wf.osquery_carves (tenant_id, query_id, node_id);
call private.isolate('wf.osquery_carves');
grant select, insert, update, delete on wf.osquery_carves to wf_app;

create table wf.osquery_carve_blocks (
  tenant_id uuid not null,
  carve_id uuid not null,
  number integer not null check (number >= 0),
  body bytea not null check (length(body) <= 3000000),
  primary key (tenant_id, carve_id, number),
  foreign key (tenant_id, carve_id) references wf.osquery_carves (tenant_id, id)
);
alter table wf.osquery_carve_blocks alter column body set storage external;
call private.isolate('wf.osquery_carve_blocks');
grant select, insert, delete on wf.osquery_carve_blocks to wf_app;
