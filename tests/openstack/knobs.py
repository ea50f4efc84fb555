"""The knobs of the running services: files in their folder, which the cloud and Octavia's worker look for."""
import json
import time

import rest

PATIENCE = 60  # seconds; past it, it hangs


class Knobs:
    def __init__(self, folder):
        self._folder = folder
        self._endpoints = json.loads((folder / "cloud.json").read_text())["endpoints"]

    def hold(self, on):
        """The worker begins no work, so changes stay PENDING."""
        self._set("hold", on)

    def fail(self, on):
        """The work of the worker fails, so changes end in ERROR."""
        self._set("fail", on)

    def short_tokens(self, on):
        """Keystone's tokens last ten seconds. Barbican and Octavia are slow then, because they often renew their own."""
        self._set("short-tokens", on)

    def down(self, kind, on):
        """Stops the service of this type (identity, key-manager, load-balancer) or brings it back; returns when done."""
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
