insert into wf.watches (tenant_id, id, lead_id, handover, began_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'watch', i), pg_temp.sample_id(tenant_id, 'person', i), 'sample',
       now() - i * interval '12 hours'
  from pg_temp.sample, generate_series(1, middling) i
