"""An API Gateway WebSocket API on this machine: real sockets, exact events, and the management API `@connections`.

    events      what the function gets: `$connect`, `$default`, `$disconnect`
    socket      one WebSocket on a connection that was accepted, with API Gateway's limits
    api         the sockets that are open, and who may speak to them

Source: Amazon API Gateway Developer Guide, "Working with WebSocket APIs", and its quotas. The emulator has WebSockets
as well, but signs nobody in, takes every stage, and has none of the limits.
"""
