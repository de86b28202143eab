"""Your own Python between request and answer: a module here is a policy, as soon as a route names it. docs/policies.md.

It imports `policy`, pydantic and the standard library. One whose name begins with "_" is for the others to share.
"""
