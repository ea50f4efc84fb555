"""What can be done to the running services from outside: files in their folder, which the cloud and Octavia's worker look for."""
import json
import time

import rest

PATIENCE = 60  # seconds; past it, it hangs


class Knobs:
    def __init__(self, folder):
        self._folder = folder
        self._endpoints = json.loads((folder / "cloud.json").read_text())["endpoints"]

    def hold(self, on):
        """The worker begins nothing: what is changed stays PENDING."""
        self._set("hold", on)

    def fail(self, on):
        """What the worker does fails: what is changed ends in ERROR."""
        self._set("fail", on)

    def short_tokens(self, on):
        """The tokens that Keystone issues last ten seconds. Barbican and Octavia are slow then: they renew their own all the time."""
        self._set("short-tokens", on)

    def down(self, kind, on):
        """The service of this type (identity, key-manager, load-balancer) is stopped, or back. Returns when that is so."""
        name = {"identity": "keystone", "key-manager": "barbican", "load-balancer": "octavia"}[kind]
        self._set(f"{name}.down", on)
        end = time.monotonic() + PATIENCE
        while self._answers(kind) == on:
            if time.monotonic() > end:
                raise RuntimeError(f"{name} is still {'there' if on else 'not there'}")
            time.sleep(0.05)

    def _answers(self, kind):
        url = self._endpoints[kind]
        try:
            rest.ask("GET", url if kind == "identity" else url + "/")
            return True
        except OSError:
            return False

    def _set(self, name, on):
        if on:
            (self._folder / name).touch()
        else:
            (self._folder / name).unlink(missing_ok=True)
