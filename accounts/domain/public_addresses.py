"""Which network addresses are out in the public, and which lead into somebody's own network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

# Public by their numbers and inside all the same: what clouds answer their own machines at.
INSIDE_ALL_THE_SAME = (ip_network("192.0.0.0/24"), ip_network("168.63.129.16/32"))
NAT64 = ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Tell whether an address is outside every loopback, private, link-local or reserved range.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) counts as that one too.
    """
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.is_site_local or address.scope_id is not None:
            return False
        if not all(is_public(carried) for carried in _carried(address)):
            return False
    is_inside = any(address in network for network in INSIDE_ALL_THE_SAME)
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_special and not is_inside


def _carried(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address leads to."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [each for each in found if each is not None]
