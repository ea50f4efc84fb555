"""The requests that both clouds get: each request of the controller, and each error that it must understand.

A function is one chapter. It gets a stage with a cloud in a state of its own, and sends each request under a name. The
names are the specification, because the whole answers of one name are compared.
"""
import concurrent.futures
import time

import exchanges
import rest
import tenant

UNKNOWN = "11111111-2222-4333-8444-555555555555"
FORGED = "gAAAAABforged"


class Stage:
    def __init__(self, cloud):
        self.cloud = cloud
        self.recorder = exchanges.Recorder(cloud.endpoints)
        self.ask, self.know, self.note = self.recorder.ask, self.recorder.know, self.recorder.note
        self.identity = cloud.endpoints["identity"]
        self.shop = cloud.tenant("shop")
        self.colleague = cloud.tenant("shop-colleague")
        self.reader = cloud.tenant("shop-reader")
        self.other = cloud.tenant("other")
        self.admin = cloud.tenant("admin")
        self.barbican, self.octavia = self.shop.barbican, self.shop.octavia

    def issue(self, *names, **more):
        return tenant.AUTHORITY.issue(*names, **more)

    def pkcs12(self, name, who=None, **more):
        return self.know(name, (who or self.shop).pkcs12(self.issue(f"{name}.example.com"), name, **more))

    def container(self, name, who=None, **more):
        return self.know(name, (who or self.shop).container(self.issue(f"{name}.example.com"), name, **more))

    def put(self, name, listener, change, who=None):
        """A change of a listener. An accepted change is followed by the state of the listener afterwards."""
        url = self.shop.listener_url(listener)
        answer = self.ask(name, who or self.shop, "PUT", url, {"listener": change})
        if answer.status == 200:
            self.see(f"{name}: afterwards", listener)
        return answer

    def state_of(self, listener):
        """The state of a listener when its load balancer no longer changes: from Octavia, and from the amphora."""
        shown = self.shop.settled(self.shop.listener_url(listener))
        if shown is None:
            return None
        balancer = shown["loadbalancers"][0]["id"]
        self.shop.settled(self.shop.load_balancer_url(balancer))
        shown = self.shop.shown(self.shop.listener_url(listener))
        members = ("provisioning_status", "operating_status", "default_tls_container_ref", "sni_container_refs")
        return {**{key: shown[key] for key in members}, "served": self.cloud.served(balancer, listener)}

    def see(self, name, listener):
        self.note(name, self.state_of(listener))


# ---- Keystone ----


def tokens(stage):
    url = stage.identity + "/auth/tokens"
    user = stage.cloud.person("shop")
    password, project = user["password"], user["project"]

    def login(name, body):
        return stage.ask(name, None, "POST", url, body)

    login("token by password", rest.password_login("shop", password, project))
    by_id = {"id": user["id"], "password": password}
    scope = {"project": {"id": user["project_id"]}}
    login(
        "token by password, with ids",
        {"auth": {"identity": {"methods": ["password"], "password": {"user": by_id}}, "scope": scope}},
    )
    by_domain_name = {"name": "shop", "domain": {"name": "Default"}, "password": password}
    scope = {"project": {"name": project, "domain": {"name": "Default"}}}
    login(
        "token by password, domains by name",
        {"auth": {"identity": {"methods": ["password"], "password": {"user": by_domain_name}}, "scope": scope}},
    )
    login("token with a wrong password", rest.password_login("shop", "wrong", project))
    login("token of an unknown user", rest.password_login("nobody", password, project))
    login("token for an unknown project", rest.password_login("shop", password, "nowhere"))
    login("token for a project of others", rest.password_login("shop", password, "other"))
    credential = user["application_credential"]
    login("token by application credential", rest.application_credential_login(credential["id"], credential["secret"]))
    named = {"name": "controller", "user": {"name": "shop", "domain": {"id": "default"}}, "secret": credential["secret"]}
    by_name = {"auth": {"identity": {"methods": ["application_credential"], "application_credential": named}}}
    login("token by application credential, by name", by_name)
    named["name"] = "unknown"
    login("token by an unknown name of an application credential", by_name)
    login("token with a wrong secret", rest.application_credential_login(credential["id"], "wrong"))
    login("token by an unknown application credential", rest.application_credential_login("0" * 32, credential["secret"]))
    login("token by an unknown method", {"auth": {"identity": {"methods": ["magic"], "magic": {}}}})
    login("token without an identity", {"auth": {}})
    login("token without auth", {})
    stage.ask("token, not JSON", None, "POST", url, b"{", {"Content-Type": "application/json"})
    stage.ask("unknown path of Keystone", None, "GET", stage.identity + "/nowhere")
    stage.ask("Keystone's version", None, "GET", stage.identity)


# ---- Barbican ----


def secrets(stage):
    barbican, shop = stage.barbican, stage.shop
    body = {"name": "text", "payload": "text", "payload_content_type": "text/plain"}
    text = stage.know("text", stage.ask("secret, made", shop, "POST", barbican + "/secrets", body).json()["secret_ref"])
    pkcs12 = stage.pkcs12("pkcs12")
    empty = stage.know("empty", shop.secret("empty"))
    pem = stage.know("pem", shop.secret("pem", stage.issue("pem.example.com").pem.decode(), secret_type="certificate"))
    stage.ask("secret with text", shop, "GET", text)
    stage.ask("secret with bytes", shop, "GET", pkcs12)
    stage.ask("secret with a PEM", shop, "GET", pem)
    stage.ask("secret without a payload", shop, "GET", empty)
    stage.ask("secret of a colleague", stage.colleague, "GET", pkcs12)
    stage.ask("secret of others", stage.other, "GET", pkcs12)
    stage.ask("secret for who may only read", stage.reader, "GET", pkcs12)
    stage.ask("secret of others for the administrator", stage.admin, "GET", pkcs12)
    stage.ask("secret without a token", None, "GET", pkcs12)
    stage.ask("secret with a forged token", FORGED, "GET", pkcs12)
    stage.ask("secret, unknown", shop, "GET", f"{barbican}/secrets/{UNKNOWN}")
    stage.ask("secret, no uuid", shop, "GET", f"{barbican}/secrets/thing")
    stage.ask("secret, upper case", shop, "GET", pkcs12[:-36] + pkcs12[-36:].upper())
    stage.ask("secret, unknown path below", shop, "GET", text + "/thing")
    for name, ref in (("text", text), ("empty", empty)):
        for accept in ("text/plain", "application/octet-stream", "application/pkcs8", "application/json", "*/*"):
            stage.ask(f"payload of {name} as {accept}", shop, "GET", ref + "/payload", headers={"Accept": accept})
    for accept in ("text/plain", "application/json"):
        stage.ask(f"payload of bytes as {accept}", shop, "GET", pkcs12 + "/payload", headers={"Accept": accept})
    stage.ask("payload of others", stage.other, "GET", text + "/payload", headers={"Accept": "text/plain"})
    stage.ask("payload for who may only read", stage.reader, "GET", text + "/payload", headers={"Accept": "text/plain"})
    stage.ask("payload, unknown", shop, "GET", f"{barbican}/secrets/{UNKNOWN}/payload", headers={"Accept": "text/plain"})
    stage.ask("access list, before anything", shop, "GET", text + "/acl")
    stage.ask("access list of others", stage.other, "GET", text + "/acl")
    stage.ask("payload arrives", shop, "PUT", empty, b"text", {"Content-Type": "text/plain"})
    stage.ask("payload arrives again", shop, "PUT", empty, b"text", {"Content-Type": "text/plain"})
    stage.ask("secret, completed", shop, "GET", empty)
    stage.ask("secret, deleted by others", stage.other, "DELETE", text)
    stage.ask("secret, deleted", shop, "DELETE", text)
    stage.ask("secret, deleted before", shop, "GET", text)
    stage.ask("secret, deleted again", shop, "DELETE", text)
    late = stage.know("late", shop.expiring(stage.issue("late.example.com"), 2))
    stage.ask("secret before its expiration", shop, "GET", late)
    time.sleep(2.5)  # of the 2 s that it lives: Barbican goes by the machine's clock, which nothing here can move
    stage.ask("secret after its expiration", shop, "GET", late)
    stage.ask("payload after its expiration", shop, "GET", late + "/payload", headers={"Accept": "application/octet-stream"})


def containers(stage):
    barbican, shop = stage.barbican, stage.shop
    parts = {}
    whole = stage.container("whole", parts=parts)
    for name, ref in parts.items():
        stage.know(name, ref)
    stage.ask("container", shop, "GET", whole)
    stage.ask("container of a colleague", stage.colleague, "GET", whole)
    stage.ask("container of others", stage.other, "GET", whole)
    stage.ask("container for who may only read", stage.reader, "GET", whole)
    stage.ask("container of others for the administrator", stage.admin, "GET", whole)
    stage.ask("container without a token", None, "GET", whole)
    stage.ask("container, unknown", shop, "GET", f"{barbican}/containers/{UNKNOWN}")
    stage.ask("container, no uuid", shop, "GET", f"{barbican}/containers/thing")
    stage.ask("container, the id of a secret", shop, "GET", f"{barbican}/containers/{parts['certificate'][-36:]}")
    stage.ask("container, its access list", shop, "GET", whole + "/acl")
    only_part = [{"name": "certificate", "secret_ref": parts["certificate"]}]
    body = {"name": "made", "type": "certificate", "secret_refs": only_part}
    answer = stage.ask("container without a key, made", shop, "POST", barbican + "/containers", body)
    keyless = answer.json()["container_ref"]
    stage.ask("container without a key", shop, "GET", stage.know("keyless", keyless))
    generic = stage.know("generic", shop.container_of({"thing": parts["certificate"]}, "generic", "generic"))
    stage.ask("container of another type", shop, "GET", generic)
    bare = stage.know("bare", shop.container_of({}, "bare"))
    stage.ask("container without parts", shop, "GET", bare)
    shop.delete(parts["private_key"])
    stage.ask("container, one secret of it deleted", shop, "GET", whole)
    stage.ask("container, deleted by others", stage.other, "DELETE", whole)
    stage.ask("container, deleted", shop, "DELETE", whole)
    stage.ask("container, deleted before", shop, "GET", whole)


# ---- Octavia ----


def load_balancers(stage):
    octavia, shop = stage.octavia, stage.shop
    stage.cloud.hold(True)
    body = {"loadbalancer": {"name": "made", "vip_subnet_id": "9f2a6c1e-0000-4000-8000-000000000001"}}
    answer = stage.ask("load balancer, made", shop, "POST", octavia + "/loadbalancers", body)
    balancer = stage.know("balancer", answer.json()["loadbalancer"]["id"])
    url = shop.load_balancer_url(balancer)
    stage.ask("load balancer, not there yet", shop, "GET", url)
    stage.cloud.hold(False)
    shop.settled(url)
    stage.ask("load balancer", shop, "GET", url)
    stage.ask("load balancer of a colleague", stage.colleague, "GET", url)
    stage.ask("load balancer of others", stage.other, "GET", url)
    stage.ask("load balancer for who may only read", stage.reader, "GET", url)
    stage.ask("load balancer of others for the administrator", stage.admin, "GET", url)
    stage.ask("load balancer without a token", None, "GET", url)
    stage.ask("load balancer with a forged token", FORGED, "GET", url)
    stage.ask("load balancer, unknown", shop, "GET", shop.load_balancer_url(UNKNOWN))
    stage.ask("load balancer, no uuid", shop, "GET", shop.load_balancer_url("thing"))
    stage.ask("unknown path of Octavia", shop, "GET", octavia + "/nowhere")
    stage.ask("unknown version of Octavia", shop, "GET", octavia.replace("/v2/", "/v9/") + "/listeners/" + UNKNOWN)
    listener = stage.know("listener", shop.listener(balancer, protocol="HTTP"))
    stage.ask("load balancer with a listener", shop, "GET", url)
    stage.ask("load balancer with a listener, deleted", shop, "DELETE", url)
    shop.delete(shop.listener_url(listener))
    shop.settled(shop.listener_url(listener))
    shop.settled(url)
    stage.cloud.hold(True)
    stage.ask("load balancer, deleted", shop, "DELETE", url)
    stage.ask("load balancer, about to go", shop, "GET", url)
    stage.ask("load balancer, deleted again", shop, "DELETE", url)
    stage.cloud.hold(False)
    shop.settled(url)
    stage.ask("load balancer, gone", shop, "GET", url)


def listeners(stage):
    octavia, shop = stage.octavia, stage.shop
    balancer = stage.know("balancer", shop.load_balancer())
    first, second, third = stage.pkcs12("first"), stage.pkcs12("second"), stage.container("third")
    body = {
        "name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443, "loadbalancer_id": balancer,
        "default_tls_container_ref": first, "sni_container_refs": [second],
    }
    stage.cloud.hold(True)
    answer = stage.ask("listener, made", shop, "POST", octavia + "/listeners", {"listener": body})
    listener = stage.know("listener", answer.json()["listener"]["id"])
    url = shop.listener_url(listener)
    stage.ask("listener, not there yet", shop, "GET", url)
    stage.ask("listener, not there yet, changed", shop, "PUT", url, {"listener": {"name": "x"}})
    stage.cloud.hold(False)
    shop.settled(url)
    stage.ask("listener", shop, "GET", url)
    stage.ask("listener of a colleague", stage.colleague, "GET", url)
    stage.ask("listener of others", stage.other, "GET", url)
    stage.ask("listener for who may only read", stage.reader, "GET", url)
    stage.ask("listener of others for the administrator", stage.admin, "GET", url)
    stage.ask("listener without a token", None, "GET", url)
    stage.ask("listener with a forged token", FORGED, "GET", url)
    stage.ask("listener, unknown", shop, "GET", shop.listener_url(UNKNOWN))
    stage.ask("listener, no uuid", shop, "GET", shop.listener_url("thing"))
    stage.ask("listener, upper case", shop, "GET", shop.listener_url(listener.upper()))
    stage.ask("listener, the path of version 2.0", shop, "GET", url.replace("/v2/", "/v2.0/"))

    stage.put("default", listener, {"default_tls_container_ref": third})
    stage.put("SNI", listener, {"sni_container_refs": [second, first]})
    stage.put("default and SNI", listener, {"default_tls_container_ref": second, "sni_container_refs": [third, first]})
    stage.put("SNI with a double", listener, {"sni_container_refs": [third, first, third]})
    stage.put("the same in both slots", listener, {"default_tls_container_ref": first, "sni_container_refs": [first]})
    stage.put("nothing changes", listener, {"default_tls_container_ref": first, "sni_container_refs": [first]})
    stage.put("nothing at all", listener, {})
    stage.put("name alone", listener, {"name": "other"})
    stage.put("SNI emptied", listener, {"sni_container_refs": []})
    stage.put("SNI of null", listener, {"sni_container_refs": None})
    stage.put("default of null, SNI takes its place", listener, {"default_tls_container_ref": None, "sni_container_refs": [second]})
    stage.put("no certificate left", listener, {"default_tls_container_ref": None, "sni_container_refs": []})
    stage.put("default of no text", listener, {"default_tls_container_ref": ""})
    stage.put("by a colleague", listener, {"default_tls_container_ref": first}, stage.colleague)
    foreign_host = "http://barbican.invalid/v1/secrets/" + second[-36:]
    stage.put("another host in the ref", listener, {"sni_container_refs": [foreign_host]})
    stage.put("two spellings of one", listener, {"sni_container_refs": [foreign_host, second]})
    stage.put("a slash at the end", listener, {"sni_container_refs": [second + "/"]})
    loud = second[:-36] + second[-36:].upper()
    stage.put("upper case in the ref", listener, {"sni_container_refs": [loud]})
    stage.put("others take its place", listener, {"sni_container_refs": [first]})

    stage.cloud.hold(True)
    stage.ask("listener, accepted", shop, "PUT", url, {"listener": {"sni_container_refs": [second]}})
    stage.ask("listener, while it is changed", shop, "GET", url)
    stage.ask("its load balancer, while it is changed", shop, "GET", shop.load_balancer_url(balancer))
    stage.ask("a change during a change", shop, "PUT", url, {"listener": {"sni_container_refs": [first]}})
    stage.ask("a bad change during a change", shop, "PUT", url, {"listener": {"sni_container_refs": ["thing"]}})
    stage.ask("a delete during a change", shop, "DELETE", url)
    stage.cloud.hold(False)
    stage.see("a change during a change: afterwards", listener)
    stage.ask("access list, after Octavia took the ref", shop, "GET", first + "/acl")

    other_listener = stage.know("other listener", shop.listener(balancer, protocol_port=444, default_tls_container_ref=first))
    stage.cloud.hold(True)
    shop.ask("PUT", shop.listener_url(other_listener), {"listener": {"name": "busy"}}).expect(200)
    stage.ask("listener, while another listener is changed", shop, "GET", url)
    stage.ask("a change while another listener is changed", shop, "PUT", url, {"listener": {"name": "x"}})
    stage.cloud.hold(False)
    shop.settled(shop.listener_url(other_listener))
    shop.settled(shop.load_balancer_url(balancer))

    changes = [{"listener": {"sni_container_refs": [ref]}} for ref in (first, second, first, second)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        # The worker must not free the load balancer for the next change before one is accepted.
        stage.cloud.hold(True)
        answers = list(pool.map(lambda change: shop.ask("PUT", url, change).status, changes))
        stage.cloud.hold(False)
    stage.note("four changes at once", sorted(answers))
    stage.state_of(listener)
    stage.put("after four changes at once", listener, {"sni_container_refs": [second]})

    stage.cloud.hold(True)
    stage.ask("listener, deleted", shop, "DELETE", url)
    stage.ask("listener, about to go", shop, "GET", url)
    stage.ask("listener, about to go, changed", shop, "PUT", url, {"listener": {"name": "x"}})
    stage.cloud.hold(False)
    shop.settled(url)
    stage.ask("listener, gone", shop, "GET", url)
    stage.ask("listener, gone, changed", shop, "PUT", url, {"listener": {"name": "x"}})

    # These listeners have a load balancer each, because Octavia starts its worker before its database refuses. The worker
    # waits a minute for PENDING, and would take the next change of the load balancer for its own and end it.
    alone = stage.know("alone", shop.listener(stage.know("its balancer", shop.load_balancer()), default_tls_container_ref=first, sni_container_refs=[second]))
    stage.put("both spellings", alone, {"sni_container_refs": [second, loud]})
    shouting = stage.know("shouting", shop.listener(stage.know("balancer of the shouting", shop.load_balancer()), default_tls_container_ref=first, sni_container_refs=[loud]))
    stage.put("the same ref in lower case takes its place", shouting, {"sni_container_refs": [second]})


def refusals(stage):
    shop = stage.shop
    balancer = stage.know("balancer", shop.load_balancer())
    good = stage.pkcs12("good")
    listener = stage.know("listener", shop.listener(balancer, default_tls_container_ref=good))
    url = shop.listener_url(listener)
    parts = {}
    cut = stage.container("cut", parts=parts)
    shop.delete(parts["private_key"])
    pem = stage.issue("pem.example.com").pem.decode()
    deleted = stage.pkcs12("deleted")
    shop.delete(deleted)
    late = stage.know("late", shop.expiring(stage.issue("late.example.com"), 2))
    time.sleep(2.5)  # of the 2 s that it lives: Barbican goes by the machine's clock, which nothing here can move
    unnamed, alias = tenant.AUTHORITY.issue(), tenant.AUTHORITY.issue("alias.example.com", common_name=False)
    bad = {
        "unknown secret": f"{stage.barbican}/secrets/{UNKNOWN}",
        "unknown container": f"{stage.barbican}/containers/{UNKNOWN}",
        "no URL": "thing",
        "a URL of something else": f"{stage.barbican}/orders/{UNKNOWN}",
        "deleted secret": deleted,
        "expired secret": late,
        "secret of others": stage.pkcs12("theirs", stage.other),
        "container of others": stage.container("theirs-too", stage.other),
        "container with a deleted key": cut,
        "container without a key": stage.container("keyless", without=["private_key"]),
        "container without intermediates": stage.container("rootless", without=["intermediates"]),
        "container without parts": stage.know("bare", shop.container_of({}, "bare")),
        "container of another type": stage.know("generic", shop.container_of({"certificate": good}, "generic", "generic")),
        "secret without a payload": stage.know("empty", shop.secret("empty")),
        "PKCS12 with a pass phrase": stage.know(
            "locked", shop.pkcs12(stage.issue("locked.example.com"), "locked", "passphrase")
        ),
        "PEM": stage.know("pem", shop.secret("pem", pem)),
        "text that is nothing": stage.know("nothing", shop.secret("nothing", "nothing")),
        "certificate over": stage.know("over", shop.container(stage.issue("over.example.com", days=-1), "over")),
        "certificate of nobody, PKCS12": stage.know("nobody", shop.pkcs12(unnamed, "nobody")),
        "certificate of nobody, container": stage.know("nobody-too", shop.container(unnamed, "nobody-too")),
        "certificate without a common name, PKCS12": stage.know("alias", shop.pkcs12(alias, "alias")),
        "certificate without a common name, container": stage.know("alias-too", shop.container(alias, "alias-too")),
    }
    for name, ref in bad.items():
        answers = [
            stage.put(f"{name}, as default", listener, {"default_tls_container_ref": ref}),
            stage.put(f"{name}, as SNI", listener, {"sni_container_refs": [good, ref]}),
        ]
        if any(answer.status == 200 for answer in answers):
            shop.ask("PUT", url, {"listener": {"default_tls_container_ref": good, "sni_container_refs": []}}).expect(200)
            stage.state_of(listener)
    several = [bad["no URL"], good, bad["unknown secret"], bad["deleted secret"]]
    stage.put("several bad ones", listener, {"default_tls_container_ref": bad["unknown container"], "sni_container_refs": several})
    stage.put("a bad one and a PKCS12", listener, {"sni_container_refs": [bad["no URL"], bad["PKCS12 with a pass phrase"]]})
    stage.put("a PKCS12 and a bad one", listener, {"sni_container_refs": [bad["PKCS12 with a pass phrase"], bad["no URL"]]})
    stage.put("a bad one twice", listener, {"default_tls_container_ref": bad["no URL"], "sni_container_refs": [bad["no URL"]]})
    stage.put("a quote in the ref", listener, {"default_tls_container_ref": "it's"})
    for length in (255, 256):
        ref = "http://" + "h" * (length - 7 - len("/v1/secrets/") - 36) + "/v1/secrets/" + good[-36:]
        stage.put(f"default of {length} characters", listener, {"default_tls_container_ref": ref})
        stage.put(f"SNI of {length} characters", listener, {"sni_container_refs": [ref]})
    for length in (128, 129):
        ref = "http://" + "h" * (length - 7 - len("/v1/secrets/") - 36) + "/v1/secrets/" + good[-36:]
        stage.put(f"SNI of {length} characters", listener, {"sni_container_refs": [ref]})
    shop.ask("PUT", url, {"listener": {"default_tls_container_ref": good, "sni_container_refs": []}})
    stage.state_of(listener)

    credential = stage.cloud.person("shop")["application_credential"]
    login = rest.application_credential_login(credential["id"], credential["secret"])
    delegated = tenant.Tenant(stage.cloud.endpoints, login)
    stage.put("refs with the token of an application credential", listener, {"sni_container_refs": [good]}, delegated)
    stage.put("a name with the token of an application credential", listener, {"name": "x"}, delegated)
    stage.ask("listener with the token of an application credential", delegated, "GET", url)
    stage.ask("secret with the token of an application credential", delegated, "GET", good)

    stage.put("refs by others", listener, {"sni_container_refs": [good]}, stage.other)
    stage.put("refs by who may only read", listener, {"sni_container_refs": [good]}, stage.reader)
    stage.put("refs by nobody", listener, {"sni_container_refs": [good]}, FORGED)
    stage.put("refs by the administrator", listener, {"sni_container_refs": [good]}, stage.admin)
    for name, sent in (
        ("an unknown field", {"listener": {"nosuch": 1}}),
        ("an unknown root", {"listeners": {}}),
        ("a default of a number", {"listener": {"default_tls_container_ref": 1}}),
        ("SNI of a text", {"listener": {"sni_container_refs": "thing"}}),
        ("SNI of numbers", {"listener": {"sni_container_refs": [1]}}),
        ("a listener of null", {"listener": None}),
        ("an empty object", {}),
        ("no JSON", b'{"listener":'),
        ("nothing", b""),
    ):
        stage.ask(f"{name} in a change", shop, "PUT", url, sent, {"Content-Type": "application/json"})
    stage.put("a change of an unknown listener", UNKNOWN, {"name": "x"})
    stage.put("a change of no listener", "thing", {"name": "x"})
    for port, protocol in ((80, "HTTP"), (444, "HTTPS"), (25, "TCP"), (53, "UDP"), (90, "PROMETHEUS")):
        plain = stage.know(protocol, shop.listener(balancer, protocol=protocol, protocol_port=port))
        stage.ask(f"listener of {protocol}", shop, "GET", shop.listener_url(plain))
        stage.put(f"refs on {protocol}", plain, {"sni_container_refs": [good]})
        stage.put(f"default on {protocol}", plain, {"default_tls_container_ref": good})
        shop.delete(shop.listener_url(plain))
        shop.settled(shop.listener_url(plain))
        shop.settled(shop.load_balancer_url(balancer))

    stage.ask("delete by others", stage.other, "DELETE", url)


def deleted_in_use(stage):
    shop = stage.shop
    balancer = stage.know("balancer", shop.load_balancer())
    first, second, third = stage.pkcs12("first"), stage.pkcs12("second"), stage.container("third", parts=(parts := {}))
    listener = stage.know("listener", shop.listener(balancer, default_tls_container_ref=first, sni_container_refs=[second]))
    other_listener = stage.know("other listener", shop.listener(balancer, protocol_port=444, default_tls_container_ref=first))
    stage.see("before", listener)
    stage.ask("secret in use", shop, "GET", second)
    stage.ask("secret in use, deleted", shop, "DELETE", second)
    stage.ask("listener with a deleted secret", shop, "GET", shop.listener_url(listener))
    stage.see("nothing was changed since", listener)
    stage.put("a change of the other listener", other_listener, {"name": "x"})
    stage.see("a change of the other listener: the listener afterwards", listener)
    stage.put("the deleted one is kept", listener, {"sni_container_refs": [second, first]})
    stage.put("the deleted one is not spoken of", listener, {"name": "x"})
    stage.put("default beside the deleted one", listener, {"default_tls_container_ref": third})
    stage.put("the deleted one is left out", listener, {"sni_container_refs": [first]})
    shop.delete(parts["private_key"])
    stage.put("a change of the other listener, a key is deleted", other_listener, {"name": "y"})
    stage.see("a change of the other listener, a key is deleted: the listener afterwards", listener)
    stage.put("the default with a deleted key is replaced", listener, {"default_tls_container_ref": first})


def client_authority(stage):
    shop = stage.shop
    balancer = stage.know("balancer", shop.load_balancer())
    good = stage.pkcs12("good")
    authority = stage.know("authority", shop.secret("authority", tenant.AUTHORITY.pem.decode()))
    members = {"client_ca_tls_container_ref": authority, "client_authentication": "OPTIONAL"}
    listener = stage.know("listener", shop.listener(balancer, default_tls_container_ref=good, **members))
    other_listener = stage.know("other listener", shop.listener(balancer, protocol_port=444, default_tls_container_ref=good))
    stage.ask("listener with a client CA", shop, "GET", shop.listener_url(listener))
    stage.put("SNI beside a client CA", listener, {"sni_container_refs": [good]})
    shop.delete(authority)
    stage.put("SNI beside a deleted client CA", listener, {"sni_container_refs": []})
    stage.put("a name beside a deleted client CA", listener, {"name": "x"})
    stage.put("a change of the other listener", other_listener, {"name": "x"})
    stage.see("a change of the other listener: the listener afterwards", listener)


def errors_of_the_worker(stage):
    shop = stage.shop
    balancer = stage.know("balancer", shop.load_balancer())
    first, second = stage.pkcs12("first"), stage.pkcs12("second")
    listener = stage.know("listener", shop.listener(balancer, default_tls_container_ref=first))
    url = shop.listener_url(listener)
    stage.cloud.fail(True)
    stage.put("a change that fails", listener, {"sni_container_refs": [second]})
    stage.cloud.fail(False)
    stage.ask("listener in ERROR", shop, "GET", url)
    shop.settled(shop.load_balancer_url(balancer))
    stage.ask("load balancer of a listener in ERROR", shop, "GET", shop.load_balancer_url(balancer))
    stage.put("a listener in ERROR is changed", listener, {"sni_container_refs": [second]})
    shop.settled(shop.load_balancer_url(balancer))
    stage.cloud.break_load_balancer(balancer)
    stage.note("load balancer in ERROR", shop.shown(shop.load_balancer_url(balancer))["provisioning_status"])
    stage.ask("listener of a load balancer in ERROR", shop, "GET", url)
    stage.put("a change on a load balancer in ERROR", listener, {"name": "x"})
    stage.put("refs on a load balancer in ERROR", listener, {"sni_container_refs": []})
    stage.put("a bad ref on a load balancer in ERROR", listener, {"sni_container_refs": ["thing"]})


def revoked_tokens(stage):
    shop, secret = stage.cloud.tenant("shop"), stage.pkcs12("secret")
    fresh = stage.cloud.tenant("shop").token
    revoker = stage.cloud.tenant("shop").token
    sent = {"X-Subject-Token": fresh}
    stage.ask("token, revoked", revoker, "DELETE", stage.identity + "/auth/tokens", headers=sent)
    stage.ask("secret with a revoked token", fresh, "GET", secret)
    stage.ask("load balancer with a revoked token", fresh, "GET", shop.load_balancer_url(UNKNOWN))
    stage.ask("token, revoked again", revoker, "DELETE", stage.identity + "/auth/tokens", headers=sent)


def services_down(stage):
    shop = stage.shop
    balancer = stage.know("balancer", shop.load_balancer())
    good = stage.pkcs12("good")
    listener = stage.know("listener", shop.listener(balancer, default_tls_container_ref=good))
    url = shop.listener_url(listener)
    stage.cloud.down("key-manager", True)
    stage.put("refs while Barbican is down", listener, {"sni_container_refs": [good]})
    stage.put("a name while Barbican is down", listener, {"name": "x"})
    stage.cloud.down("key-manager", False)
    stage.see("Barbican is back", listener)
    stage.put("refs when Barbican is back", listener, {"sni_container_refs": [good]})
    unseen, unseen_too = stage.cloud.tenant("shop"), stage.cloud.tenant("shop")
    stage.cloud.down("identity", True)
    stage.ask("listener while Keystone is down", shop, "GET", url)
    stage.ask("listener while Keystone is down, with a new token", unseen, "GET", url)
    stage.ask("secret while Keystone is down, with a new token", unseen_too, "GET", good)
    stage.put("refs while Keystone is down", listener, {"sni_container_refs": []})
    stage.put("new refs while Keystone is down", listener, {"sni_container_refs": [good]})
    stage.cloud.down("identity", False)
    stage.put("refs when Keystone is back", listener, {"sni_container_refs": [good]})



# ---- lists ----

# What the controller asks of a listener.
FIELDS = "".join(f"&fields={name}" for name in (
    "id", "provisioning_status", "loadbalancers", "protocol", "project_id", "default_tls_container_ref", "sni_container_refs",
    "client_ca_tls_container_ref", "client_crl_container_ref",
))


def emptied(who):
    """Deletes all that the project has, so that its lists begin empty."""
    for kind, url_of in (("listeners", who.listener_url), ("loadbalancers", who.load_balancer_url)):
        for item in who.ask("GET", f"{who.octavia}/{kind}").expect(200)[kind]:
            for balancer in item.get("loadbalancers", [item]):
                who.settled(who.load_balancer_url(balancer["id"]))
            who.delete(url_of(item["id"]))
            who.settled(url_of(item["id"]))
    for kind, ref in (("containers", "container_ref"), ("secrets", "secret_ref")):
        for item in who.ask("GET", f"{who.barbican}/{kind}?limit=100").expect(200)[kind]:
            who.delete(item[ref])


def lists_of_octavia(stage):
    lister = stage.cloud.tenant("lister")
    emptied(lister)
    project = stage.cloud.person("lister")["project_id"]
    listeners, balancers = stage.octavia + "/listeners", stage.octavia + "/loadbalancers"
    stage.ask("no listeners", lister, "GET", listeners)
    stage.ask("no load balancers", lister, "GET", f"{balancers}?limit=2")
    ref = stage.pkcs12("listed", lister)
    balancer = stage.know("balancer", lister.load_balancer())
    # Octavia's times have whole seconds, and objects of one second come in the order of their ids.
    made = []
    for number, name in enumerate(("first", "second", "third")):
        time.sleep(1.1)
        members = {"protocol_port": 443 + number, "default_tls_container_ref": ref, "sni_container_refs": [ref]}
        made.append(stage.know(name, lister.listener(balancer, **members)))
    lister.settled(lister.load_balancer_url(balancer))
    stage.know("other balancer", lister.load_balancer())

    stage.ask("listeners", lister, "GET", listeners)
    stage.ask("listeners of a project", lister, "GET", f"{listeners}?project_id={project}")
    stage.ask("listeners of a project for the administrator", stage.admin, "GET", f"{listeners}?project_id={project}")
    stage.ask("listeners of others", stage.other, "GET", f"{listeners}?project_id={project}")
    stage.ask("listeners for who may only read", stage.reader, "GET", listeners)
    stage.ask("listeners without a token", None, "GET", listeners)
    stage.ask("listeners, some fields", lister, "GET", f"{listeners}?project_id={project}{FIELDS}")
    stage.ask("listeners, one field", lister, "GET", f"{listeners}?fields=id")
    stage.ask("listeners, the first page", lister, "GET", f"{listeners}?limit=2{FIELDS}")
    stage.ask("listeners, the second page", lister, "GET", f"{listeners}?limit=2{FIELDS}&marker={made[1]}")
    stage.ask("listeners, a full page that is the last", lister, "GET", f"{listeners}?limit=3&fields=id")
    stage.ask("listeners, the page after the last", lister, "GET", f"{listeners}?limit=3&fields=id&marker={made[2]}")
    stage.ask("listeners, an unknown marker", lister, "GET", f"{listeners}?limit=2&marker={UNKNOWN}")
    stage.ask("listeners, a marker that is no uuid", lister, "GET", f"{listeners}?limit=2&marker=thing")
    stage.ask("listeners, a limit that is no number", lister, "GET", f"{listeners}?limit=many")
    stage.ask("load balancers", lister, "GET", balancers)
    stage.ask("load balancers, some fields", lister, "GET", f"{balancers}?fields=id&fields=provisioning_status")
    stage.ask("load balancers, the first page", lister, "GET", f"{balancers}?limit=1&fields=id")
    stage.ask("load balancers for who may only read", stage.reader, "GET", balancers)

    # As the controller asks. The ids have another order in each cloud.
    marker, seen = "", []
    for page in ("first", "second"):
        url = f"{listeners}?project_id={project}{FIELDS}&sort_key=id&sort_dir=asc&limit=2{marker}"
        body = lister.ask("GET", url).expect(200)
        ids = [listener["id"] for listener in body["listeners"]]
        links = {link["rel"]: link["href"] for link in body["listeners_links"]}
        ends = {"previous": ids[0], "next": ids[-1]}
        links = {rel: href.replace(ends[rel], "END") for rel, href in links.items()}
        members = sorted(body["listeners"][0])
        stage.note(f"listeners by id, the {page} page", {"count": len(ids), "links": links, "members": members})
        marker, seen = f"&marker={ids[-1]}", seen + ids
    stage.note("listeners by id", {"ordered": seen == sorted(seen), "whole": sorted(seen) == sorted(made)})

    lister.delete(lister.listener_url(made[1]))
    lister.settled(lister.listener_url(made[1]))
    stage.ask("listeners, one was deleted", lister, "GET", f"{listeners}?fields=id")
    stage.ask("listeners, the marker was deleted", lister, "GET", f"{listeners}?limit=2&marker={made[1]}")


def lists_of_barbican(stage):
    lister = stage.cloud.tenant("lister")
    secrets, containers = stage.barbican + "/secrets", stage.barbican + "/containers"
    emptied(lister)
    stage.ask("no secrets", lister, "GET", f"{secrets}?sort=created,name")
    stage.ask("no containers", lister, "GET", containers)
    # In the order of their names, because their times have whole seconds.
    parts = {
        "certificate": stage.know("a", lister.secret("a", "text")),
        "intermediates": stage.know("b", lister.secret("b", "text")),
        "private_key": stage.know("c", lister.secret("c")),
    }
    stage.know("d", lister.pkcs12(stage.issue("d.example.com"), "d"))
    stage.know("whole", lister.container_of(parts, "whole"))
    time.sleep(1.1)
    stage.know("generic", lister.container_of({"thing": parts["certificate"]}, "generic", "generic"))
    for name, query in {
        "secrets": "sort=created,name&limit=100",
        "secrets without a limit": "sort=created,name",
        "secrets, the first page": "sort=created,name&limit=2&offset=0",
        "secrets, the second page": "sort=created,name&limit=2&offset=2",
        "secrets, a page between": "sort=created,name&limit=2&offset=1",
        "secrets, the page after the last": "sort=created,name&limit=2&offset=4",
        "secrets, a limit of none": "sort=created,name&limit=0",
        "secrets, a limit and an offset that are no numbers": "sort=created,name&limit=many&offset=few",
    }.items():
        stage.ask(name, lister, "GET", f"{secrets}?{query}")
    for name, query in {
        "containers": "limit=100",
        "containers, the first page": "limit=1&offset=0",
        "containers, the second page": "limit=1&offset=1",
        "containers of certificates": "limit=100&offset=0&type=certificate",
    }.items():
        stage.ask(name, lister, "GET", f"{containers}?{query}")
    for kind, url in (("secrets", secrets + "?sort=created,name"), ("containers", containers)):
        stage.ask(f"{kind} for who may only read", stage.reader, "GET", url)
        stage.ask(f"{kind} without a token", None, "GET", url)
    lister.expiring(stage.issue("late.example.com"), 2)
    time.sleep(2.5)  # of the 2 s that it lives: Barbican goes by the machine's clock, which nothing here can move
    stage.ask("secrets, one has expired", lister, "GET", f"{secrets}?sort=created,name&limit=100")
    lister.delete(parts["intermediates"])
    stage.ask("secrets, one was deleted", lister, "GET", f"{secrets}?sort=created,name&limit=100")
    stage.ask("containers, one secret was deleted", lister, "GET", f"{containers}?limit=100")


CHAPTERS = [
    tokens, secrets, containers, load_balancers, listeners, lists_of_octavia, lists_of_barbican, refusals, deleted_in_use,
    client_authority, errors_of_the_worker, revoked_tokens, services_down,
]
