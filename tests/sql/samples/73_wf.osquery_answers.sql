insert into wf.osquery_answers (tenant_id, query_id, node_id, state, answered_at, total_rows, kept_rows)
select tenant_id, pg_temp.sample_id(tenant_id, 'question', 1 + i % middling),
       pg_temp.sample_id(tenant_id, 'node', 1 + (i / middling + i) % middling), 'answered', now(), 1, 1
  from pg_temp.sample, generate_series(1, many) i
on conflict do nothing
