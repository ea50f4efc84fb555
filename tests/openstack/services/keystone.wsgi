# Keystone as uwsgi serves it; its configuration is named by OS_KEYSTONE_CONFIG_FILES.
from keystone.server.wsgi import initialize_public_application

application = initialize_public_application()
