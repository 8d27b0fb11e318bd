-- Without an index on its columns, a foreign key makes every delete of a parent read all children.
select f.conrelid::regclass::text as object,
       format('no index serves %s', f.conname) as detail
  from pg_constraint f
  join pg_class c
    on c.oid = f.conrelid
 where f.contype = 'f'
   and c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and not exists (
         select
           from pg_index i
          where i.indrelid = f.conrelid
            and i.indpred is null
            and (i.indkey::smallint[])[0:cardinality(f.conkey) - 1] @> f.conkey)
