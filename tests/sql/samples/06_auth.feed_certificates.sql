insert into auth.feed_certificates (fingerprint, tenant_id, feed_id, subject, expires_at)
select sha256(convert_to(format('certificate %s %s', tenant_id, i), 'UTF8')),
       tenant_id, pg_temp.sample_id(tenant_id, 'feed', i), 'feed-' || i, now() + interval '1 year'
  from pg_temp.sample, generate_series(1, few) i
