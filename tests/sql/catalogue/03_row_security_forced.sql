-- T2. Without FORCE the owner, and whoever becomes the owner, passes the policies.
select c.oid::regclass::text as object,
       'row-level security is not forced' as detail
  from pg_class c
  join pg_attribute a
    on a.attrelid = c.oid
   and a.attname = 'tenant_id'
   and not a.attisdropped
 where c.relnamespace = 'wf'::regnamespace
   and c.relkind in ('r', 'p')
   and not c.relforcerowsecurity
