"""The toolchain keeps its promises: locks, settings readers, deploy checklist, processes that leave nothing behind."""

import io
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from packaging.requirements import Requirement

from portal import environment, logs, processes
from tests.plugins import postgres

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements"
PRODUCTION = {
    "BASE_URL": "https://support.milepost-customer.com",
    "SECRET_KEY": "kq7-sM2vX9pLw4Rt6Zb1Nc8Jd3Hf5Gy0Ua_Ei-Oo2Wx4Qz6Ks8Bv1Tn3Mr5Lp7",
    "DATABASE_URL": "postgresql://milepost@%2Frun%2Fpostgresql/milepost",
    "EMAIL_URL": "smtp+tls://portal:s%40cret@mail.milepost-customer.com:587",
}


def locked(name: str) -> dict[str, str]:
    """Distribution to version, of one lock file."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)", (LOCKS / name).read_text(), re.M))


def asked(name: str) -> list[Requirement]:
    lines = (line.strip() for line in (LOCKS / name).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def in_fresh_python(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `code` where only `variables` say how the portal is set up."""
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "portal.settings", "DATA_DIR": str(folder)}
    command = [sys.executable, "-c", f"from django.conf import settings\n{code}"]
    return subprocess.run(command, cwd=ROOT, env=clean | variables, capture_output=True, text=True, check=False)


def read(expression: str, folder: Path, **variables: str) -> str:
    done = in_fresh_python(f"print({expression})", folder, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- Locks


@pytest.mark.parametrize("name", sorted(path.name for path in LOCKS.iterdir()))
def test_requirements_name_no_address_and_no_machine(name):
    """A registry's address or a path of one machine would be of no use, or of harm, on another."""
    text = (LOCKS / name).read_text()
    assert not re.search(
        r"://|--index|--extra-index|--find-links|--trusted-host|(?<![\w.])/(opt|root|home|work|tmp)/", text
    )


@pytest.mark.parametrize("name", ["bootstrap", "base", "dev"])
def test_every_locked_release_has_hashes(name):
    text = (LOCKS / f"{name}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines and all("==" in line and "--hash=sha256:" in line for line in lines)


@pytest.mark.parametrize("name", ["bootstrap", "base", "dev"])
def test_lock_is_up_to_date_with_what_is_asked(name):
    """Without a network: what is asked is locked at a fitting version, and each locked one says who wanted it."""
    versions = locked(f"{name}.txt")
    for requirement in asked(f"{name}.in"):
        assert requirement.specifier.contains(versions[normal(requirement.name)]), f"{requirement}: run make lock"
    wanted = {normal(requirement.name) for requirement in asked(f"{name}.in")}
    assert direct_in(name) == wanted, f"run make lock: {direct_in(name) ^ wanted}"


def direct_in(name: str) -> set[str]:
    """The distributions that the lock file says were asked for by `name`.in itself."""
    blocks = re.split(r"^(?=[a-z0-9])", (LOCKS / f"{name}.txt").read_text(), flags=re.M)
    return {
        re.split(r"[=\[]", block)[0] for block in blocks if re.search(rf"-r (requirements/)?{name}\.in\b", block)
    }  # fmt: skip


def test_what_is_tested_is_what_runs():
    base, dev = locked("base.txt"), locked("dev.txt")
    assert base.items() <= dev.items()
    assert locked("bootstrap.txt").items() <= dev.items()


def test_no_lock_with_download_addresses_is_tracked():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "uv.lock" not in tracked.stdout and "uv.lock" in (ROOT / ".gitignore").read_text()


def test_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()


# --- Settings


def test_without_any_setting_it_runs_on_sqlite_and_keeps_its_key(tmp_path):
    data = tmp_path / "data"
    first, second = (read("settings.SECRET_KEY", data) for _ in range(2))
    assert first == second and len(first) >= 50
    assert (data / "secret-key").stat().st_mode & 0o777 == 0o600
    assert data.stat().st_mode & 0o777 == 0o700
    assert read("settings.DATABASES['default']['NAME']", data) == str(data / "milepost.sqlite3")
    assert read("settings.BASE_URL", data, PORT="9123") == "http://127.0.0.1:9123"
    assert read("settings.DEBUG", data) == "False"


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    code = "from portal.environment import kept_secret; from pathlib import Path; import sys; " \
           "print(kept_secret(Path(sys.argv[1])))"  # fmt: skip
    command = [sys.executable, "-c", code, str(tmp_path / "new" / "secret-key")]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert len({process.communicate()[0] for process in running}) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret-key"]


def test_secrets_may_come_from_files(tmp_path):
    (tmp_path / "key").write_text("from-a-file\n")
    (tmp_path / "url").write_text("postgresql://u:p%40ss@db.internal:5433/milepost\n")
    assert read("settings.SECRET_KEY", tmp_path, SECRET_KEY_FILE=str(tmp_path / "key")) == "from-a-file"
    found = read("settings.DATABASES['default']", tmp_path, SECRET_KEY="x", DATABASE_URL_FILE=str(tmp_path / "url"))
    assert "'PASSWORD': 'p@ss'" in found and "'PORT': 5433" in found


@pytest.mark.parametrize("url", ["postgresql://m@%2Ftmp%2Fa%20b/milepost", "postgresql://m@/milepost?host=/tmp/a%20b"])
def test_database_behind_a_unix_socket(tmp_path, url):
    code = "from django.db import connection; print(connection.get_connection_params())"
    done = in_fresh_python(code, tmp_path, SECRET_KEY="x", DATABASE_URL=url)
    assert "'host': '/tmp/a b'" in done.stdout and "'dbname': 'milepost'" in done.stdout, done.stderr


def test_each_database_gets_what_it_needs():
    lite = environment.database_settings({"ENGINE": "django.db.backends.sqlite3"}, pool=False)
    assert lite["OPTIONS"]["transaction_mode"] == "IMMEDIATE" and lite["OPTIONS"]["timeout"] == 20
    real = environment.database_settings({"ENGINE": "django.db.backends.postgresql"}, pool=False)
    assert real["CONN_MAX_AGE"] == 60 and real["CONN_HEALTH_CHECKS"]
    pooled = environment.database_settings({"ENGINE": "django.db.backends.postgresql"}, pool=True)
    assert pooled["OPTIONS"]["pool"] and pooled["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    ("url", "tls", "ssl", "port"),
    [
        ("smtp://mail.internal", False, False, 25),
        ("smtp+tls://mail.internal", True, False, 587),
        ("smtps://mail.internal", False, True, 465),
        ("smtp://mail.internal:2525?timeout=5", False, False, 2525),
    ],
)
def test_mail_url(url, tls, ssl, port):
    found = environment.mail_settings(url, folder=Path("/nowhere"))
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"], found["EMAIL_PORT"]) == (tls, ssl, port)
    assert found["EMAIL_TIMEOUT"] in (5, 20)


def test_mail_url_with_a_password_a_folder_or_a_mistake():
    found = environment.mail_settings("smtps://me%40here:p%2Fw@mail.internal", folder=Path("/nowhere"))
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@here", "p/w")
    assert environment.mail_settings("", folder=Path("/data/mail"))["EMAIL_FILE_PATH"] == "/data/mail"
    for mistake in ("smpt://mail.internal", "smtp://", "mail.internal"):
        with pytest.raises(ImproperlyConfigured):
            environment.mail_settings(mistake, folder=Path("/nowhere"))


def test_cookies_belong_to_the_host_where_the_address_is_https(tmp_path):
    names = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE"
    assert read(names, tmp_path, **PRODUCTION) == "__Host-session __Host-csrf True"
    assert read(names, tmp_path) == "milepost_session milepost_csrf False"


# --- The deploy checklist


def deploy_check(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    code = "import django; django.setup(); from django.core.management import call_command\ncall_command('check', deploy=True)"
    return in_fresh_python(code, folder, **variables)


def test_a_production_set_up_passes_the_deploy_check(tmp_path):
    tmp_path.chmod(0o700)
    done = deploy_check(tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr, done.stderr


MISTAKES = [
    {
        "BASE_URL": ("http://support.milepost-customer.com", "portal.E021"),
        "DEBUG": ("on", "portal.E020"),
        "ALLOWED_HOSTS": ("*", "portal.E022"),
        "COMPANY_TIME_ZONE": ("Europe/Londn", "portal.E002"),
        "FROM_EMAIL": ("nobody", "portal.E003"),
        "EMAIL_URL": ("", "portal.W022"),
        "DATABASE_URL": ("sqlite:///x.sqlite3", "portal.W021"),
        "SECRET_KEY": ("short", "security.W009"),
    },
    {
        "BASE_URL": ("support.milepost-customer.com", "portal.E001"),
        "FROM_EMAIL": ("support@example.com", "portal.W024"),
        "EMAIL_URL": ("smtp://mail.milepost-customer.com", "portal.W023"),
        "STAFF_SECOND_FACTOR": ("off", "portal.E029"),
    },
    {"BASE_URL": ("", "portal.W020")},
]


@pytest.mark.parametrize("mistakes", MISTAKES)
def test_each_mistake_is_named(tmp_path, mistakes):
    tmp_path.chmod(0o700)
    wrong = {name: value for name, (value, _) in mistakes.items()}
    said = deploy_check(tmp_path, **PRODUCTION | wrong).stderr
    assert not {id for _, id in mistakes.values() if id not in said}, said


def test_a_key_others_can_read_is_named(tmp_path):
    tmp_path.chmod(0o755)
    assert "portal.E024" in deploy_check(tmp_path, **PRODUCTION).stderr


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("Q_CLUSTER", {"retry": 5, "timeout": 60, "catch_up": False}, "portal.E004"),
        ("Q_CLUSTER", {"retry": 600, "timeout": 60, "catch_up": True}, "portal.E005"),
        ("CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}, "portal.E006"),
        ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {}}, "portal.E007"),
        ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {"script-src": ["'unsafe-inline'"]}}, "portal.E008"),
        ("MIDDLEWARE", [], "portal.E009"),
        ("SESSION_COOKIE_NAME", "session", "portal.E023"),
        ("MEDIA_URL", "/media/", "portal.E025"),
    ],
)
def test_each_wrong_setting_is_named(settings, name, value, id):
    from django.core.checks import run_checks

    settings.IS_HTTPS = True
    setattr(settings, name, value)
    ours = [app for app in __import__("portal.checks").checks.__dict__.values() if hasattr(app, "tags")]
    assert ours, "the checks are registered"
    assert id in {message.id for message in run_checks(include_deployment_checks=True) if message.id}


# --- Logs


@pytest.mark.parametrize(
    "secret",
    [
        "jo.doe+x@mail.example",
        "/s/Zx81kdkQ0qLw3Rt6Zb1Nc8Jd3Hf5Gy0Ua/",
        "Key (email)=(Jo Doe, 12) already exists.",
        "Failing row contains (1, Jo Doe, 12).",
        "/console/cases/?q=Jo",
    ],
)
def test_logs_hold_no_personal_data(secret):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.BlottingFormatter())
    logger = logging.Logger("x")
    logger.addHandler(handler)
    try:
        raise ValueError(secret)
    except ValueError:
        logger.exception("Failed: %s", secret)
    written = stream.getvalue()
    assert not any(word in written for word in ("Jo", "jo.doe", "Zx81")) and "Failed" in written


# --- Processes


def wait_until(what, seconds=15):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


SUPERVISED = """
import sys
from portal.processes import Child, Supervisor
stubborn = "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " \\
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); print('up', flush=True); time.sleep(600)"
Supervisor([Child("one", [sys.executable, "-c", stubborn])], grace=1,
    write=lambda name, line: print(name, line, flush=True)).run()
"""


def group_of_only_child(pid: int) -> int:
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    return next(
        int(line.split()[0])
        for line in listed.splitlines()[1:]
        if int(line.split()[1]) == pid and "processes.py" not in line
    )


@pytest.fixture
def supervised():
    process = subprocess.Popen([sys.executable, "-c", SUPERVISED], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "one up\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_stopping_ends_children_that_do_not_listen_and_their_children(supervised):
    group = group_of_only_child(supervised.pid)
    supervised.terminate()
    assert supervised.wait(10) == 0
    wait_until(lambda: not processes.group_lives(group))


def test_killing_the_supervisor_leaves_nobody_behind(supervised):
    group = group_of_only_child(supervised.pid)
    supervised.kill()
    wait_until(lambda: not processes.group_lives(group))


def test_a_child_that_dies_is_started_again_and_its_children_go_with_it(supervised):
    group = group_of_only_child(supervised.pid)
    os.kill(group, 9)
    # Not every sandbox hands on how a process ended, so the code is not looked at.
    assert re.fullmatch(
        r"one stopped by itself \(exit -?\d+\); starting it again in 1 s\n", supervised.stdout.readline()
    )
    assert supervised.stdout.readline() == "one up\n"
    wait_until(lambda: not processes.group_lives(group))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the dead count until they are waited for")
def test_the_dead_whom_nobody_waits_for_do_not_count_as_living():
    process = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, process_group=0)  # fmt: skip
    assert process.stdout.readline() == b"up\n" and processes.group_lives(process.pid)
    os.kill(process.pid, 9)
    wait_until(lambda: not processes.group_lives(process.pid))
    assert process.returncode is None
    process.communicate()


def test_exit_codes_are_known_even_when_whoever_started_us_ignores_its_children():
    code = (
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "from portal.processes import Supervisor\n"
        "supervisor = Supervisor([], write=print); supervisor.stop(); supervisor.run()\n"
        "print(signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_child_that_keeps_dying_is_started_less_and_less_often():
    child = processes.Child("x", [])
    child.started = 100.0
    assert [child.plan_next_start(101.0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert child.plan_next_start(100.0 + processes.SETTLED_SECONDS) == 1


def test_a_killed_asker_leaves_no_database_server_behind():
    code = "from tests.plugins.postgres import KeptServer; s = KeptServer(); print(s.url, s.keeper.pid, flush=True); " \
           "import time; time.sleep(600)"  # fmt: skip
    asker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    url, keeper = asker.stdout.readline().split()
    folder = Path(re.search(r"@(.+?)/postgres$", url)[1].replace("%2F", "/"))
    assert (folder / "data" / "postmaster.pid").exists()
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    asker.kill()
    asker.communicate()
    wait_until(lambda: not folder.exists() and not processes.group_lives(server), 2 * postgres.STOP_SECONDS)
    wait_until(lambda: not processes.group_lives(int(keeper)))
