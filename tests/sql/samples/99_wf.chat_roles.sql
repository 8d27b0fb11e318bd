insert into wf.chat_roles (tenant_id, guild_id, account_id, purpose, role_id, person_id)
select tenant_id, '1', i::text, 'role:watchfloor', '2', pg_temp.sample_id(tenant_id, 'person', i)
  from pg_temp.sample, generate_series(1, few) i
