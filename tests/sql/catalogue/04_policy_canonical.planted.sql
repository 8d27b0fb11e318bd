-- finds: wf.planted, wf.planted_twice
create table wf.planted (tenant_id uuid primary key);
alter table wf.planted enable row level security;
alter table wf.planted force row level security;
create policy tenant_isolation on wf.planted
 using (tenant_id = wf.tenant())
  with check (true);
create table wf.planted_twice (tenant_id uuid primary key);
call private.isolate('wf.planted_twice');
create policy support on wf.planted_twice for select using (true);
