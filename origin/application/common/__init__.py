"""What the systems share.

caller      who calls, as the gateway vouches for it
caller_keys one text per caller
http        the steps before every route, and the forms of answers
problems    refusals, as RFC 9457 problem details
secrets     secrets, from Secrets Manager
telemetry   metrics, cold starts, traces, the warm-up event
prices      the price list
money       whole numbers of minor units; exponents, how many decimals those are by ISO 4217
"""
