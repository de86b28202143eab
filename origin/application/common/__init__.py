"""What the systems share.

caller      who calls, as the gateway vouches for it
http        the steps before every route, and the forms of answers
problems    refusals, as RFC 9457 problem details
secrets     secrets, from Secrets Manager
telemetry   metrics, cold starts, traces, the warm-up event
prices      the price list
"""
