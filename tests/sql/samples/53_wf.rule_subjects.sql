insert into wf.rule_subjects (tenant_id, rule_id, subject_index, seen_at)
select tenant_id, 'rule-' || i % 50, decode(md5(i::text), 'hex'), now() - i * interval '1 minute'
  from pg_temp.sample, generate_series(1, middling) i
