-- finds: wf.feeds, wf.counters
grant truncate on wf.feeds to wf_app;
grant select on wf.counters to wf_bot with grant option;
