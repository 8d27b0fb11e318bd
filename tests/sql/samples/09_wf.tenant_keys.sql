insert into wf.tenant_keys (tenant_id, version, wrapped)
select tenant_id, i, sha256('wrapped')
  from pg_temp.sample, generate_series(1, 2) i
