# Keystone as uwsgi serves it; its configuration is named by OS_KEYSTONE_CONFIG_FILES, and the file short-tokens beside that makes
# the tokens that it issues last ten seconds (knobs.py).
import os
import pathlib

import keystone.conf
from keystone.server.wsgi import initialize_public_application

keystone_itself = initialize_public_application()
short_tokens = pathlib.Path(os.environ["OS_KEYSTONE_CONFIG_FILES"]).parent / "short-tokens"


def application(environ, start_response):
    if short_tokens.exists():
        keystone.conf.CONF.set_override("expiration", 10, group="token")
    else:
        keystone.conf.CONF.clear_override("expiration", group="token")
    return keystone_itself(environ, start_response)
