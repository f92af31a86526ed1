/** The kinds of object that are kept of Stripe's. */
export const objectKinds = ["customer", "subscription", "invoice", "payment", "checkout"] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** Values by the name of our column. */
export type Columns = Readonly<Record<string, unknown>>;

/** One object as we have it and as a sync would write it now; a side that lacks the object is undefined. */
export interface Sides {
  readonly kind: ObjectKind;
  readonly stripeId: string;
  readonly ours: Columns | undefined;
  readonly theirs: Columns | undefined;
}

/** Whether an object that Stripe says is this customer's belongs to none of these. What names no customer may be theirs. */
export function isElsewhere(customerId: string | null, stripeCustomerIds: readonly string[]): boolean {
  return customerId !== null && !stripeCustomerIds.includes(customerId);
}

const bookkeeping = new Set(["id", "userId", "recordedAt", "updatedAt"]);

/** A row without its bookkeeping, to show what Stripe does not have. */
export function shown(row: Columns): Columns {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !bookkeeping.has(name)));
}
