"""How often each rule was right, by what people said of its incidents."""
