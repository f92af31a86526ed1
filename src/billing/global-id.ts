/**
 * Opaque, globally unique IDs: a prefix that names the type, then the row's UUID without dashes, or
 * the catalog's own key. Clients must not parse them; the prefix is there for logs and for `node`.
 */
export const idPrefixes = {
  Tier: "tier_",
  TierPrice: "price_b",
  Feature: "feat_",
  Viewer: "view_",
  Customer: "bcus_",
  BillingSubscription: "bsub_",
  Entitlement: "ent_",
  UsageSummary: "usg_",
  Invoice: "binv_",
  Payment: "bpay_",
  CheckoutSession: "chk_",
} as const;

/** A type that has global IDs. */
export type NodeType = keyof typeof idPrefixes;

/** The global ID of a row. */
export function globalId(type: NodeType, uuid: string): string {
  return idPrefixes[type] + uuid.replaceAll("-", "");
}

/** The global ID of a part of the catalog. */
export function catalogId(type: "Tier" | "TierPrice" | "Feature", key: string): string {
  return idPrefixes[type] + key;
}

/** The row's UUID in a global ID; undefined for anything that is not an ID of this type. */
export function uuidOf(type: NodeType, id: string): string | undefined {
  const match = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(keyOf(type, id) ?? "");
  return match?.slice(1).join("-");
}

/** The catalog's key in a global ID; undefined for anything that is not an ID of this type. */
export function keyOf(type: NodeType, id: string): string | undefined {
  const prefix = idPrefixes[type];
  return id.startsWith(prefix) && id.length > prefix.length ? id.slice(prefix.length) : undefined;
}
