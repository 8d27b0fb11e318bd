-- finds: wf.planted_2026
create table wf.planted (tenant_id uuid not null, day date not null, primary key (tenant_id, day)) partition by range (day);
call private.isolate('wf.planted');
create table wf.planted_2026 partition of wf.planted for values from ('2026-01-01') to ('2027-01-01');
