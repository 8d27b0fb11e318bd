insert into wf.connector_strangers (tenant_id, feed_id, account, stream, place, records)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', 1 + i % few), 'account-' || i, 'log', 'somewhere', i
  from pg_temp.sample, generate_series(1, middling) i
