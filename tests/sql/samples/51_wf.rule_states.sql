insert into wf.rule_states (tenant_id, rule_id, title, level, first_event_at, last_event_at, throttled_since,
                            throttled_last, held_matches, held_keys)
select tenant_id, 'rule-' || i, 'Sample ' || i, 'medium', now() - interval '9 days', now(),
       case when i % 10 = 0 then now() - interval '1 hour' end, case when i % 10 = 0 then now() end, i, i
  from pg_temp.sample, generate_series(1, middling) i
