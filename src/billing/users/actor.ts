import { v5 } from "uuid";
import type { Viewer } from "../../auth/viewer.js";
import { BillingError } from "../../errors.js";

const actorNamespace = "b0a1f1c9-58d2-4f0a-9a2e-6a6d3f6f0c57";

/** Who acts, as the audit log names them. Throws UNAUTHENTICATED for nobody. */
export function actorOf(viewer: Viewer | null): string {
  if (!viewer) throw new BillingError("UNAUTHENTICATED");
  return viewer.subject;
}

/**
 * Our ID of somebody who acts on what is not their own account: their idempotency keys and their lock go by it.
 * Never a payer's ID, even where `sub` is both.
 */
export function actorIdOf(subject: string): string {
  return v5(subject, actorNamespace);
}
