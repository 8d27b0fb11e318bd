-- T1. Every table of schema wf says whose its rows are, or is named in global_tables.txt with a reason.
select c.oid::regclass::text as object,
       'has no tenant_id uuid not null' as detail
  from pg_class c
 where c.relnamespace = 'wf'::regnamespace
   and c.relkind in ('r', 'p', 'f')
   and c.relname not in (select name from pg_temp.global_tables)
   and not exists (
         select
           from pg_attribute a
          where a.attrelid = c.oid
            and a.attname = 'tenant_id'
            and a.atttypid = 'uuid'::regtype
            and a.attnotnull
            and not a.attisdropped)
