"""The users API and the public price list, behind the gateway.

    GET    /users          an admin reads everybody, oldest first: `?limit=` (1 to 100, 20), `?next=` (opaque)
    POST   /users          an admin creates one; `Idempotency-Key` makes a repetition harmless
    GET    /users/{id}     a user reads itself, an admin anybody
    PATCH  /users/{id}     a user changes its own name and e-mail, an admin anybody's and the role; needs `If-Match`
    DELETE /users/{id}     a user deletes itself, an admin anybody, with all posts; needs `If-Match`
    GET    /prices         anybody, in the visitor's currency; meant for the gateway's cache
    OPTIONS on each        what may be done there

Who calls and where they are is told by the gateway (`x-user-id`, `x-user-role`, `x-geo-currency`) and believed only
after the request was verified (`../common/caller.py`). Everything else in a request is the client's word.

Files: `app.py` routes and access rules, `cursors.py` where pages end, `handler.py` the wiring. What a user is and where
users are kept is shared with the graph: `../common/users.py`, `../common/users_table.py`.
"""
