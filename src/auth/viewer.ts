/** What a token's roles amount to here. */
export type ViewerRole = "ADMIN" | "CUSTOMER" | "SERVICE";

/** What a service key may be allowed, in alphabetical order. */
export const serviceKeyScopes = [
  "CHECKOUT_WRITE",
  "CUSTOMERS_READ",
  "CUSTOMERS_WRITE",
  "ENTITLEMENTS_READ",
  "USAGE_WRITE",
] as const;
export type ServiceKeyScope = (typeof serviceKeyScopes)[number];

/** The caller, as a verified token or a service key describes them. */
export interface Viewer {
  /** `sub` of the token, the person or service that calls; the key's global ID for a service key. */
  readonly subject: string;
  /** Who pays, in the host product's terms. Null exactly when the CUSTOMER role is missing. */
  readonly payerId: string | null;
  readonly roles: ReadonlySet<ViewerRole>;
  /** What the SERVICE role is good for: all of it with a token, what was allowed with a key. Empty without the role. */
  readonly scopes: ReadonlySet<ServiceKeyScope>;
  /** Our row of the service key that they call with; null for a token. */
  readonly serviceKeyId: string | null;
  /** Whether they may spend the payer's money and see its history. */
  readonly canManageBilling: boolean;
  readonly email: string | null;
  readonly name: string | null;
  /** When the token or key ends, on the wall clock. Long-lived connections must be cut then. */
  readonly expiresAt: Date;
}
