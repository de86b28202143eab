"""The front door of the platform: what `entry.py` needs of it."""

from edge.isolate import environment, platform
from edge.lifetimes import Client, ToItsEnd, background
from edge.messages import Answer, read_request

__all__ = ["Answer", "Client", "ToItsEnd", "background", "environment", "platform", "read_request"]
