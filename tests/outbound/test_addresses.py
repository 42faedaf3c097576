"""Which URLs can be read, and which addresses are public."""

from ipaddress import ip_address, ip_network

import pytest

from scim_server.outbound.addresses import AddressRefused, Url, check_address, is_public, read_url

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://idp.example.com", Url("https", "idp.example.com", 443, "/")),
        ("HTTPS://IDP.Example.com:8443/a%20b?c=d&e", Url("https", "idp.example.com", 8443, "/a%20b?c=d&e")),
        ("https://idp.example.com./x", Url("https", "idp.example.com", 443, "/x")),
        ("http://127.0.0.1:5000/x", Url("http", "127.0.0.1", 5000, "/x")),
        ("https://[2001:DB8::1]:1/x", Url("https", "2001:db8::1", 1, "/x")),
        ("https://xn--bcher-kva.example/", Url("https", "xn--bcher-kva.example", 443, "/")),
        ("https://a_b.example/", Url("https", "a_b.example", 443, "/")),
        ("https://1and1.example/", Url("https", "1and1.example", 443, "/")),
    ],
)
def test_a_url_is_read(text: str, url: Url) -> None:
    assert read_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "idp.example.com",
        "//idp.example.com",
        "https:idp.example.com",
        "https:///path",
        "file:///etc/passwd",
        "gopher://idp.example.com",
        "javascript:alert(1)",
        "https://bücher.example",
        "https://idp.example.com/ü",
        "https://idp.example.com\\@10.0.0.1/",
        "https://idp.example.com /",
        "https://idp.example.com\r\nX: y/",
        "https://user@idp.example.com",
        "https://user:word@idp.example.com",
        "https://@idp.example.com",
        "https://idp.example.com#x",
        "https://idp.example.com/#",
        "https://idp.example.com:0",
        "https://idp.example.com:65536",
        "https://idp.example.com:port",
        "https://2130706433",
        "https://0",
        "https://127.1",
        "https://0x7f.0.0.1",
        "https://0177.0.0.1",
        "https://127.0.0.0x1",
        "https://1.2.3.4.5",
        "https://[::1",
        "https://[::1%25eth0]",
        "https://[1.2.3.4]",
        "https://-a.example",
        "https://a..example",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 130 + "example",
        "https://idp.example.com/" + "a" * 2048,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused):
        read_url(text)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "192.0.0.9"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::1.1.1.1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::",
        "2002:101:101::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "address", "allowed", "is_called"),
    [
        ("https://idp.example.com", "1.1.1.1", [], True),
        ("https://idp.example.com", "10.0.0.1", [], False),
        ("https://idp.example.com", "10.0.0.1", [ip_network("10.0.0.0/24")], True),
        ("https://idp.example.com", "::ffff:10.0.0.1", [ip_network("10.0.0.0/24")], True),
        ("https://idp.example.com", "10.0.1.1", [ip_network("10.0.0.0/24")], False),
        ("https://idp.example.com", "fd00::1", [ip_network("10.0.0.0/8")], False),
        ("https://idp.example.com", "127.0.0.1", LOOPBACK, True),
        ("http://idp.example.com", "1.1.1.1", [], False),
        ("http://idp.example.com", "1.1.1.1", [ip_network("0.0.0.0/0")], False),
        ("http://idp.example.com", "10.0.0.1", [ip_network("10.0.0.0/24")], False),
        ("http://localhost", "127.0.0.1", [], False),
        ("http://localhost", "127.0.0.1", LOOPBACK, True),
        ("http://localhost", "::1", LOOPBACK, True),
    ],
)
def test_which_address_is_called(url: str, address: str, allowed: list, is_called: bool) -> None:
    if is_called:
        check_address(read_url(url), ip_address(address), allowed)
        return
    with pytest.raises(AddressRefused):
        check_address(read_url(url), ip_address(address), allowed)
