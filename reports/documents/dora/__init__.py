"""DORA's stages on paper and as data: initial notification, intermediate and final report, reclassification."""
