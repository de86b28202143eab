"""What runs the application: what it can reach, what it costs, what it could not do.

health         GET /healthz
cost           the cost watch: `figures` reads, `pricing` computes, `report` compares, `watching` puts them together
dead_letters   what is in the dead-letter queues, and putting it back
"""
