insert into wf.intake_marks (tenant_id, batch_id, lane, sequence, attempts, taken_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'batch', i), i % 3, i, 0, now()
  from pg_temp.sample, generate_series(1, middling) i
