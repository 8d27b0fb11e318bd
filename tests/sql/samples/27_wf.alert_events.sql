insert into wf.alert_events (tenant_id, alert_id, event_key, occurred_at, source, body)
select tenant_id, pg_temp.sample_id(tenant_id, 'alert', i), decode(md5(i::text), 'hex'), now(), 'windows.sysmon', 'sealed'
  from pg_temp.sample, generate_series(1, many) i
