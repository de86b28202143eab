"""Who the caller is and whom a route lets in. Front door: `auth.py`.

Tokens, keys, providers, principals, challenges (RFC 7515 to 7519, 6750, 8725). Decides nothing by path, place or cache.
"""
