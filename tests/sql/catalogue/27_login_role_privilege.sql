-- T3. Row-level security does not hold TRUNCATE; REFERENCES, TRIGGER and MAINTAIN are an owner's business.
select c.oid::regclass::text as object,
       format('%s has %s', g.grantee::regrole, g.privilege_type) as detail
  from pg_class c
  cross join lateral aclexplode(c.relacl) g
  join pg_roles r
    on r.oid = g.grantee
   and r.rolcanlogin
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and (g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') or g.is_grantable)
