-- finds: wf.zz_planted
create index zz_planted on wf.feeds (tenant_id, name);
