insert into wf.oncall_overrides (tenant_id, id, layer, person_id, starts_at, ends_at, reason, made_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'override', i), 'primary', pg_temp.sample_id(tenant_id, 'person', i),
       now() - i * interval '1 hour', now() - (i - 2) * interval '1 hour', '\x00', 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
