"""The service agreement: clocks with calendars and pauses, kept, recomputed, and warned of before they run out."""
