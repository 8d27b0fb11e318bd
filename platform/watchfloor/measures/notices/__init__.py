"""Notices of breach cases that were due: how many were handed in before."""
