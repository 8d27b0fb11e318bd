insert into auth.tenant_steps (tenant_id, journey, step, done_at, outcome)
select tenant_id, 'onboard', 'key', now(), '{}'
  from pg_temp.sample
