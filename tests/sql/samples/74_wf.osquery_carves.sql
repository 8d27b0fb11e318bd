insert into wf.osquery_carves (
  tenant_id, id, query_id, node_id, session_hash, state, block_count, block_size, carve_size)
select a.tenant_id, md5(a.query_id::text || a.node_id)::uuid, a.query_id, a.node_id, sha256('session'), 'receiving',
       1, 1000, 1000
  from pg_temp.sample s
 cross join lateral (select * from wf.osquery_answers r where r.tenant_id = s.tenant_id limit s.middling) a
