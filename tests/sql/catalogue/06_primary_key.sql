-- A table without a primary key cannot be replicated, deduplicated or pointed at.
select c.oid::regclass::text as object,
       'has no primary key' as detail
  from pg_class c
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p')
   and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
