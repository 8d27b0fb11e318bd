-- finds: wf.planted
create table wf.planted (tenant_id uuid primary key, at timestamp);
