-- An enum's equality is not leakproof, so no index serves it under row-level security: states are text and a check.
select a.attrelid::regclass::text as object,
       format('%s is the enum %s', a.attname, t.typname) as detail
  from pg_attribute a
  join pg_class c
    on c.oid = a.attrelid
  join pg_type t
    on t.oid = a.atttypid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace)
   and c.relkind in ('r', 'p')
   and a.attnum > 0
   and not a.attisdropped
   and t.typtype = 'e'
