"""What is stored, for whom, and when it may answer. Front door: `cache.py`.

RFC 9111, 5861, 9211 and 9213 as pure functions, and the store behind them. Knows an origin only as `onward.Onward`.
"""
