import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIPv6 } from "node:net";

/** What is believed of what proxies say. */
export interface ProxyTrust {
  /** Everybody's word, nobody's, or that of these addresses and CIDR ranges. */
  readonly trustProxy: boolean | readonly string[];
  /** Lower case; null: no header tells the country. */
  readonly geoCountryHeader: string | null;
}

/** What of a request tells where it comes from. */
export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The country of a request as the proxy before us says, in whatever words; null when nobody says whom we trust. */
export type CountryOf = (request: Arrival) => string | null;

/**
 * Reads the visitor's country from the header that a proxy sets. Only whoever holds the connection is asked:
 * a header that a client sent past the proxy means nothing.
 */
export function makeCountryReader({ trustProxy, geoCountryHeader }: ProxyTrust): CountryOf {
  if (geoCountryHeader === null || trustProxy === false) return () => null;
  const isTrusted = trustProxy === true ? () => true : withinRanges(trustProxy);
  return ({ headers, socket }) => {
    const said = headers[geoCountryHeader];
    return typeof said === "string" && isTrusted(socket.remoteAddress) ? said : null;
  };
}

function withinRanges(ranges: readonly string[]): (address: string | undefined) => boolean {
  const trusted = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  // An IPv4 peer of a socket that listens on IPv6 is written ::ffff:10.0.0.1; the list knows that by itself.
  return (address) => address !== undefined && trusted.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
