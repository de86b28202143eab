"""Where a visitor is and what they read and pay in. Front door: `geo.py`.

Territories (Unicode CLDR), language negotiation (RFC 4647, RFC 9110 section 12.5.4), preferences. Never the client's
address, never who they are.
"""
