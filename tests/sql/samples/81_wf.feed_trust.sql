insert into wf.feed_trust (tenant_id, feed_id, profile, learned_at, judged_until)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed', i), '\x80', now(), date_trunc('hour', now())
  from pg_temp.sample, generate_series(1, few) i;
update wf.feed_hours set minutes = 1, last_received_at = hour
