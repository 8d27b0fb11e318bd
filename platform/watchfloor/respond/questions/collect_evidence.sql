select s.pid,
       p.name,
       p.path,
       p.cmdline,
       s.protocol,
       s.local_address,
       s.local_port,
       s.remote_address,
       s.remote_port,
       s.state
  from process_open_sockets s
  left join processes p
    on p.pid = s.pid
 where s.remote_port <> 0
    or s.state = 'LISTEN'
