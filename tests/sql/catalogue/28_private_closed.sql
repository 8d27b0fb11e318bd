-- T8. What verifies a tenant context may be read by nobody who logs in.
select n.nspname::text as object,
       format('%s may use it', r.rolname) as detail
  from pg_namespace n
  join pg_roles r
    on r.rolcanlogin
   and not r.rolsuper
   and has_schema_privilege(r.oid, n.oid, 'usage')
   and r.rolname <> 'wf_migrate'
 where n.nspname = 'private'
 union all
select c.oid::regclass::text,
       format('%s may read it', r.rolname)
  from pg_class c
  join pg_roles r
    on r.rolcanlogin
   and not r.rolsuper
   and r.rolname <> 'wf_migrate'
   and has_table_privilege(r.oid, c.oid, 'select')
 where c.relnamespace = 'private'::regnamespace
   and c.relkind in ('r', 'p', 'v', 'm')
