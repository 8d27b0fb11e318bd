-- T4. Every index of a tenant table begins with tenant_id: primary keys, unique ones and the rest. A unique index
-- that does not is an oracle for other tenants' values; another one serves nobody under row-level security.
select i.indexrelid::regclass::text as object,
       format('on %s does not begin with tenant_id', i.indrelid::regclass) as detail
  from pg_index i
  join pg_class c
    on c.oid = i.indrelid
  join pg_attribute a
    on a.attrelid = c.oid
   and a.attname = 'tenant_id'
   and not a.attisdropped
 where c.relnamespace = 'wf'::regnamespace
   and i.indkey[0] <> a.attnum
