"""The gateway on this machine: `dev`, its options and what it starts beside it, and its log for people.

What is behind the gateway is in `application/`, the runtime that wrangler is given in `runtime/`.
"""
