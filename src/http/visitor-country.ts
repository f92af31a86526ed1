import type { IncomingHttpHeaders } from "node:http";
import { type TrustProxy, trustedProxies } from "./trusted-proxies.js";

/** What is believed of what proxies say. */
export interface ProxyTrust {
  readonly trustProxy: TrustProxy;
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
  const isTrusted = trustedProxies(trustProxy);
  return ({ headers, socket }) => {
    const said = headers[geoCountryHeader];
    return typeof said === "string" && isTrusted(socket.remoteAddress) ? said : null;
  };
}
