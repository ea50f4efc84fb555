"""Keystone, Barbican and Octavia of Debian's packages on MariaDB, as processes on 127.0.0.1 with one folder for all."""
import base64
import json
import os
import pathlib
import pwd
import string
import time

import certificates
import people
import processes
import rest

SOURCE = pathlib.Path(__file__).resolve().parent / "services"
SERVICES = ("keystone", "barbican", "octavia")
KEY_PASSPHRASE = "passphrase"
PATIENCE = 120  # seconds; a process that has not come so far by then hangs


class Cloud:
    """The processes of the cloud. `endpoints`: the URL of each service. A RuntimeError carries the end of a failed log."""

    def __init__(self, folder):
        self.folder = folder
        self._sockets = {name: processes.listening_socket() for name in SERVICES}
        self._ports = {name: socket.getsockname()[1] for name, socket in self._sockets.items()}
        url = {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()}
        self.endpoints = {
            "identity": url["keystone"] + "/v3", "key-manager": url["barbican"], "load-balancer": url["octavia"]
        }
        self._running = {}

    def start(self):
        (self.folder / "keys").mkdir()
        (self.folder / "lock.d").mkdir()
        (self.folder / "home/.barbican").mkdir(parents=True)
        self._start_database()
        self._write_keys()
        self._write_configuration()
        # Two cores run the two long lists of migrations side by side. Barbican makes its tables at its own start.
        octavia_schema = self._launch("octavia-db-manage", ["octavia-db-manage", *self._octavia_file(), "upgrade", "head"])
        self._start_service("barbican")
        self._finish("keystone-manage db_sync", self._keystone_manage("db_sync"))
        self._finish(
            "keystone-manage bootstrap",
            self._keystone_manage("bootstrap", "--bootstrap-password", people.ADMIN_PASSWORD, "--bootstrap-region-id", people.REGION),
        )
        self._start_service("keystone")
        self._finish("octavia-db-manage", octavia_schema)
        self._start_service("octavia")
        self._await("keystone", self.endpoints["identity"])
        known = people.populate(self.endpoints)
        self._await("barbican", self.endpoints["key-manager"] + "/")
        self._await("octavia", self.endpoints["load-balancer"] + "/")
        self._write_results(known)

    def look_after(self):
        """Stops and starts services as the files NAME.down ask; RuntimeError if a process ended by itself."""
        for name in SERVICES:
            down = (self.folder / f"{name}.down").exists()
            if down and name in self._running:
                self._stop(name)
                self._sockets.pop(name).close()
            elif not down and name not in self._running:
                self._sockets[name] = processes.listening_socket(self._ports[name])
                self._start_service(name)
        for name, process in self._running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{processes.end_of(self._log(name))}")

    def stop(self):
        for name in list(self._running):
            self._stop(name)

    # ---- one program ----

    def _log(self, name):
        return self.folder / f"{name}.log"

    def _launch(self, name, command, environment=None, keep=()):
        return processes.start(command, self._log(name), environment, keep)

    def _finish(self, name, process):
        if process.wait() != 0:
            raise RuntimeError(f"{name} failed:\n{processes.end_of(self._log(name.split()[0]))}")

    def _await(self, name, url):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._running[name].poll() is not None:
                break
            try:
                rest.ask("GET", url, timeout=PATIENCE)
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{name} does not come up:\n{processes.end_of(self._log(name))}")

    # ---- the database ----

    def _start_database(self):
        # The database reads no configuration of the machine, and forces nothing to the disk.
        settings = ["--no-defaults", f"--datadir={self.folder / 'mariadb'}", f"--tmpdir={self.folder}", f"--user={_own_name()}"]
        command = ["mariadb-install-db", *settings, "--auth-root-authentication-method=normal", "--skip-test-db"]
        self._finish("mariadb", self._launch("mariadb", command))
        settings += [
            "--bind-address=127.0.0.1", "--socket=", "--skip-name-resolve", f"--pid-file={self.folder / 'mariadb.pid'}",
            f"--init-file={SOURCE / 'database.sql'}", "--skip-log-bin", "--performance-schema=OFF",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=64M",
        ]
        for port in self._ports_until_up():
            self._running["mariadb"] = self._launch("mariadb", ["mariadbd", *settings, f"--port={port}"])
        self._database = f"mysql+pymysql://openstack:openstack@127.0.0.1:{port}"

    def _ports_until_up(self):
        """Ports for the start of the database, which takes no socket of ours, so that a port may be gone by then."""
        log = self._log("mariadb")
        while True:
            with processes.listening_socket() as free:
                port = free.getsockname()[1]
            before = log.stat().st_size
            yield port
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and self._running["mariadb"].poll() is None:
                if b"ready for connections" in log.read_bytes()[before:]:
                    return
                time.sleep(0.02)
            self._stop("mariadb")
            if b"Address already in use" not in log.read_bytes()[before:]:
                raise RuntimeError(f"mariadb does not come up:\n{processes.end_of(log)}")

    # ---- keys and configuration ----

    def _write_keys(self):
        keys = self.folder / "keys"
        for name in ("fernet", "credential"):
            (keys / name).mkdir(mode=0o700)
            for number in ("0", "1"):
                (keys / name / number).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
                (keys / name / number).chmod(0o600)
        authority = certificates.Authority("Octavia's amphorae")
        (keys / "ca.pem").write_bytes(authority.pem)
        (keys / "ca.key").write_bytes(authority.key_pem(KEY_PASSPHRASE))

    def _write_configuration(self):
        values = {
            "database": self._database,
            "folder": self.folder,
            "region": people.REGION,
            "identity": self.endpoints["identity"],
            "key_manager": self.endpoints["key-manager"],
            "load_balancer": self.endpoints["load-balancer"],
            "service_password": people.SERVICE_PASSWORD,
            "key_encryption_key": base64.b64encode(os.urandom(32)).decode(),
            "key_passphrase": KEY_PASSPHRASE,
        }
        places = {"keystone.conf": "keystone.conf", "octavia.conf": "octavia.conf", "barbican.conf": "home/.barbican/barbican.conf"}
        for name, place in places.items():
            (self.folder / place).write_text(string.Template((SOURCE / name).read_text()).substitute(values))

    def _octavia_file(self):
        return ["--config-file", self.folder / "octavia.conf"]

    def _keystone_manage(self, *arguments):
        return self._launch("keystone-manage", ["keystone-manage", "--config-file", self.folder / "keystone.conf", *arguments])

    # ---- the services ----

    def _start_service(self, name):
        listening = self._sockets[name]
        environment = {
            "keystone": {"OS_KEYSTONE_CONFIG_FILES": f"{self.folder / 'keystone.conf'}"},
            "barbican": {"HOME": f"{self.folder / 'home'}", "BARBICAN_PASTE_FILE": f"{SOURCE / 'barbican-api-paste.ini'}"},
            "octavia": {"OCTAVIA_CONFIGURATION": f"{self.folder / 'octavia.conf'}", "OCTAVIA_FOLDER": f"{self.folder}"},
        }[name]
        # uwsgi answers in HTTP/1.1 and then closes the connection without `Connection: close`, so that is added.
        command = [
            "uwsgi_python3", "--http-socket", f"fd://{listening.fileno()}", "--processes=1", "--threads=4", "--need-app",
            "--buffer-size=65535", "--add-header=Connection: close", "--wsgi-file", SOURCE / f"{name}.wsgi",
        ]
        self._running[name] = self._launch(name, command, environment, keep=[listening.fileno()])

    def _stop(self, name):
        process = self._running.pop(name)
        process.kill()
        process.wait()

    # ---- facts for others ----

    def _write_results(self, known):
        clouds = self.folder / "clouds.yaml"
        clouds.write_text(people.clouds_yaml(self.endpoints["identity"], known))
        (self.folder / "env").write_text(f"export OS_CLIENT_CONFIG_FILE='{clouds}' OS_CLOUD=shop\n")
        text = json.dumps({"region": people.REGION, "endpoints": self.endpoints, "people": known}, indent=2) + "\n"
        complete = self.folder / "cloud.json.new"
        complete.write_text(text)
        complete.rename(self.folder / "cloud.json")


def _own_name():
    return pwd.getpwuid(os.getuid()).pw_name
