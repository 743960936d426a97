import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
SECRETS = (
    "SECRET_KEY",
    "FIELD_KEYS",
    "BLIND_INDEX_KEY",
    "AUDIT_ANCHOR_KEY",
    "BACKUP_KEYS",
    "POSTGRES_BACKUP_PASSWORD",
    "BACKUP_SIGNING_KEY",
    "POSTGRES_PASSWORD",
    "POSTGRES_APP_PASSWORD",
    "REDIS_PASSWORD",
)
ONCE = {"migrate"}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


def test_every_part_of_production_is_there(services):
    assert set(services) == {
        "beat", "live", "migrate", "nginx", "postgres", "redis", "web", "worker",
    }  # fmt: skip


def test_depended_on_services_exist_and_can_become_ready(services):
    for name, service in services.items():
        for other, wanted in service.get("depends_on", {}).items():
            assert other in services, name
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other
            else:
                assert (other, wanted["condition"]) == ("migrate", "service_completed_successfully")


def test_everything_that_stays_up_is_watched_and_restarted(services):
    for name in services.keys() - ONCE:
        assert services[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name
        assert services[name]["restart"] == "unless-stopped", name


def test_only_nginx_is_reached_from_outside(compose, services):
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert compose["networks"]["inside"]["internal"] is True
    assert all("inside" in service["networks"] for service in services.values())


def test_no_secret_is_written_down(services):
    written = yaml.safe_dump(services)
    for secret in SECRETS:
        assert f"${{{secret}:?" in written, secret
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if re.search("KEY|PASSWORD|AUTH", key):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), (name, key)


def test_only_migrations_know_the_password_of_the_owner(services):
    owner = "${POSTGRES_PASSWORD:"
    knowing = {name for name, service in services.items() if owner in yaml.safe_dump(service)}

    assert knowing == {"migrate", "postgres"}


def test_example_names_every_variable_that_must_be_set():
    compose = (CHECKOUT / "docker-compose.yml").read_text()
    example = (CHECKOUT / ".env.example").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", compose))

    assert required <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_volumes_and_networks_are_declared(compose, services):
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in compose["volumes"]
        assert set(service["networks"]) <= set(compose["networks"])


def test_build_targets_are_stages_of_the_dockerfile(services):
    stages = set(
        re.findall(r"^FROM \S+ AS (\S+)", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    )
    targets = {service["build"]["target"] for service in services.values() if "build" in service}

    assert targets == {"app", "front"}
    assert targets <= stages


def test_copied_files_exist_and_are_let_into_the_image():
    let_in = {
        line[1:] for line in (CHECKOUT / ".dockerignore").read_text().split() if line[0] == "!"
    }
    assert all((CHECKOUT / name).exists() for name in let_in)
    dockerfile = (CHECKOUT / "Dockerfile").read_text()
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for name in copied.split():
            assert name == "." or name.split("/")[0] in let_in, name
    mentioned = re.findall(r"\bdeploy/[\w.]+", (CHECKOUT / "docker-compose.yml").read_text())
    assert all((CHECKOUT / path).exists() for path in mentioned if path != "deploy/tls")


def test_nginx_speaks_to_services_at_the_ports_they_open(services):
    nginx = (CHECKOUT / "deploy/nginx.conf").read_text()
    upstreams = dict(re.findall(r"server (\w+):(\d+);", nginx))

    assert upstreams == {"web": "8000", "live": "8001"}
    assert f"--port={upstreams['live']}" in services["live"]["command"]
    assert f"0.0.0.0:{upstreams['web']}" in (CHECKOUT / "deploy/gunicorn.conf.py").read_text()


@pytest.mark.skipif(
    not shutil.which("docker")
    or subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    ).returncode,
    reason="docker compose is not installed",
)
def test_docker_compose_accepts_the_file(tmp_path):
    env = tmp_path / "env"
    env.write_text("".join(f"{name}=x\n" for name in (*SECRETS, "ALLOWED_HOSTS")))

    answer = subprocess.run(
        ["docker", "compose", "--env-file", env, "config", "--quiet"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert answer.returncode == 0, answer.stderr
