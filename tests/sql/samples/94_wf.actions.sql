insert into wf.actions (
  tenant_id, id, incident_id, number, kind, target_kind, target_index, payload, payload_hash, state, decision, executor,
  requested_by, expires_at, approved_at, ended_at)
select tenant_id, pg_temp.sample_id(tenant_id, 'action', i), pg_temp.sample_id(tenant_id, 'incident', i), 1,
       'isolate_host', 'host', decode(md5(i::text), 'hex'), 'sealed', sha256('payload'),
       case when i % 20 = 0 then 'proposed' else 'done' end, 'customer', 'hand',
       pg_temp.sample_id(tenant_id, 'person', 1), now() + interval '30 minutes',
       case when i % 20 <> 0 then now() end, case when i % 20 <> 0 then now() end
  from pg_temp.sample, generate_series(1, middling) i
