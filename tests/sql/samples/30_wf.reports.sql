insert into wf.reports (tenant_id, id, kind, incident_id, language, state, requested_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'report', i), 'incident', pg_temp.sample_id(tenant_id, 'incident', i),
       (array['de', 'en', 'es', 'fr', 'it', 'nl', 'pl'])[1 + i % 7], 'queued', 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
