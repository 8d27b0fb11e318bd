-- finds: wf.planted
create view wf.planted as select tenant_id from wf.feeds;
