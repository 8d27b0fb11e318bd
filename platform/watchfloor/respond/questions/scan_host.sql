select p.pid,
       p.parent,
       p.name,
       p.path,
       p.cmdline,
       p.on_disk,
       p.start_time,
       p.uid,
       h.sha256
  from processes p
  left join hash h
    on h.path = p.path
   and p.path <> ''
