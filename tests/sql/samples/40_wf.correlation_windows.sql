insert into wf.correlation_windows (tenant_id, window_index, rule_id, state, due_at, expires_at)
select tenant_id, decode(md5(i::text), 'hex'), 'rule-' || i % 15, 'sealed',
       case when i % 3 = 0 then now() + i * interval '1 second' end, now() + i * interval '1 second'
  from pg_temp.sample, generate_series(1, many) i
