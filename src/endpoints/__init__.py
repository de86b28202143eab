"""What the gateway answers itself: geo, health, whoami, purges, its own description.

Each endpoint is thin: what it says is decided behind a front door.
"""
