"""How gunicorn runs the console; the command line and GUNICORN_CMD_ARGS win over it."""

import os

wsgi_app = "osvi_console.wsgi"
# Threads are safe against slow clients when nothing stands in front; behind a buffering proxy
# `--worker-class sync` has the steadier slowest answers.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
# A webhook address ends in a token, so an access log must not show it.
logger_class = "osvi_console.access_log.RedactingLogger"
# Nobody uses it, and two consoles of one user would share it.
control_socket_disable = True
