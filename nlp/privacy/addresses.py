"""Internet addresses, told from version numbers, times and names in programs."""

import re
from ipaddress import AddressValueError, IPv6Address

QUAD = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/\d{1,2}|-\d{1,3}(?:\.\d{1,3}){3})?")
VERSION = re.compile(
    r"(?:\bv|\bver|\bversions?|\bversion|release|build|firmware|\bfw|\bbios|driver|patch|\bapp|\bsdk|\bos"
    r"|(?:updat|upgrad|downgrad)\w* (?:to|from))\.?[ \t]*[:=(]?[ \t]*$",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"\b(?:ip|ips|ipv4|address|addresses|adresse|host|server|ping|dns|login|logged)\b", re.IGNORECASE)
SMALL = 30  # the chance that four random octets are all below it is 1 in 5,000; those of a version nearly always are


def is_ipv4(written: str, before: str) -> bool:
    """Say whether `written` is an IPv4 address of somebody; `before` is what stands in front of it.

    Nobody's are loopback and netmasks. Four small numbers are a version unless `before` speaks of addresses.
    """
    quad = QUAD.fullmatch(written)
    if not quad or VERSION.search(before):
        return False
    octets = [int(octet) for octet in quad.groups()]
    if max(octets) > 255 or octets[0] in (0, 127, 255) or octets[2:] == [0, 0]:
        return False
    return max(octets) >= SMALL or bool(ADDRESS.search(before))


def is_ipv6(written: str) -> bool:
    """Say whether `written` is an IPv6 address of somebody and not a time, a MAC address or a name like a::b."""
    try:
        address = IPv6Address(written)
    except AddressValueError:
        return False
    hextets = written.split(":")
    return not address.is_loopback and any(len(part) >= 3 and re.search(r"\d", part) for part in hextets)
