-- Two indexes over the same columns cost every write twice and serve no read better.
select max(i.indexrelid::regclass::text) as object,
       format('the same as %s', min(i.indexrelid::regclass::text)) as detail
  from pg_index i
  join pg_class c
    on c.oid = i.indrelid
 where c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
 group by i.indrelid,
       i.indkey::text,
       i.indclass::text,
       coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
       coalesce(pg_get_expr(i.indexprs, i.indrelid), '')
having count(*) > 1
