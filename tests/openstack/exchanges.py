"""Requests and answers. Ids, times and hosts, which differ between the clouds, have one name in both."""
import dataclasses
import json
import re

import people
import rest

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# Applied in this order to every text of an answer. The form of a time counts, its value does not.
PATTERNS = [
    (re.compile(rf"req-{UUID}"), "{request}"),
    (re.compile(UUID, re.IGNORECASE), "{uuid}"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "{hex32}"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}"), "{time.micro}"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "{time}"),
    (re.compile(r"gAAAAA[\w=-]+"), "{token}"),
    (re.compile(r"\b(198\.51\.100|198\.0\.2|203\.0\.113)\.\d+"), "{address}"),
]

# Lists that are sets: they come in an order of the database.
SETS = {"sni_container_refs", "secret_refs", "roles", "catalog", "endpoints", "users", "listeners"}

# Headers of the connection or of a proxy, not of the service.
IGNORED_HEADERS = {"connection", "content-length", "date", "keep-alive", "server"}


@dataclasses.dataclass
class Exchange:
    name: str
    request: str
    status: int
    headers: dict
    body: object  # JSON if it is, else text

    def differences(self, other):
        """A line for each difference from `other`."""
        differences = []
        if self.status != other.status:
            differences.append(f"status: {self.status} / {other.status}")
        _compare("header", self.headers, other.headers, differences)
        _compare("body", self.body, other.body, differences)
        return differences


def _compare(place, one, two, differences):
    if isinstance(one, dict) and isinstance(two, dict):
        for key in sorted(one.keys() | two.keys()):
            if key not in two:
                differences.append(f"{place}.{key}: {json.dumps(one[key])} / missing")
            elif key not in one:
                differences.append(f"{place}.{key}: missing / {json.dumps(two[key])}")
            else:
                _compare(f"{place}.{key}", one[key], two[key], differences)
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for index, (left, right) in enumerate(zip(one, two)):
            _compare(f"{place}[{index}]", left, right, differences)
    elif type(one) is not type(two) or one != two:
        differences.append(f"{place}: {json.dumps(one)} / {json.dumps(two)}")


def _order(member):
    named = member.get("type") or member.get("name") if isinstance(member, dict) else None
    return named or json.dumps(member, sort_keys=True)


class Recorder:
    """Sends requests to one cloud and records the answers."""

    def __init__(self, endpoints):
        self._names = {}  # text -> its name in both clouds
        self.exchanges = []
        for kind, url in endpoints.items():
            self._names[url] = f"{{{kind}}}"
        self._names[endpoints["identity"].removesuffix("/v3")] = "{identity-host}"

    def know(self, name, text):
        """Gives an id, or the last part of a ref, a name of its own, so that answers with it compare. Returns `text`."""
        self._names[text.rstrip("/").rpartition("/")[2]] = f"{{{name}}}"
        return text

    def ask(self, name, who, method, url, body=None, headers=None):
        """`who`: a tenant, a token, or None: nobody."""
        token = getattr(who, "token", who)
        answer = rest.ask(method, url, token=token, body=body, headers=headers)
        shown = {key.lower(): self._plain(value) for key, value in answer.headers if key.lower() not in IGNORED_HEADERS}
        self._keep(Exchange(name, f"{method} {self._plain(url)}", answer.status, shown, self._body(answer.body)))
        return answer

    def note(self, name, value):
        """Records a fact that is no single answer."""
        self._keep(Exchange(name, "", 0, {}, self._value(value)))

    def _keep(self, exchange):
        if any(kept.name == exchange.name for kept in self.exchanges):
            raise RuntimeError(f"there are two exchanges of the name {exchange.name}")
        self.exchanges.append(exchange)

    def _body(self, text):
        try:
            return self._value(json.loads(text))
        except ValueError:
            return self._plain(text.decode(errors="backslashreplace"))

    def _value(self, value, key=None):
        if key == "endpoints":  # the simulator has a second region
            value = [endpoint for endpoint in value if endpoint.get("region") == people.REGION]
        if key == "audit_ids":
            return len(value)
        if isinstance(value, dict):
            return {name: self._value(member, name) for name, member in value.items()}
        if isinstance(value, list):
            plain = [self._value(member) for member in value]
            return sorted(plain, key=_order) if key in SETS else plain
        return self._plain(value) if isinstance(value, str) else value

    def _plain(self, text):
        for known in sorted(self._names, key=len, reverse=True):
            text = text.replace(known, self._names[known]).replace(known.upper(), self._names[known].upper())
        for pattern, name in PATTERNS:
            text = pattern.sub(name, text)
        return text
