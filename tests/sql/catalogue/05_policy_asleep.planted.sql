-- finds: wf.planted
create table wf.planted (tenant_id uuid primary key);
create policy tenant_isolation on wf.planted using (tenant_id = (select wf.tenant()));
