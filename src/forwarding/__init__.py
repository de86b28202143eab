"""What an origin is sent and what comes back of its answer. Front door: `origin.py`.

Fields that pass and that do not, signatures (AWS SigV4, HMAC), retries, the breaker (RFC 9110 section 7). Never decides
who the caller is, only what is said of them.
"""
