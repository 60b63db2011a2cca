"""Where a web page may be fetched from, and what is turned away before anybody is asked."""

from __future__ import annotations

import unicodedata
from ipaddress import ip_address

import pytest

from backend.app.errors import ConfigError, WebPageRefused, WebPageUnreachable
from backend.app.services.web.addresses import Gate, is_public, networks_of, ports_of

PUBLIC = "93.184.216.34"


def gate(*found: str, ports: tuple[int, ...] = (80, 443), networks: str = "") -> Gate:
    return Gate(ports=ports, networks=networks_of(networks), resolve=lambda host, port: list(found))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1",
        "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_open_internet_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(WebPageRefused, match="private network"):
        gate(address).check("https://example.com/")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::6810:85e5", "172.32.0.1", "192.169.0.1"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert is_public(ip_address(address))
    assert gate(address).check("https://example.com/").addresses == (address,)


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(WebPageRefused):
        gate(PUBLIC, "10.0.0.1").check("https://example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://example.com/a", "file:///etc/passwd", "javascript:alert(1)", "gopher://example.com", "https://",
        "http:///path", "https://user:word@example.com/", "https://example.com:22/", "https://example.com:8080/",
        "http://exa mple.com", "https://example.com/a\r\nHost: other", "https://[::1", "https://" + "a" * 5000,
        "data:text/html,x", "https://example.com:99999/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(WebPageRefused):
        gate(PUBLIC).check(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "localhost"])
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises((WebPageRefused, WebPageUnreachable)):
        Gate(ports=(80,)).check(f"http://{host}/")


def test_an_unknown_name_says_so() -> None:
    with pytest.raises(WebPageUnreachable, match=r"no server called nowhere\.example"):
        gate().check("https://nowhere.example/")


def test_an_address_is_sent_as_servers_expect_it() -> None:
    found = gate(PUBLIC, ports=(443, 8443)).check("한국.kr:8443/안내 문서?쪽=1#top".replace(" ", "%20"))
    assert (found.scheme, found.host, found.port) == ("https", "xn--3e0b707e.kr", 8443)
    assert found.host_header == "xn--3e0b707e.kr:8443"
    assert found.path.isascii()
    assert found.path.endswith("?%EC%AA%BD=1")
    assert "#" not in found.url


def test_networks_of_ones_own_can_be_opened() -> None:
    opened = gate("10.1.2.3", networks="10.1.0.0/16, fd00::/8")
    assert opened.check("https://wiki.example/").addresses == ("10.1.2.3",)
    with pytest.raises(WebPageRefused):
        gate("10.2.0.1", networks="10.1.0.0/16").check("https://wiki.example/")


def test_settings_that_cannot_be_used_say_so() -> None:
    assert ports_of("80, 443") == (80, 443)
    for text in ("", "http", "80;443", "0", "70000"):
        with pytest.raises(ConfigError, match="LIKEOPT_WEB_PORTS"):
            ports_of(text)
    with pytest.raises(ConfigError, match="LIKEOPT_WEB_PRIVATE_NETWORKS"):
        networks_of("10.1.2.3/8")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com\\@127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://example.com#@127.0.0.1/",
        "http://127.0.0.1#.example.com/", "http://example.com?@127.0.0.1/", "http://example.com:80@127.0.0.1/",
        "http://example.com%2f@127.0.0.1/", "http://127.0.0.1%2f.example.com/", "http://127.0.0.1%00.example.com/",
        "http://example.com;@127.0.0.1/", "http:\\\\127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/", "//127.0.0.1/",
        "http://１２７.０.０.１/", "http://127。0。0。1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::1%25eth0]/", "http://127.0.0.1./",
        "HTTP://LOCALHOST/", "http://localhost.:80/", "http://example.com@localhost/", "http://a.b@c@127.0.0.1/",
    ],
)  # fmt: skip
def test_what_parsers_read_differently_leads_nowhere_but_where_was_looked(url: str) -> None:
    looked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        """Know this machine as the system would, in every spelling; any other name is a public one."""
        looked.append(host)
        plain = unicodedata.normalize("NFKC", host).lower().replace("。", ".").rstrip(".").partition("%")[0]
        try:
            return [str(ip_address(plain))]
        except ValueError:
            return ["127.0.0.1"] if plain == "localhost" else [PUBLIC]

    try:
        target = Gate(ports=(80, 443), resolve=resolve).check(url)
    except (WebPageRefused, WebPageUnreachable):
        return
    # The connection goes to these and nowhere else, and the server is asked by the very name that was looked up.
    assert target.addresses == (PUBLIC,)
    assert [target.host.strip("[]").rstrip(".")] == looked
    assert ip_address(PUBLIC).is_global
