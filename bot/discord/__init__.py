"""Discord: the desk drawn there, and what people do there carried to the desk."""
