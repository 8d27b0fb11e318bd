-- An index that failed to build is kept up to date and never used.
select i.indexrelid::regclass::text as object,
       'is not valid' as detail
  from pg_index i
  join pg_class c
    on c.oid = i.indrelid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and not (i.indisvalid and i.indisready)
