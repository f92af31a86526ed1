import type { Deps } from "../../deps.js";
import { type RefusedOutcome, refuse } from "../../errors.js";
import { isStorable } from "../users/input-text.js";
import { insertEntry } from "./audit.repository.js";

/** What somebody did to an account, or to the service. */
export interface Act {
  /** Given where the act may be done again after it was cut off: it is written once. */
  readonly id?: string;
  /** `subject` of the viewer who did it. */
  readonly actor: string;
  /** Noun and verb, for example `entitlement.override`. */
  readonly action: string;
  /** Whom it was done to; null for what concerns nobody in particular. */
  readonly userId: string | null;
  readonly reason: string;
  /** State before and after; never a secret. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes an act into the audit log. Call it in the transaction of the act: neither is there without the other. */
export async function recordAct(inside: Deps, act: Act): Promise<void> {
  await insertEntry(inside.db, { ...act, occurredAt: inside.now() });
}

const longestReason = 1_000;

/** Why a reason cannot go into the log; undefined when it can. */
export function reasonFault(reason: string): RefusedOutcome | undefined {
  if (isStorable(reason, longestReason)) return undefined;
  const message = `A reason is a text of 1 to ${longestReason} characters without control characters.`;
  return refuse("INVALID_INPUT", message, { path: ["input", "reason"] });
}
