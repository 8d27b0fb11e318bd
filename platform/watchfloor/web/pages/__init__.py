"""What all rooms of pages share: the frame, its style, words, times and charts."""
