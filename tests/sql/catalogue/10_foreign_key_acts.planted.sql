-- finds: wf.planted
create table wf.planted (
  tenant_id uuid,
  feed_id uuid,
  primary key (tenant_id, feed_id),
  foreign key (tenant_id, feed_id) references wf.feeds (tenant_id, id) on delete cascade
);
