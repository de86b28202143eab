"""Workers between an empty one and the gateway, each doing one thing more: where the time of `GET /geo` goes."""
