-- finds: wf.planted_number_seq
create table wf.planted (tenant_id uuid primary key, number bigint generated always as identity);
