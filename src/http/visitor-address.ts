import { isIP, isIPv4 } from "node:net";
import { type TrustProxy, trustedProxies } from "./trusted-proxies.js";
import type { Arrival } from "./visitor-country.js";

/** Where a request comes from: an IPv4 address, or an IPv6 network of 64 bits, which is what one subscriber gets. */
export type AddressOf = (request: Arrival) => string;

/**
 * Reads the visitor's address. `X-Forwarded-For` grows to the right, so it is read from there, and only as far as
 * somebody trusted wrote it: what a client put in before is worth nothing. `true` trusts whoever holds the
 * connection, and nobody behind them. `onStranger` hears of each request that somebody else speaks for.
 */
export function makeAddressReader(trustProxy: TrustProxy, onStranger = () => {}): AddressOf {
  const isTrusted = trustedProxies(trustProxy);
  const mostHops = typeof trustProxy === "boolean" ? Number(trustProxy) : Number.POSITIVE_INFINITY;
  return ({ headers, socket }) => {
    const said = headers["x-forwarded-for"];
    const hops = typeof said === "string" && mostHops > 0 ? said.split(",").reverse().slice(0, mostHops) : [];
    let address = plain(socket.remoteAddress ?? "");
    if (said !== undefined && !isTrusted(address)) onStranger();
    for (const hop of hops) {
      const before = plain(hop);
      if (!isTrusted(address) || isIP(before) === 0) break;
      address = before;
    }
    return network(address);
  };
}

/** Without what else stands around an address: a port, brackets, a zone, and IPv6's way to write one of IPv4. */
function plain(text: string): string {
  const address = text.trim().replace(/^\[([^\]]*)\](:\d+)?$/, "$1");
  const withoutPort = /^[\d.]+:\d+$/.test(address) ? address.replace(/:\d+$/, "") : address;
  return withoutPort.replace(/%.*$/, "").replace(/^::ffff:(?=[\d.]+$)/i, "");
}

function network(address: string): string {
  if (isIP(address) === 0 || isIPv4(address)) return address;
  // As the URL standard writes it: hexadecimal groups alone, the longest run of zeros left out.
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [left, right] = [before, after ?? ""].map((side) => (side === "" ? [] : side.split(":")));
  const zeros = after === undefined ? 0 : 8 - (left?.length ?? 0) - (right?.length ?? 0);
  const groups = [...(left ?? []), ...Array.from({ length: zeros }, () => "0"), ...(right ?? [])];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
