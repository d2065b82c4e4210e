"""The town's mentions in the words of each source: bytes as a real server sends them."""
