insert into wf.audit_entries (
  tenant_id, seq, id, at, actor_kind, actor_id, as_role, action, object_kind, object_id,
  before_hash, after_hash, detail_hash, request_id, previous_hash, hash)
select tenant_id, i, pg_temp.sample_id(tenant_id, 'entry', i), now() - (many - i) * interval '1 second',
       'person', 'per_' || i % 40, 'analyst', 'incident.note', case when i % 5 = 0 then 'membership' else 'incident' end,
       'inc_' || i % (middling + 1),
       null, sha256('after'), null, 'req_' || i, sha256('before'), sha256(i::text::bytea)
  from pg_temp.sample, generate_series(1, many) i
