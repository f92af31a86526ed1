import { BlockList, isIPv6 } from "node:net";

/** Whose word about a visitor is believed: everybody's who connects, nobody's, or that of these addresses and CIDR ranges. */
export type TrustProxy = boolean | readonly string[];

/** Tells whether an address is one of a proxy that is believed. */
export type IsTrusted = (address: string | undefined) => boolean;

/** The test that the setting amounts to. */
export function trustedProxies(trustProxy: TrustProxy): IsTrusted {
  return typeof trustProxy === "boolean" ? () => trustProxy : withinRanges(trustProxy);
}

function withinRanges(ranges: readonly string[]): IsTrusted {
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
