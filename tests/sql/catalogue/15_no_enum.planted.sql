-- finds: wf.planted
create type wf.planted_state as enum ('new');
create table wf.planted (tenant_id uuid primary key, state wf.planted_state);
