insert into wf.osquery_nodes (tenant_id, id, feed_id, host_index, host, key_hash, state, enrolments)
select tenant_id, pg_temp.sample_id(tenant_id, 'node', i), pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       decode(md5('node' || i), 'hex'), '\x00', sha256(i::text::bytea), 'active', 1
  from pg_temp.sample, generate_series(1, middling) i
