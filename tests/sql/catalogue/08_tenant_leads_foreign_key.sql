-- T4. A foreign key ignores row-level security, so one that does not carry the tenant links to, and tells of, the
-- rows of others. Between tenant tables its first column is tenant_id on both sides.
select f.conrelid::regclass::text as object,
       format('%s does not begin with tenant_id on both sides', f.conname) as detail
  from pg_constraint f
  join pg_attribute child
    on child.attrelid = f.conrelid
   and child.attnum = f.conkey[1]
  join pg_attribute parent
    on parent.attrelid = f.confrelid
   and parent.attnum = f.confkey[1]
  join pg_class c
    on c.oid = f.conrelid
 where f.contype = 'f'
   and c.relnamespace = 'wf'::regnamespace
   and (child.attname <> 'tenant_id' or parent.attname <> 'tenant_id')
