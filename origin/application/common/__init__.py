"""What the systems share.

caller      who calls, as the gateway vouches for it
caller_keys one text per caller
http        the steps before every route, and the forms of answers
problems    refusals, as RFC 9457 problem details
secrets     secrets, from Secrets Manager
telemetry   metrics, cold starts, traces, the warm-up event
users       what a user is; users_table, posts_table where users and their posts are kept, and how a user leaves
texts       texts that clients send, and what is enforced of them
openapi     a room's table of operations as a document
purging     the gateway's purge endpoint
cursors     where a page of a list ends, signed
nonces      which signed requests were taken already
entity_tags versions of what is shown, and the preconditions that name them
transactions several writes or none
consuming   functions behind queues, a message at a time
event_stream server-sent events; busyness, how soon to come again for more
times       times as texts
prices      the price list
money       whole numbers of minor units; exponents, how many decimals those are by ISO 4217
"""
