"""What a browser calls itself, in words a person recognises. A hint for the list of sessions, never a rule."""

import ipaddress

from django.utils.translation import gettext as _

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
SMALL = {"iPhone", "iPad", "Android", "HarmonyOS"}


def device(agent: str) -> tuple[str, str]:
    """(what it is, icon)"""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    icon = "smartphone" if system in SMALL else "monitor"
    return " · ".join(filter(None, (system, browser))) or _("Unknown device"), icon


def place(ip: str | None) -> str:
    """No list of places is asked: the address, and whether it is the house's own network."""
    if not ip:
        return _("Unknown address")
    if ipaddress.ip_address(ip).is_private:
        return _("Own network (%(ip)s)") % {"ip": ip}
    return ip
