-- Discord. Who a person is there: a code that the portal shows for a few minutes, and the account that it bound. Global,
-- because both answer "who is this?"; of a code only the SHA-256 is kept.
create table auth.chat_codes (
  code_hash bytea primary key check (length(code_hash) = 32),
  person_id uuid not null references auth.people (id),
  expires_at timestamptz not null
);
create unique index chat_codes_person on auth.chat_codes (person_id);
grant select, insert, update, delete on auth.chat_codes to wf_auth;

create table auth.chat_accounts (
  account_id text primary key check (account_id ~ '^[0-9]{1,20}$'),
  person_id uuid not null references auth.people (id),
  linked_at timestamptz not null default now()
);
create unique index chat_accounts_person on auth.chat_accounts (person_id);
grant select, insert, update, delete on auth.chat_accounts to wf_auth;

-- What a surface should show, beside what it shows: only the newest revision is ever sent. `revision` 0: nothing yet.
-- `thread` is the post that the card stands in, `line_id` the last entry of the timeline that was told there. A card
-- that could not be shown waits until `due_at`.
alter table wf.cards
  add column wanted_revision bigint not null default 0,
  add column thread text not null default '' check (length(thread) <= 32),
  add column line_id uuid,
  add column attempts integer not null default 0 check (attempts >= 0),
  add column wanted_at timestamptz not null default now(),
  add column due_at timestamptz not null default now();
create index cards_due on wf.cards (tenant_id, surface, due_at) where wanted_revision > revision;

-- The channels that the bot made, in the operator's tenant: one row a purpose and guild. `message_id` is what is edited
-- in place there; for `commands` it is the hash of what was registered.
create table wf.chat_channels (
  tenant_id uuid not null,
  guild_id text not null check (guild_id ~ '^[0-9]{1,20}$'),
  purpose text not null check (length(purpose) between 1 and 64),
  channel_id text not null check (length(channel_id) <= 32),
  message_id text not null default '' check (length(message_id) <= 64),
  primary key (tenant_id, guild_id, purpose)
);
call private.isolate('wf.chat_channels');
grant select, insert, update, delete on wf.chat_channels to wf_bot;
grant select on wf.chat_channels to wf_app;

-- The chat ends its own steps of pages, and what it cannot send goes on by the next lane.
grant insert on wf.page_steps to wf_bot;
