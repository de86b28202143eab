"""`GET /healthz`, as AWS calls it; see `reach.py`. USERS_TABLE and so on name what it asks for."""

import os

from application.common.telemetry import entry_point, metrics_of
from application.running.reach import create_handler, questions

SERVICE = "running-health"

handler = entry_point(create_handler(questions(os.environ)), SERVICE, metrics_of(SERVICE))
