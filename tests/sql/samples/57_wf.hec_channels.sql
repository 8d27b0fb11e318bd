insert into wf.hec_channels (tenant_id, feed_id, channel, issued, pending, waiting, used_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), pg_temp.sample_id(tenant_id, 'channel', i), 10,
       '{[3,10)}', 7, now() - i * interval '1 second'
  from pg_temp.sample, generate_series(1, middling) i
