-- finds: wf.planted
create table wf.planted (tenant_id uuid not null, note text);
