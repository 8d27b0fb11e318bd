"""The words of the DORA report in seven languages."""
