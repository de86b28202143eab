"""What stands behind the gateway: one package, a room a system, and one for what they share.

    users      the users API and the public price list
    orders     taken at once, worked off behind a queue, charged exactly once
    graph      GraphQL over users and their posts, a subgraph of a federation
    catalogue  products and prices, on MySQL and Redis
    rooms      people who talk and orders that do, over WebSockets and server-sent events
    common     the gateway's identity, problems, prices

A function of `../template.yaml` enters by its room's handler, and imports no room but its own and `common`.
"""
