-- finds: wf.planted
create unlogged table wf.planted (tenant_id uuid primary key);
