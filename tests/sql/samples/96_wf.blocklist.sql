insert into wf.blocklist (tenant_id, kind, value_index, value, action_id)
select tenant_id, 'ip', decode(md5(i::text), 'hex'), 'sealed', pg_temp.sample_id(tenant_id, 'action', i)
  from pg_temp.sample, generate_series(1, middling) i
