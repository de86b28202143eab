"""What is counted, limited and left behind: log lines, analytics, the hourly summary, rate limits.

Reads what a request came to; never changes it.
"""
