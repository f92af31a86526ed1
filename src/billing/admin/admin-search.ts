import { BillingError } from "../../errors.js";
import { uuidOf } from "../global-id.js";
import { isStorable } from "../users/input-text.js";

/** What staff look for. */
export interface Search {
  /** Part of a name or an e-mail address, or all of an ID. */
  readonly text: string;
  /** Our rows, where the text is a global ID. */
  readonly userId: string | undefined;
  readonly subscriptionId: string | undefined;
}

const longest = 100;

/** Reads a caller's search; undefined for one that says nothing. Throws BAD_USER_INPUT for what no name, address or ID can be. */
export function readSearch(search: string | null | undefined): Search | undefined {
  const text = search?.trim();
  if (!text) return undefined;
  if (!isStorable(text, longest)) {
    throw new BillingError(
      "BAD_USER_INPUT",
      `\`search\` must be a text of at most ${longest} characters without control characters.`,
    );
  }
  return { text, userId: uuidOf("Customer", text), subscriptionId: uuidOf("BillingSubscription", text) };
}
