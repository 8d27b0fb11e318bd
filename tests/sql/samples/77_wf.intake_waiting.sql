insert into wf.intake_waiting (tenant_id, lane, oldest_at)
select tenant_id, 0, now()
  from pg_temp.sample
