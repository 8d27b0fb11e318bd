-- finds: wf.planted
create table wf.planted (id uuid primary key, tenant_id uuid);
