"""What all documents on breaches of personal data share: words, written values, parts of pages."""
