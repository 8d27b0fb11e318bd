-- Requests that the desk has carried out, by the id that the surface gave them. What is delivered again (a chat that
-- replays, a page that is sent twice) finds its mark and changes nothing.
create table wf.desk_requests (
  tenant_id uuid not null,
  request_id text not null check (length(request_id) <= 64),
  at timestamptz not null default now(),
  primary key (tenant_id, request_id)
);
create index desk_requests_age on wf.desk_requests (tenant_id, at);
call private.isolate('wf.desk_requests');
grant select, insert, delete on wf.desk_requests to wf_app;
grant select, insert on wf.desk_requests to wf_bot;
