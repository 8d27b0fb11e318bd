insert into wf.feed_hours (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined, matches)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       date_trunc('hour', now()) - i * interval '1 hour', 1, 10, 1000, 0, 0, 0
  from pg_temp.sample, generate_series(1, middling) i
