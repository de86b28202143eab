"""The platform: the only rooms that touch `js`, `pyodide` and `workers`. Front door: `edge.worker`.

They turn JavaScript requests into `messages.Request` and answers into JavaScript responses, and implement every
protocol of `ports.py` on workerd. They decide nothing about geo, identity, caching or forwarding.
"""
