insert into wf.feed_alarms
       (tenant_id, id, feed_id, kind, state, since, raised_at, cleared_at, cleared_because, figures)
select tenant_id, pg_temp.sample_id(tenant_id, 'feed alarm', i), pg_temp.sample_id(tenant_id, 'feed', 1 + i % few),
       'silent', 'cleared', now() - interval '1 hour', now(), now(), 'recovered', '{}'
  from pg_temp.sample, generate_series(1, middling) i
