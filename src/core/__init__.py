"""What every room speaks: messages, ports, problems, paths, strict JSON, bounds of lengths and of what is held.

Pure values and protocols. It knows no wing, no setting of one and no platform.
"""
