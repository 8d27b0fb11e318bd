-- finds: private, private.context_keys
grant usage on schema private to wf_app;
grant select on private.context_keys to wf_report;
