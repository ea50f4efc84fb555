"""The users, projects and roles of the cloud, made through Keystone's API, and the clouds.yaml that names them."""
import json
import pathlib

import rest

ADMIN_PASSWORD = "admin-secret"
SERVICE_PASSWORD = "service-password"
REGION = "sao1"

# The roles that a credential of the controller needs. Octavia lets load-balancer_member read load balancers and
# listeners, and change listeners. Barbican lets creator read certificates, and add Octavia's user to their access
# lists, which Octavia does with the sender's token.
ROLES = ["load-balancer_member", "creator"]

# Name of the user -> (project, roles). The entry of clouds.yaml has the name of the user.
PEOPLE = {
    "shop": ("shop", ROLES),
    "shop-colleague": ("shop", ROLES),
    "shop-reader": ("shop", ["reader"]),
    "shop-observer": ("shop", ["load-balancer_observer", "creator"]),
    "other": ("other", ROLES),
    "lister": ("lists", ROLES),
}


def with_implied(roles):
    """The roles of a token: Keystone's bootstrap lets admin imply member, and member reader."""
    chain = ["admin", "member", "reader"]
    implied = [later for index, role in enumerate(chain) if role in roles for later in chain[index + 1:]]
    return sorted({*roles, *implied})


class Keystone:
    """Keystone's API with the administrator's token."""

    def __init__(self, identity):
        self._identity = identity
        self._token = rest.token_of(identity, rest.password_login("admin", ADMIN_PASSWORD, "admin"))

    def ask(self, method, path, body=None, token=None):
        return rest.ask(method, self._identity + path, token=token or self._token, body=body)

    def make(self, kind, **members):
        """Makes an object, e.g. of `roles`, unless it exists; returns its id."""
        answer = self.ask("POST", f"/{kind}s", {kind: members})
        if answer.status == 409:
            return self.ask("GET", f"/{kind}s?name={members['name']}").expect(200)[f"{kind}s"][0]["id"]
        return answer.expect(201)[kind]["id"]

    def grant(self, user, project, role):
        self.ask("PUT", f"/projects/{project}/users/{user}/roles/{role}").expect(204)


def populate(endpoints):
    """`endpoints`: URL by type of service. Returns the facts of all users for clouds.yaml and the tests."""
    identity = endpoints["identity"]
    keystone = Keystone(identity)
    needed = {"admin", "service"}.union(*(wanted for _, wanted in PEOPLE.values()))
    roles = {name: keystone.make("role", name=name) for name in sorted(needed)}
    projects = {name: keystone.make("project", name=name, domain_id="default") for name in ("service", "shop", "other", "lists")}
    for kind, name in (("identity", "keystone"), ("key-manager", "barbican"), ("load-balancer", "octavia")):
        service = keystone.make("service", type=kind, name=name)
        for interface in ("public", "internal", "admin"):
            keystone.make("endpoint", service_id=service, region_id=REGION, interface=interface, url=endpoints[kind])
    for name in ("octavia", "barbican"):
        user = keystone.make("user", name=name, password=SERVICE_PASSWORD)
        for role in ("admin", "service"):
            keystone.grant(user, projects["service"], roles[role])
    known = {"admin": {"project": "admin", "password": ADMIN_PASSWORD}}
    for name, (project, wanted) in PEOPLE.items():
        password = f"{name}-password"
        user = keystone.make("user", name=name, password=password)
        for role in wanted:
            keystone.grant(user, projects[project], roles[role])
        known[name] = {"id": user, "project": project, "project_id": projects[project], "password": password}
    shop = known["shop"]
    rules = documented_access_rules()
    reading = [rule for rule in rules if rule["method"] == "GET"]
    shop["application_credential"] = application_credential(keystone, identity, shop, "controller")
    shop["delegated"] = {
        "application-credential": shop["application_credential"],
        "restricted": application_credential(keystone, identity, shop, "restricted", access_rules=rules),
        "reading": application_credential(keystone, identity, shop, "reading", access_rules=reading),
    }
    return known


def documented_access_rules():
    """The access rules that a restricted application credential needs, by docs/operations.md."""
    text = (pathlib.Path(__file__).parents[2] / "docs/operations.md").read_text()
    [(_, after)] = [text.split("```json\n")]
    return json.loads(after.split("```")[0])


def application_credential(keystone, identity, user, name, **limits):
    token = rest.token_of(identity, rest.password_login("shop", user["password"], user["project"]))
    wanted = {"application_credential": {"name": name, "roles": [{"name": role} for role in ROLES], **limits}}
    answer = keystone.ask("POST", f"/users/{user['id']}/application_credentials", wanted, token)
    credential = answer.expect(201)["application_credential"]
    return {"id": credential["id"], "secret": credential["secret"]}


def clouds_yaml(identity, known):
    """clouds.yaml (as JSON, which is YAML): users, application credentials of shop, and two entries that are wrong."""
    common = {"region_name": REGION, "interface": "public", "identity_api_version": 3}
    clouds = {}
    for name, user in known.items():
        auth = {"auth_url": identity, "username": name, "password": user["password"], "project_name": user["project"]}
        clouds[name] = {"auth": auth | {"user_domain_id": "default", "project_domain_id": "default"}, **common}
    clouds["shop-wrong-password"] = {"auth": clouds["shop"]["auth"] | {"password": "wrong"}, **common}
    unknown = {"id": "0" * 32, "secret": "wrong"}
    for name, credential in [*known["shop"]["delegated"].items(), ("unknown", unknown)]:
        clouds[f"shop-{name}"] = {
            "auth_type": "v3applicationcredential",
            "auth": {
                "auth_url": identity,
                "application_credential_id": credential["id"],
                "application_credential_secret": credential["secret"],
            },
            **common,
        }
    return json.dumps({"clouds": clouds}, indent=2) + "\n"
