select * from carves where carve = 1 and path {operator} '{path}'
