-- A foreign key that deletes or changes rows by itself does so behind the policies and the audit log. Erasing is a
-- function of its own.
select f.conrelid::regclass::text as object,
       format('%s deletes or updates by itself', f.conname) as detail
  from pg_constraint f
 where f.contype = 'f'
   and f.connamespace in ('wf'::regnamespace, 'auth'::regnamespace, 'private'::regnamespace)
   and (f.confdeltype <> 'a' or f.confupdtype <> 'a')
