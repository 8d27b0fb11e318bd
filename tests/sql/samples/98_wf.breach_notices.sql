insert into wf.breach_notices (
  tenant_id, id, case_id, regime, stage, rule, kind, recipient, language, phase, part, due_at, case_version, snapshot,
  sha256, drafted_by)
select tenant_id, pg_temp.sample_id(tenant_id, 'notice', i), pg_temp.sample_id(tenant_id, 'breach', i),
       'gdpr-authority', 'initial', 'gdpr-authority-initial-2018', 'breach_notification', 'DE-BY1', 'de', 'initial', 0,
       now(), 1, 'sealed', sha256('plain'), 'per_1'
  from pg_temp.sample, generate_series(1, middling) i
