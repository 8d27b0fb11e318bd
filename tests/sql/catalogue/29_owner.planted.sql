-- finds: wf.planted, wf.planted()
reset role;
create table wf.planted (tenant_id uuid primary key);
create function wf.planted() returns integer language sql as 'select 1';
