"""Evidence for controls: what is measured, how it is judged, and which control of which framework it speaks to.

Nothing here says that anybody meets a standard: a row says how far the records support one control in one period.
"""
