insert into wf.breach_warnings (tenant_id, case_id, regime, stage, point)
select tenant_id, pg_temp.sample_id(tenant_id, 'breach', i), 'gdpr-authority', 'initial', now()
  from pg_temp.sample, generate_series(1, middling) i
