"""Rooms under soak: people who talk over WebSockets and vanish, one who follows the event stream, and who said what.

`party.py` is a room from its first guest to its last, `talker.py` and `follower.py` who is in it, `book.py` what all of
them must have heard; `house.py` is the origin: the example's own rooms, in the process that `process.py` starts.
"""
