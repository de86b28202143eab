"""The application behind the gateway, on this machine: its function URLs, its tables, and AWS as far as it needs it.

Whoever deletes the example in origin/ has no use for what is here.
"""
