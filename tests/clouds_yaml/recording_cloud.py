"""A Keystone and an identity provider that record what they are asked, over http and https."""
import http.server
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading
import urllib.parse

INTERFACES = ("public", "internal", "admin")
REGIONS = ("RegionOne", "sao1")


def endpoints(service, base, regions):
    return [
        {
            "id": f"{region}-{interface}",
            "interface": interface,
            "region_id": region,
            "region": region,
            "url": f"{base}/{service}/{region}/{interface}",
        }
        for region in regions
        for interface in INTERFACES
    ]


def token(base, path, project):
    """An answer of Keystone 22, with the catalog that the path of the request asks for."""
    regions = (None,) if "/without-regions/" in path else REGIONS
    catalog = [
        {"id": name, "name": name, "type": kind, "endpoints": endpoints(kind, base, regions)}
        for kind, name in (("load-balancer", "octavia"), ("key-manager", "barbican"), ("identity", "keystone"))
    ]
    if "/empty-urls/" in path:
        for service in catalog:
            service["endpoints"].insert(0, dict(service["endpoints"][0], url=""))
    return {
        "token": {
            "methods": ["password"],
            "user": {"domain": {"id": "default", "name": "Default"}, "id": "u1", "name": "alice", "password_expires_at": None},
            "audit_ids": ["8DJfYcDYTaiSR6wjZ4KRjA"],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "is_domain": False,
            "roles": [{"id": "r1", "name": "member"}],
            "project": project and {"domain": {"id": "default", "name": "Default"}, "id": "p1", "name": "shop"},
            "catalog": catalog,
        }
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", len(text)), *headers):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)

    def record(self, body):
        kept = {name: self.headers[name] for name in ("Authorization", "X-Auth-Token") if self.headers[name]}
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        if certificate:
            kept["certificate"] = str(certificate["subject"])
        self.server.cloud.requests.append([self.command, self.server.base + self.path, kept, body])

    def do_GET(self):
        if "/idp/" in self.path:
            self.record(None)
            grants = ["password"] if "/password-only" in self.path else ["password", "client_credentials"]
            elsewhere = self.server.cloud.plain.base if "/downgraded" in self.path else self.server.base
            self.answer(200, {"token_endpoint": elsewhere + "/idp/token", "grant_types_supported": grants})
            return
        # Discovery, which the controller does not need.
        own = self.server.base + self.path.rstrip("/")
        version = {"id": "v3.14", "status": "stable", "media-types": []}
        if own.endswith("/v3"):
            self.answer(200, {"version": version | {"links": [{"rel": "self", "href": own + "/"}]}})
        else:
            links = [{"rel": "self", "href": own + "/v3/"}]
            self.answer(300, {"versions": {"values": [version | {"links": links}]}})

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/idp/"):
            self.record(dict(urllib.parse.parse_qsl(text)))
            self.answer(200, {"access_token": "provider-token", "id_token": "provider-id-token", "token_type": "Bearer"})
            return
        body = json.loads(text) if text else None
        self.record(body)
        federated = "/OS-FEDERATION/" in self.path
        answer = token(self.server.base, self.path, not federated)
        self.answer(201, answer, [("X-Subject-Token", "unscoped-token" if federated else "scoped-token")])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cloud, scheme, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.cloud = cloud
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.base = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A client that does not trust the certificate closes the connection."""


class Cloud:
    def __enter__(self):
        self.requests = []
        self.folder = tempfile.TemporaryDirectory()
        self.ca, self.key = f"{self.folder.name}/ca.pem", f"{self.folder.name}/key.pem"
        subprocess.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
            f" -addext subjectAltName=IP:127.0.0.1 -keyout {self.key} -out {self.ca}",
            shell=True, check=True, capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, self.key)
        context.load_verify_locations(self.ca)
        context.verify_mode = ssl.CERT_OPTIONAL
        self.plain = Server(self, "http")
        self.secure = Server(self, "https", context)
        return self

    def __exit__(self, *_):
        for server in (self.plain, self.secure):
            server.shutdown()
            server.server_close()
        self.folder.cleanup()

    def take(self):
        """The requests since the last call."""
        taken, self.requests = self.requests, []
        return taken

    def values(self, case):
        """What stands for @NAME@ in the files and variables of a case."""
        return {
            "HTTP": self.plain.base,
            "HTTPS": self.secure.base,
            "CA": self.ca,
            "KEY": self.key,
            "PEM": pathlib.Path(self.ca).read_text(),
        }
