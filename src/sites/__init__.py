"""Sites in several languages: which address a page has in each, and who is led where.

Stands alone on `core` and `fields`: who reads what is handed in.
"""
