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
  UsageReservation: "rsv_",
  AdminServiceKey: "key_",
  AdminReconciliation: "rec_",
  AdminWebhookEvent: "whe_",
} as const;

/** A type that has global IDs. */
export type NodeType = keyof typeof idPrefixes;

/** Every one of them; `keys` forgets which keys there are. */
export const nodeTypes = Object.keys(idPrefixes) as NodeType[];

/** The global ID of a row. */
export function globalId(type: NodeType, uuid: string): string {
  return idPrefixes[type] + uuid.replaceAll("-", "");
}

/** The global ID of a part of the catalog. */
export function catalogId(type: "Tier" | "TierPrice" | "Feature", key: string): string {
  return idPrefixes[type] + key;
}

/** The global ID of what one customer has of one feature. It is made of both, so that it stays the same. */
export function featureOfCustomerId(type: NodeType, userId: string, featureKey: string): string {
  return `${globalId(type, userId)}_${featureKey}`;
}

/** The customer and the feature in such a global ID; undefined for anything that is not an ID of this type. */
export function featureOfCustomer(type: NodeType, id: string): { userId: string; featureKey: string } | undefined {
  const uuidEnd = idPrefixes[type].length + 32;
  const [userId, featureKey] = [uuidOf(type, id.slice(0, uuidEnd)), id.slice(uuidEnd + 1)];
  return userId && featureKey && id[uuidEnd] === "_" ? { userId, featureKey } : undefined;
}

/** The type that a global ID names; undefined for anything that is none. */
export function typeOf(id: string): NodeType | undefined {
  return nodeTypes.find((type) => id.startsWith(idPrefixes[type]));
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
