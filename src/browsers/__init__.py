"""What browsers are told about other sites: CORS (Fetch standard), for answers and preflights.

Knows nothing of routes, identity or the cache.
"""
