-- finds: wf.planted
create table wf.planted (tenant_id uuid primary key);
alter table wf.planted enable row level security;
create policy tenant_isolation on wf.planted using (tenant_id = (select wf.tenant()))
  with check (tenant_id = (select wf.tenant()));
