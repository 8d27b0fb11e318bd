insert into wf.page_steps (tenant_id, id, page_id, rung, recipient, lane, due_at, state, sent_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'page step', i), pg_temp.sample_id(tenant_id, 'page', i), 0, 'primary',
       'email', now() - i * interval '1 hour', case when i % 50 > 0 then 'sent' else 'due' end, now()
  from pg_temp.sample, generate_series(1, middling) i
