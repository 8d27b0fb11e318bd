insert into wf.osquery_configurations (tenant_id, version, body, changed_by)
select tenant_id, i, '\x00', 'sample'
  from pg_temp.sample, generate_series(1, few) i
