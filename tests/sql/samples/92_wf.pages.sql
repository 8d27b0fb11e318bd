insert into wf.pages (
  tenant_id, id, key, subject_kind, subject_id, reason, urgency, ladder, ends_with, ref, summary, raised_by, raised_at,
  planned_at, ended_at, ended_because)
select tenant_id, pg_temp.sample_id(tenant_id, 'page', i), 'sample ' || i, 'incident',
       pg_temp.sample_id(tenant_id, 'incident', i), 'opened', 'critical', 'critical', 'taken', 'SAM-' || i,
       'Sample ' || i, 'grouping', now() - i * interval '1 hour', now(),
       case when i % 50 > 0 then now() end, case when i % 50 > 0 then 'taken' end
  from pg_temp.sample, generate_series(1, middling) i
