insert into auth.feed_tokens (id, tenant_id, feed_id, secret_hash)
select md5(format('token %s %s', tenant_id, i)), tenant_id, pg_temp.sample_id(tenant_id, 'feed', i), sha256('secret')
  from pg_temp.sample, generate_series(1, few) i
