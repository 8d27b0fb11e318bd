"""The watch: what is handed from one shift's lead to the next."""
