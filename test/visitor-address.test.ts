import { array, assert, constantFrom, ipV4, property } from "fast-check";
import { expect, test } from "vitest";
import { makeAddressReader } from "../src/http/visitor-address.js";

/** The address that is read of a request from this peer with this header. */
function addressOf(trustProxy: boolean | readonly string[], remoteAddress: string | undefined, forwarded?: string) {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return makeAddressReader(trustProxy)({ headers, socket: { remoteAddress } });
}

const proxies = ["10.0.0.0/8", "fd00::/8"];

test.for<
  [what: string, trust: boolean | readonly string[], peer: string, forwarded: string | undefined, address: string]
>([
  ["without a proxy, whoever connects", false, "203.0.113.7", undefined, "203.0.113.7"],
  ["without a proxy, whatever a client says", false, "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["behind a proxy, whom it names", proxies, "10.0.0.1", "203.0.113.7", "203.0.113.7"],
  ["behind a proxy that names nobody, the proxy", proxies, "10.0.0.1", undefined, "10.0.0.1"],
  ["past the proxy, whatever a client says", proxies, "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["behind a proxy, whatever a client said before it", proxies, "10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
  [
    "behind several proxies, the first of them that is not trusted",
    proxies,
    "10.0.0.1",
    "203.0.113.7, 10.9.9.9",
    "203.0.113.7",
  ],
  ["behind trusted proxies alone, the farthest", proxies, "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"],
  ["`true` believes the peer, and nobody behind it", true, "203.0.113.7", "198.51.100.1, 192.0.2.1", "192.0.2.1"],
  ["a proxy that says nonsense counts as nobody's proxy", proxies, "10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"],
  ["an empty header is none", proxies, "10.0.0.1", "", "10.0.0.1"],
  ["a port is left out", proxies, "10.0.0.1", "203.0.113.7:4711", "203.0.113.7"],
  ["so are brackets", proxies, "10.0.0.1", "[2001:db8:1:2::5]:443", "2001:db8:1:2::/64"],
  ["IPv4 on a socket for IPv6 is IPv4", false, "::ffff:203.0.113.7", undefined, "203.0.113.7"],
  ["and so is such a proxy", proxies, "::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"],
  ["IPv6 counts by its network", false, "2001:db8:1:2:aaaa:bbbb:cccc:dddd", undefined, "2001:db8:1:2::/64"],
  ["however it is written", false, "2001:DB8::1", undefined, "2001:db8:0:0::/64"],
  ["in short", false, "::1", undefined, "0:0:0:0::/64"],
  ["or with a zone", false, "fe80::1%eth0", undefined, "fe80:0:0:0::/64"],
])("%s", ([, trust, peer, forwarded, address]) => {
  expect(addressOf(trust, peer, forwarded)).toBe(address);
});

test("a connection that is gone has no address, and breaks nothing", () => {
  expect(addressOf(proxies, undefined, "203.0.113.7")).toBe("");
});

test("whatever a client writes into the header, it is known by the address that the proxy saw", () => {
  const written = array(
    constantFrom("10.0.0.1", "198.51.100.1", "::1", "fd00::1", "", "x", "1.2.3.4:5", "[", "%", "::ffff:0:0"),
  );
  const outside = ipV4().filter((address) => !address.startsWith("10."));
  assert(
    property(written, outside, (before, client) => {
      expect(addressOf(proxies, "10.0.0.1", [...before, client].join(", "))).toBe(client);
      expect(addressOf(true, "10.0.0.1", [...before, client].join(", "))).toBe(client);
      expect(addressOf(false, client, before.join(", "))).toBe(client);
    }),
  );
});
