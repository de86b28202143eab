"""The catalogue: products with prices and words in the visitor's currency and language, on MySQL and Redis.

    GET    /products             all of them, a page at a time: `?limit=` (1 to 100, 20), `?next=` (opaque)
    GET    /products/{sku}       one
    PUT    /products/{sku}       an admin makes it this
    DELETE /products/{sku}       an admin takes it off
    PUT    /rates/{day}          an admin says what a US dollar is worth in other currencies, from that day on

An answer is one of a handful of variants (`Vary: x-geo-currency, x-geo-language`), which the gateway keeps. A write
leaves in its own transaction what it outdates (`outbox.py`); then the cache forgets that, and the gateway is told.

Files: `app.py` routes, `products.py` what a product is, `showing.py` how it is shown, `store.py` and `tables.py` SQL,
`database.py` one connection and its failures, `caching.py` the cache manager, `shelf.py` and `redis_shelf.py` what it
keeps things on, `outbox.py` what a write outdates, `wiring.py` all of it from the environment.
Functions of the template: `api.py`, `prices.py` (what orders cost), `sweeper.py`, `migrate.py`.

How many there are of a product is a matter of the orders, not of the catalogue.
"""
