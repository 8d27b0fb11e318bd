-- Default privileges give away tables that nobody has written yet.
select coalesce(n.nspname, 'every schema')::text as object,
       format('%s gets %s on new objects', case when g.grantee = 0 then 'PUBLIC' else g.grantee::regrole::text end,
              g.privilege_type) as detail
  from pg_default_acl d
  left join pg_namespace n
    on n.oid = d.defaclnamespace
  cross join lateral aclexplode(d.defaclacl) g
 where g.grantee <> d.defaclrole
