"""Side-by-side benchmark: Gatehouse against what a user would pick instead, and against nothing at all.

    make bench              the whole of it, about ten minutes on a quiet machine
    make bench QUICK=1      the same cases, one connection count and short rounds, under two minutes

Read `docs/cost.md` for what the figures mean.
"""
