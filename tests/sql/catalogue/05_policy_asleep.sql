-- A policy on a table whose row-level security is off protects nothing and looks as if it did.
select p.polrelid::regclass::text as object,
       format('policy %s sleeps: row-level security is off', p.polname) as detail
  from pg_policy p
  join pg_class c
    on c.oid = p.polrelid
 where not c.relrowsecurity
