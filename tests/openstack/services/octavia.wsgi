# Octavia as uwsgi serves it: the API and, behind the bus that never leaves the process, the worker.
# Two files of the folder of services steer the worker: while `hold` is there it begins nothing, so that what was changed stays
# PENDING; while `fail` is there the amphora's part of every change fails, so that Octavia's own revert ends it in ERROR.
import os
import pathlib
import time

import oslo_messaging
from octavia.amphorae.drivers.noop_driver import driver as noop
from octavia.api.app import setup_app
from octavia.common import constants, rpc
from octavia.controller.queue.v2.endpoints import Endpoints

folder = pathlib.Path(os.environ["OCTAVIA_FOLDER"])


class Worker:
    target = Endpoints.target

    def __init__(self):
        self._endpoints = Endpoints()

    def __getattr__(self, name):
        task = getattr(self._endpoints, name)

        def when_not_held(*arguments, **named):
            while (folder / "hold").exists():
                time.sleep(0.02)
            return task(*arguments, **named)

        return when_not_held if callable(task) else task


def unless_told_to_fail(update):
    def wrapped(*arguments, **named):
        if (folder / "fail").exists():
            raise RuntimeError("told to fail")
        return update(*arguments, **named)

    return wrapped


for method in ("update", "update_amphora_listeners"):
    setattr(
        noop.NoopAmphoraLoadBalancerDriver, method, unless_told_to_fail(getattr(noop.NoopAmphoraLoadBalancerDriver, method))
    )

application = setup_app(argv=["octavia", "--config-file", os.environ["OCTAVIA_CONFIGURATION"]])
rpc.get_server(oslo_messaging.Target(topic=constants.TOPIC_AMPHORA_V2, server="localhost"), [Worker()]).start()
