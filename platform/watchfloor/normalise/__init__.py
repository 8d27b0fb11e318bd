"""Raw events become `Event`s: one shape for every source, with the source's own field names kept.

Pure functions: no input or output, no clock, no database. Nothing but `ParseFailed` comes out of here.
"""
