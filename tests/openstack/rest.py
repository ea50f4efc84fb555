"""Single HTTP requests, and their unchanged answers."""
import dataclasses
import http.client
import json
import urllib.parse


@dataclasses.dataclass
class Answer:
    status: int
    headers: list  # of (name, value)
    body: bytes

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)

    def expect(self, *statuses):
        """The JSON of an answer that must have one of these statuses; None if it has no body."""
        if self.status not in statuses:
            raise RuntimeError(f"status {self.status} instead of {statuses}: {self.body[:500].decode(errors='replace')}")
        return self.json() if self.body else None


def ask(method, url, *, token=None, body=None, headers=None, timeout=60):
    """`body`: a value that is sent as JSON, or bytes that are sent as they are. OSError if there is no answer."""
    parts = urllib.parse.urlsplit(url)
    sent = {"Accept": "application/json"}
    if token is not None:
        sent["X-Auth-Token"] = token
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    sent.update(headers or {})
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())
    except http.client.HTTPException as problem:
        raise OSError(f"no HTTP answer: {problem!r}") from None
    finally:
        connection.close()


def password_login(user, password, project):
    return {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {"name": user, "domain": {"id": "default"}, "password": password}},
            },
            "scope": {"project": {"name": project, "domain": {"id": "default"}}},
        }
    }


def application_credential_login(identifier, secret):
    credential = {"id": identifier, "secret": secret}
    return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": credential}}}


def token_of(identity, login):
    answer = ask("POST", identity + "/auth/tokens", body=login)
    answer.expect(201)
    return answer.header("X-Subject-Token")
