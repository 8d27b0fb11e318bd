-- The first bodies that each feed of the HTTP door was sent, and what its sender sent to prove that it reaches us.
--
-- `document` holds the beginning of the body and its Content-Type, sealed. Few rows a feed: the code keeps five of each
-- kind.
create table wf.first_bodies (
  tenant_id uuid not null,
  id uuid not null,
  feed_id uuid not null,
  is_greeting boolean not null,
  received_at timestamptz not null default now(),
  document bytea not null check (length(document) <= 8192),
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
create index first_bodies_feed on wf.first_bodies (tenant_id, feed_id, is_greeting, received_at);
call private.isolate('wf.first_bodies');
grant select, insert, delete on wf.first_bodies to wf_app;
