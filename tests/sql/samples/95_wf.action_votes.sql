insert into wf.action_votes (tenant_id, action_id, person_id, vote, side, payload_hash)
select tenant_id, pg_temp.sample_id(tenant_id, 'action', i), pg_temp.sample_id(tenant_id, 'person', 2), 'approve',
       'customer', sha256('payload')
  from pg_temp.sample, generate_series(1, middling) i
