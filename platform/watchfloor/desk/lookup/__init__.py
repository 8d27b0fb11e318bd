"""Looking things up at the desk: indicators in their one form, incidents by what people type."""
