"""The fields and codes of NIS2 and DORA in seven languages. Read through `reports.breach.language.table`."""
