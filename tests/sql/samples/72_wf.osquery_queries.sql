insert into wf.osquery_queries (tenant_id, id, kind, sql, asked_by, asked_at, expires_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'question', i), 'query', '\x00', 'sample',
       now() - i * interval '1 hour', now() - i * interval '1 hour' + interval '10 minutes'
  from pg_temp.sample, generate_series(1, middling) i
