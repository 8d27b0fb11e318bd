insert into wf.feed_blind_hours (tenant_id, feed_id, hour, expected_events)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), date_trunc('hour', now()) - i * interval '1 hour', 100
  from pg_temp.sample, generate_series(1, middling) i
