insert into wf.source_days (tenant_id, feed_id, day, product, category, service, events, last_event_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), current_date - (i / 10)::integer, 'windows', '',
       'service-' || i % 10, 10, now()
  from pg_temp.sample, generate_series(1, middling) i
