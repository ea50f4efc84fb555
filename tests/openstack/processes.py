"""Programs that run beside us and never outlive us, and the folder that belongs to one owner at a time."""
import ctypes
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess

_prctl = ctypes.CDLL(None).prctl
_PR_SET_PDEATHSIG = 1


def die_with(parent):
    """For a new process, which the kernel kills when `parent` ends in any way, even by SIGKILL."""

    def before_exec():
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(127)  # the parent ended before the kernel had the request

    return before_exec


def start(command, log, environment=None, keep=()):
    """Starts a program whose output is appended to the file `log`; `keep` are file descriptors that it inherits."""
    # Debian keeps daemons, such as mariadbd, where only root's PATH leads.
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PATH": path, **(environment or {})},
            pass_fds=keep,
            preexec_fn=die_with(os.getpid()),
        )


def end_of(log, size=3000):
    """The last lines of a log, for an error text."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return text if len(text) <= size else "..." + text[text.find("\n", len(text) - size):]


def listening_socket(port=None):
    """A socket on this port of 127.0.0.1, or on a free one outside the range that the kernel gives to outgoing
    connections. No other process can take the port while the socket is open."""
    while True:
        candidate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port or random.randint(20000, 32000)))
            candidate.listen(128)
            return candidate
        except OSError:
            candidate.close()
            if port:
                raise


class Folder:
    """An emptied folder that is ours until our process ends in any way. Its file `lock` is locked and holds our id."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        self._lock = open(path / "lock", "a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RuntimeError(f"another process runs services in {path}") from None
        for entry in path.iterdir():
            if entry.name != "lock":
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()


def end_owner(path):
    """Asks the owner of a folder to end and waits until it has."""
    try:
        lock = open(path / "lock")
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.kill(int(lock.read()), signal.SIGTERM)
        fcntl.flock(lock, fcntl.LOCK_SH)
