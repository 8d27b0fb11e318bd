-- T2. A tenant table without row-level security shows every tenant to everyone.
select c.oid::regclass::text as object,
       'row-level security is off' as detail
  from pg_class c
  join pg_attribute a
    on a.attrelid = c.oid
   and a.attname = 'tenant_id'
   and not a.attisdropped
 where c.relnamespace = 'wf'::regnamespace
   and c.relkind in ('r', 'p')
   and not c.relrowsecurity
