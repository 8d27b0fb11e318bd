insert into wf.intake_refusals (tenant_id, feed_id, hour, cause, requests, events, raw_bytes, last_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       date_trunc('hour', now()) - make_interval(hours => i::integer), 'rate', 1, 10, 1000, now()
  from pg_temp.sample, generate_series(1, middling) i
