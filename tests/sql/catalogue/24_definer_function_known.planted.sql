-- finds: wf.planted()
create function wf.planted() returns integer language sql security definer
set search_path = pg_catalog, pg_temp as 'select 1';
