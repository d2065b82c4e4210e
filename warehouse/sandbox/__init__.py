"""SQL of people one does not trust: what of it is allowed, and the shut-in process that runs it."""
