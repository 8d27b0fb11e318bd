insert into wf.alerts (
  tenant_id, id, rule_id, rule_hash, rule, title, severity, dedup_index, first_seen, last_seen, created_at, match_count,
  incident_id)
select tenant_id, pg_temp.sample_id(tenant_id, 'alert', i), 'rule-' || i % 50, 'hash', '{}', 'Sample ' || i, 'high',
       decode(md5((i % 500)::text), 'hex'), now() - i * interval '1 minute', now() - i * interval '1 minute',
       now() - i * interval '1 minute', 1, pg_temp.sample_id(tenant_id, 'incident', 1 + i % middling)
  from pg_temp.sample, generate_series(1, many) i
