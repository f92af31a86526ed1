import { InvalidToken } from "./invalid-token.js";
import { readBearer } from "./parse-token.js";
import type { Authenticate } from "./verify-token.js";
import type { Viewer } from "./viewer.js";

/** Why a text that has the form of a key is not one that opens anything. */
export type ServiceKeyFault = "unknown" | "revoked" | "expired";

/** The keys that services call with in place of a token. */
export interface ServiceKeys {
  /** Whether a text has the mark of a key: it is then judged as one, and never as a token. */
  isKey(text: string): boolean;
  /** Whose key it is, or what is wrong with it. Rejects when that cannot be told now. */
  holderOf(key: string): Promise<Viewer | ServiceKeyFault>;
}

/** Tells who sends a service key; whatever is none goes on to `byToken`. A bad key is refused as a bad token is. */
export function orByServiceKey(byToken: Authenticate, keys: ServiceKeys): Authenticate {
  return async (header) => {
    if (header === undefined) return byToken(header);
    const text = readBearer(header);
    if (!keys.isKey(text)) return byToken(header);
    const holder = await keys.holderOf(text);
    if (typeof holder === "string") throw new InvalidToken(`service_key_${holder}`);
    return holder;
  };
}
