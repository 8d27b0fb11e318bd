insert into wf.connectors (tenant_id, feed_id, kind, settings, secrets, proven_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', i), 'okta', '\x80', '\x80', now()
  from pg_temp.sample, generate_series(1, few) i
