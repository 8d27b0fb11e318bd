insert into wf.chat_channels (tenant_id, guild_id, purpose, channel_id)
select tenant_id, '1', 'forum:pod-' || i, i::text
  from pg_temp.sample, generate_series(1, few) i
