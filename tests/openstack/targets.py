"""The two clouds that are compared, with the same users in both: the real one and the simulator of tests/cloudsim."""
import json
import time

from cryptography import x509

import knobs
import people
import processes
import rest
import tenant

PATIENCE = 60  # seconds; a request that is not done by then hangs


class RealCloud:
    """The cloud that `cloud` runs in a folder."""

    name = "real"

    def __init__(self, folder):
        known = json.loads((folder / "cloud.json").read_text())
        self._folder = folder
        self.endpoints = known["endpoints"]
        self._people = known["people"]
        turned = knobs.Knobs(folder)
        self.hold, self.fail, self.down = turned.hold, turned.fail, turned.down

    def tenant(self, name):
        user = self._people[name]
        return tenant.Tenant(self.endpoints, rest.password_login(name, user["password"], user["project"]))

    def person(self, name):
        return self._people[name]

    def served(self, balancer, listener):
        """The names of the listener's certificates in the amphora; None if haproxy's configuration lacks the listener."""
        amphora = self._folder / "amphorae" / balancer
        try:
            configuration = (amphora / "haproxy.cfg").read_text()
        except FileNotFoundError:
            return None
        _, heading, frontend = configuration.partition(f"\nfrontend {listener}\n")
        if not heading:
            return None
        if "crt-list" not in frontend.partition("\nfrontend ")[0]:
            return []
        listed = (amphora / f"{listener}.pem").read_text().split()
        certificates = (x509.load_pem_x509_certificate((amphora / path.rpartition("/")[2]).read_bytes()) for path in listed)
        return sorted(certificate.subject.rfc4514_string().partition("CN=")[2].split(",")[0] for certificate in certificates)

    def break_load_balancer(self, identifier):
        """Puts a load balancer into ERROR by a change that fails."""
        admin = self.tenant("admin")
        url = admin.load_balancer_url(identifier)
        self.fail(True)
        admin.ask("PUT", url, {"loadbalancer": {"description": "broken"}}).expect(200)
        admin.settled(url)
        self.fail(False)

    def repair_load_balancer(self, identifier):
        """Repairs a load balancer as an operator does, with a new amphora."""
        admin = self.tenant("admin")
        url = admin.load_balancer_url(identifier)
        admin.ask("PUT", url + "/failover").expect(202)
        admin.settled(url)


class Simulator:
    """A simulator that starts for us and ends with us."""

    name = "simulator"

    def __init__(self, program, folder):
        state = folder / "simulator.json"
        self._process = processes.start([program, "--state-file", state], folder / "simulator.log")
        end = time.monotonic() + PATIENCE
        while not state.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the simulator does not come up:\n" + processes.end_of(folder / "simulator.log"))
            time.sleep(0.02)
        state_file = json.loads(state.read_text())
        self._control = state_file["control"]
        region = state_file["regions"][people.REGION]
        self.endpoints = {
            "identity": state_file["identity"], "key-manager": region["key_manager"], "load-balancer": region["load_balancer"]
        }
        # The simulator behaves as the version of Octavia that Debian ships.
        self._tell("PATCH", "settings", refuse_delegated_refs=True)
        self._people = {"admin": {"project": "admin", "password": people.ADMIN_PASSWORD}}
        projects = {}
        for name, (project, roles) in people.PEOPLE.items():
            if project not in projects:
                projects[project] = self._tell("POST", "projects", name=project)["id"]
            password = f"{name}-password"
            user = self._tell(
                "POST", "users", name=name, project=projects[project], password=password, roles=people.with_implied(roles)
            )
            self._people[name] = {
                "id": user["id"], "project": project, "project_id": projects[project], "password": password
            }
        shop = self._people["shop"]
        shop["application_credential"] = self._tell(
            "POST", "application-credentials", user=shop["id"], project=shop["project_id"], name="controller"
        )

    tenant = RealCloud.tenant
    person = RealCloud.person

    def hold(self, on):
        self._tell("PATCH", "settings", worker_held=on)

    def fail(self, on):
        self._tell("PATCH", "settings", worker_fails=on)

    def down(self, kind, on):
        self._tell("PATCH", "settings", down=[kind] if on else [])

    def served(self, balancer, listener):
        served = self._tell("GET", f"listeners/{listener}")["served"]
        return served if served is None else sorted(certificate["names"][0] for certificate in served)

    def break_load_balancer(self, identifier):
        """Sets ERROR on a load balancer and all its listeners, as a failed change leaves them."""
        self._tell("PATCH", f"load-balancers/{identifier}", provisioning_status="ERROR")
        for listener in self._tell("GET", f"load-balancers/{identifier}")["loadbalancer"]["listeners"]:
            self._tell("PATCH", f"listeners/{listener['id']}", provisioning_status="ERROR")

    def _tell(self, method, path, **body):
        return rest.ask(method, f"{self._control}/{path}", body=body or None).expect(200)
