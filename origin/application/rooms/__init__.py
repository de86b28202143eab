"""Rooms: people who talk, and orders that do, over the WebSocket API and, without one, over server-sent events.

    WebSocket                        the protocol of `protocol.py`
    POST /rooms/renewals             a connection of the caller's goes on with the token of this request
    GET  /rooms/{room}/events        what was said since `Last-Event-ID`, as an event stream that ends
    POST /rooms/{room}/messages      says something, for those who have no WebSocket

Who somebody is comes with the handshake that the gateway signed, and from nowhere else. What is said gets the room's
next number in one transaction (`log.py`); the stream of that table tells everybody (`broadcaster.py`), in that order.
So nothing is told that is not kept, and who missed something asks for what came after the last number they have.

Files: `protocol.py` the messages, `reading.py` their spelling, `connection.py` who is connected, `entering.py` who may
enter, `router.py` what a message does; `connections.py`, `members.py`, `log.py`, `orders_table.py` and `tables.py`
DynamoDB; `telling.py` many connections at once, `wires.py` API Gateway, `events.py` event streams, `app.py` HTTP.
Functions of the template: `sockets.py`, `broadcaster.py`, `orders.py`, `sweeper.py`, `api.py`.
"""
