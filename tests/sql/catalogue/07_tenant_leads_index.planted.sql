-- finds: wf.planted_pkey, wf.planted_name, wf.planted_order
create table wf.planted (tenant_id uuid not null, id uuid primary key, name text);
create unique index planted_name on wf.planted (name);
create index planted_order on wf.planted (name, tenant_id);
