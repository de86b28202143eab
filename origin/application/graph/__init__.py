"""A subgraph of Apollo Federation 2 over users and their posts, behind the gateway.

    GET  /graphql?query=…&variables=…&operationName=…     queries alone; meant for the gateway's cache
    GET  /graphql?extensions={"persistedQuery":…}         the same by the SHA-256 of a query that was registered
    POST /graphql                                         queries and mutations; registers, with `persistedQuery`

What may be asked is bounded before anything is executed (`limits.py`), who sees and changes what is one table
(`rules.py`), and everything else that goes wrong is told as one message with the request's id (`faults.py`).

Files: `types.py`, `query.py` and `mutation.py` the schema, `reading.py` what one request reads and how often,
`operations.py` GraphQL over HTTP, `persisted.py` registered queries, `execution.py` from a document to its result,
`app.py` routes and answers, `api.py` the function; `tags.py` what answers are purged by, `relay.py` the function that
has them purged when users and posts are written.
"""
