-- finds: wf.planted()
create function wf.planted() returns integer language sql
set search_path = pg_catalog, pg_temp as 'select 1';
grant execute on function wf.planted() to public;
