"""The words of the NIS2 report in seven languages."""
