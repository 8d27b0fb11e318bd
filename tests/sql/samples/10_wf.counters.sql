insert into wf.counters (tenant_id, name, value)
select tenant_id, 'counter ' || i, i
  from pg_temp.sample, generate_series(1, 4) i
