-- T3. Nothing is everybody's: neither tables, nor columns, nor schemas. (The database itself: test_roles.)
select c.oid::regclass::text as object,
       format('PUBLIC has %s', g.privilege_type) as detail
  from pg_class c
  cross join lateral aclexplode(c.relacl) g
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and g.grantee = 0
 union all
select a.attrelid::regclass::text,
       format('PUBLIC has %s on %s', g.privilege_type, a.attname)
  from pg_attribute a
  join pg_class c
    on c.oid = a.attrelid
  cross join lateral aclexplode(a.attacl) g
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and g.grantee = 0
 union all
select format('schema %s', n.nspname),
       format('PUBLIC has %s', g.privilege_type)
  from pg_namespace n
  cross join lateral aclexplode(n.nspacl) g
 where n.nspname in ('wf', 'auth', 'private', 'public')
   and g.grantee = 0
