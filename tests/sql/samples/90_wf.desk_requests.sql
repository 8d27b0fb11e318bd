insert into wf.desk_requests (tenant_id, request_id)
select tenant_id, 'dis_' || i
  from pg_temp.sample, generate_series(1, many) i
