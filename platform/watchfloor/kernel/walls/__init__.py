"""Walls around a process that has only to compute: which files it may read, which system calls it may make."""
