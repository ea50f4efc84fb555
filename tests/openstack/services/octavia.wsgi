# Octavia as uwsgi serves it: the API and, behind a bus that never leaves the process, the worker with the driver of real amphorae. That
# driver reads the certificates of all listeners and writes haproxy's configuration as always; only whom it hands them to is ours: an
# agent that keeps them in folders: uploaded/LOAD_BALANCER, and amphorae/LOAD_BALANCER what haproxy would have loaded last.
# Two files of the folder of services steer the worker: while `hold` is there it begins nothing, so that what was changed stays
# PENDING; while `fail` is there the agent fails, so that Octavia's own revert ends what was changed in ERROR.
import hashlib
import os
import pathlib
import shutil
import time

import oslo_messaging
from octavia.amphorae.drivers.haproxy import exceptions, rest_api_driver
from octavia.api.app import setup_app
from octavia.common import constants, rpc
from octavia.controller.queue.v2.endpoints import Endpoints

folder = pathlib.Path(os.environ["OCTAVIA_FOLDER"])


class Agent:
    """What the agent in an amphora answers. `owner` is a load balancer; one of UDP alone its listener."""

    def get_api_version(self, amphora, **_):
        return {"api_version": "1.0"}

    def get_info(self, amphora, **_):
        return {"api_version": "1.0", "haproxy_version": "2.6.12"}

    def plug_network(self, amphora, port):
        pass

    def upload_cert_pem(self, amphora, owner, name, pem):
        self._write(owner, name, pem)

    def get_cert_md5sum(self, amphora, owner, name, ignore=()):
        try:
            return hashlib.md5(self._place(owner, name).read_bytes()).hexdigest()
        except FileNotFoundError:
            raise exceptions.NotFound() from None

    def delete_cert_pem(self, amphora, owner, name):
        self._place(owner, name).unlink(missing_ok=True)

    def upload_config(self, amphora, owner, configuration, timeout_dict=None):
        self._fail_if_told()
        self._write(owner, "haproxy.cfg", configuration.encode())

    def upload_udp_config(self, amphora, owner, configuration, timeout_dict=None):
        self._fail_if_told()

    def delete_listener(self, amphora, owner):
        self._fail_if_told()
        for kind in ("uploaded", "amphorae"):
            shutil.rmtree(folder / kind / owner, ignore_errors=True)

    def reload_listener(self, amphora, owner, timeout_dict=None):
        if (folder / "uploaded" / owner).exists():
            shutil.rmtree(folder / "amphorae" / owner, ignore_errors=True)
            shutil.copytree(folder / "uploaded" / owner, folder / "amphorae" / owner)

    start_listener = reload_listener

    def _fail_if_told(self):
        if (folder / "fail").exists():
            raise RuntimeError("told to fail")

    def _place(self, owner, name):
        return folder / "uploaded" / owner / name

    def _write(self, owner, name, content):
        self._place(owner, name).parent.mkdir(parents=True, exist_ok=True)
        self._place(owner, name).write_bytes(content)


class Worker:
    """The worker's entry points, each begun only when nothing is held."""

    target = Endpoints.target

    def __init__(self):
        self._endpoints = Endpoints()

    def __getattr__(self, name):
        task = getattr(self._endpoints, name)

        def when_not_held(*arguments, **named):
            while (folder / "hold").exists():
                time.sleep(0.02)
            return task(*arguments, **named)

        return when_not_held


for name in ("AmphoraAPIClientBase", "AmphoraAPIClient0_5", "AmphoraAPIClient1_0"):
    setattr(rest_api_driver, name, Agent)
# The no-op network has no port to plug: it lacks what a real one tells.
rest_api_driver.HaproxyAmphoraLoadBalancerDriver.post_vip_plug = lambda *_, **__: None
application = setup_app(argv=["octavia", "--config-file", os.environ["OCTAVIA_CONFIGURATION"]])
rpc.get_server(oslo_messaging.Target(topic=constants.TOPIC_AMPHORA_V2, server="localhost"), [Worker()]).start()
