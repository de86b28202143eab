"""Orders: taken at once, worked off behind a queue, charged exactly once.

    POST   /orders           a signed-in caller orders; `Idempotency-Key` is required
    GET    /orders           one's own, newest first; an admin everybody's: `?limit=` (1 to 100, 20), `?next=` (opaque)
    GET    /orders/{id}      one's own; an admin any
    GET    /orders/{id}/events  an event stream that ends: the order, whenever it is not as `Last-Event-ID` knows it
    DELETE /orders/{id}      cancels it while it is pending
    GET    /notifications    what the caller was told, newest first
    GET    /stock            how many there are of what can be ordered
    PUT    /stock/{sku}      an admin counted

What an order may become is one table (`states.py`), what an event does one pure function (`order.py`). A change is
written with its outgoing messages in one transaction (`store.py`), and sent afterwards (`outbox.py`).

Files: `app.py` routes, `placing.py` what may be ordered and for how much, `processing.py` reserve and charge,
`charging/` payment providers, `shipping.py` fulfil, `mailbox.py` what people are told, `items.py` and `tables.py`
DynamoDB, `working.py` batches of the queue, `ports.py` what all of that needs from outside.
Functions of the template: `api.py`, `processor.py`, `relay.py`, `sweeper.py`, `fulfilment.py`, `notifications.py`.
"""
