# Barbican as uwsgi serves it. It reads ~/.barbican/barbican.conf by itself; its own WSGI script has the paste file's place fixed.
import os

from paste import deploy

application = deploy.loadapp("config:" + os.environ["BARBICAN_PASTE_FILE"])
