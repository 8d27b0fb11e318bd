insert into wf.rule_exceptions (tenant_id, id, body, expires_at, created_by, created_at, ended_at, ended_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'exception', i), '\x00', now() + (i - 100) * interval '1 day', 'per_1',
       now() - interval '1 year', case when i % 3 = 0 then now() end, case when i % 3 = 0 then 'per_1' end
  from pg_temp.sample, generate_series(1, middling) i
