insert into wf.first_bodies (tenant_id, id, feed_id, is_greeting, document)
select tenant_id, pg_temp.sample_id(tenant_id, 'first-body', i), pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       i % 2 = 0, 'sealed'
  from pg_temp.sample, generate_series(1, few * 10) i
