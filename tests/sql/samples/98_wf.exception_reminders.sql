insert into wf.exception_reminders (tenant_id, exception_id, days)
select tenant_id, pg_temp.sample_id(tenant_id, 'exception', i), 7
  from pg_temp.sample, generate_series(1, middling) i
