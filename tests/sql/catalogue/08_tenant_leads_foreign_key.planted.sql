-- finds: wf.planted
create table wf.planted_parent (tenant_id uuid, id uuid unique, primary key (tenant_id, id));
create table wf.planted (tenant_id uuid, id uuid, parent uuid references wf.planted_parent (id), primary key (tenant_id, id));
