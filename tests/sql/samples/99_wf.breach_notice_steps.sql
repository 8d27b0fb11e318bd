insert into wf.breach_notice_steps (tenant_id, id, notice_id, place, step, body, actor_kind, actor_id)
select tenant_id, pg_temp.sample_id(tenant_id, 'notice_step', i), pg_temp.sample_id(tenant_id, 'notice', i), 0,
       'approved', 'sealed', 'person', 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
