insert into auth.chat_accounts (account_id, person_id)
select (number * 1000000 + i)::text, pg_temp.sample_id(tenant_id, 'person', i)
  from pg_temp.sample, generate_series(1, few) i
