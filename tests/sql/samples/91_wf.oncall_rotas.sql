insert into wf.oncall_rotas (tenant_id, version, document, set_by)
select tenant_id, i, '{}', 'per_1'
  from pg_temp.sample, generate_series(1, few) i
