"""The requests of a user: certificates in Barbican, load balancers and listeners in Octavia, real or simulated."""
import base64
import datetime
import time

import certificates
import rest

PATIENCE = 120  # seconds; a change that is not done by then hangs
AUTHORITY = certificates.Authority("tests")


class Tenant:
    """One user of one project. An unexpected answer is a RuntimeError."""

    def __init__(self, endpoints, login):
        self.identity = endpoints["identity"]
        self.barbican = endpoints["key-manager"] + "/v1"
        self.octavia = endpoints["load-balancer"] + "/v2/lbaas"
        self.login = login
        self.token = rest.token_of(self.identity, login)

    def ask(self, method, url, body=None, **more):
        return rest.ask(method, url, token=self.token, body=body, **more)

    def outlive(self, token):
        """Returns when Octavia no longer accepts the token."""
        end = time.monotonic() + PATIENCE
        while rest.ask("GET", self.octavia + "/loadbalancers?limit=1", token=token).status != 401:
            if time.monotonic() > end:
                raise RuntimeError("the token does not end")
            time.sleep(0.2)

    # ---- Barbican ----

    def secret(self, name, payload=None, **members):
        """Stores a secret (payload None: none yet; str: as text; bytes: as they are); returns its ref."""
        body = {"name": name, **members}
        if isinstance(payload, str):
            body |= {"payload": payload, "payload_content_type": "text/plain"}
        elif payload is not None:
            encoded = base64.b64encode(payload).decode()
            body |= {
                "payload": encoded, "payload_content_type": "application/octet-stream", "payload_content_encoding": "base64"
            }
        return self.ask("POST", self.barbican + "/secrets", body).expect(201)["secret_ref"]

    def container(self, certificate, name="container", without=(), parts=None):
        """Makes a container of PEM secrets; returns its ref. `parts` receives the refs of its secrets, by name."""
        pems = {
            "certificate": certificate.pem, "private_key": certificate.key_pem, "intermediates": certificate.intermediates_pem
        }
        kept = {part: self.secret(f"{name}-{part}", pem.decode()) for part, pem in pems.items() if part not in without}
        if parts is not None:
            parts.update(kept)
        return self.container_of(kept, name)

    def container_of(self, parts, name="container", kind="certificate"):
        refs = [{"name": part, "secret_ref": ref} for part, ref in parts.items()]
        body = {"name": name, "type": kind, "secret_refs": refs}
        return self.ask("POST", self.barbican + "/containers", body).expect(201)["container_ref"]

    def pkcs12(self, certificate, name="pkcs12", passphrase=None, **members):
        return self.secret(name, certificate.pkcs12(passphrase), **members)

    def expiring(self, certificate, seconds=1):
        """Makes a secret whose own expiration in Barbican is near, so that Barbican will soon answer 404."""
        end = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
        return self.pkcs12(certificate, "expiring", expiration=end.isoformat(timespec="seconds"))

    def complete(self, ref, certificate):
        """Stores the payload of a secret that has none yet."""
        sent = {"Content-Type": "application/octet-stream"}
        self.ask("PUT", ref, certificate.pkcs12(), headers=sent).expect(204)

    def delete(self, url):
        self.ask("DELETE", url).expect(204)

    # ---- Octavia ----

    def load_balancer(self, name="balancer", wait=True):
        """Makes a load balancer; returns its id when it is ACTIVE."""
        body = {"loadbalancer": {"name": name, "vip_subnet_id": "9f2a6c1e-0000-4000-8000-000000000001"}}
        identifier = self.ask("POST", self.octavia + "/loadbalancers", body).expect(201)["loadbalancer"]["id"]
        if wait:
            self.settled(self.load_balancer_url(identifier))
        return identifier

    def listener(self, load_balancer, wait=True, **members):
        """Makes a listener, by default TERMINATED_HTTPS on port 443; returns its id when it is ACTIVE."""
        body = {"protocol": "TERMINATED_HTTPS", "protocol_port": 443, "loadbalancer_id": load_balancer, **members}
        identifier = self.ask("POST", self.octavia + "/listeners", {"listener": body}).expect(201)["listener"]["id"]
        if wait:
            self.settled(self.listener_url(identifier))
        return identifier

    def load_balancer_url(self, identifier):
        return f"{self.octavia}/loadbalancers/{identifier}"

    def listener_url(self, identifier):
        return f"{self.octavia}/listeners/{identifier}"

    def shown(self, url):
        """A listener or load balancer; None if it is gone."""
        answer = self.ask("GET", url).expect(200, 404)
        return answer.get("listener", answer.get("loadbalancer"))

    def settled(self, url):
        """A listener or load balancer, once it is no longer PENDING; None if it is gone."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            shown = self.shown(url)
            if shown is None or not shown["provisioning_status"].startswith("PENDING"):
                return shown
            time.sleep(0.05)
        raise RuntimeError(f"{url} stays PENDING")
