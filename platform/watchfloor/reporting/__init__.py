"""Which reports there are, what each is about, and the requests for them. They are made by `reports`."""
