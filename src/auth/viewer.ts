/** What a token's roles amount to here. */
export type ViewerRole = "ADMIN" | "CUSTOMER" | "SERVICE";

/** The caller, as a verified token describes them. */
export interface Viewer {
  /** `sub` of the token: the person or service that calls. */
  readonly subject: string;
  /** Who pays, in the host product's terms. Null exactly when the CUSTOMER role is missing. */
  readonly payerId: string | null;
  readonly roles: ReadonlySet<ViewerRole>;
  /** Whether they may spend the payer's money and see its history. */
  readonly canManageBilling: boolean;
  readonly email: string | null;
  readonly name: string | null;
  /** When the token ends, on the wall clock. Long-lived connections must be cut then. */
  readonly expiresAt: Date;
}
