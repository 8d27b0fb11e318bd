"""The incidents of a period: how many, how long, in time or not, and what is open."""
