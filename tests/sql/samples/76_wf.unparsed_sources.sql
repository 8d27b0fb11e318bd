insert into wf.unparsed_sources (tenant_id, feed_id, shape, events, first_seen_at, last_seen_at, sketch, samples)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), pg_temp.sample_id(tenant_id, 'shape', i), i,
       now() - i * interval '1 hour', now() - i * interval '1 hour', 'sealed', 'sealed'
  from pg_temp.sample, generate_series(1, middling) i
