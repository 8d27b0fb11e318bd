insert into wf.report_runs (tenant_id, schedule, period_from, period_to, due_at)
select tenant_id, 'service', date '2020-01-01' + i * 31, date '2020-01-01' + (i + 1) * 31, now()
  from pg_temp.sample, generate_series(1, few) i
