import { invalidParameter } from "./errors.js";

/** Stripe's merge: given keys are set, empty ones removed, the others stay; null removes all. */
export function mergeMetadata(
  current: Record<string, string> | null,
  changes: Record<string, string> | null | undefined,
): Record<string, string> {
  if (changes === undefined) return current ?? {};
  if (changes === null) return {};
  const merged = Object.entries({ ...current, ...changes }).filter(([, value]) => value !== "");
  if (merged.length > 50) {
    throw invalidParameter("parameter_invalid_object", "Metadata can have up to 50 keys.", "metadata");
  }
  return Object.fromEntries(merged);
}
