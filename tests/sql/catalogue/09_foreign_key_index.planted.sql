-- finds: wf.planted
create table wf.planted (
  tenant_id uuid,
  id uuid,
  feed_id uuid not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id)
);
