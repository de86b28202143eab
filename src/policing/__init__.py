"""People's own Python between request and answer. What they import is `policy.py`; what they write is in `policies/`.

Modules found and checked, settings read, the turn of each with a request, and what it may change there.
"""
