insert into wf.report_schedules (tenant_id, name, kind, framework, every, day, at, languages)
select tenant_id, 'controls/framework-' || i, 'controls', 'framework-' || i, 'quarter', 1, '07:00', 'de en'
  from pg_temp.sample, generate_series(1, few) i
