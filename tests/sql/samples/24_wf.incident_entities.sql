insert into wf.incident_entities (tenant_id, incident_id, kind, value_index, value, first_seen, last_seen)
select tenant_id, pg_temp.sample_id(tenant_id, 'incident', i), 'host', decode(md5((i % 200)::text), 'hex'), 'sealed', now(), now()
  from pg_temp.sample, generate_series(1, middling) i
