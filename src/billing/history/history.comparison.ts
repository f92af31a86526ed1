import type { Deps } from "../../deps.js";
import { unlessMissing } from "../../stripe/stripe-errors.js";
import { type Columns, isElsewhere, type Sides, shown } from "../users/sides.js";
import type { UserRow } from "../users/user.table.js";
import { findComparedInvoices, findInvoiceByStripeId } from "./invoice.repository.js";
import { invoiceColumns } from "./invoice.sync.js";
import { findComparedPayments, findPaymentByStripeId } from "./payment.repository.js";
import { paymentColumns } from "./payment.store.js";

/** Every invoice and payment of a user at either side. Those that we alone have are yet to be looked at one by one. */
export async function listHistorySides(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
): Promise<Sides[]> {
  const invoices = (await Promise.all(stripeCustomerIds.map((id) => deps.stripe.listInvoices(id)))).flat();
  const payments = (await Promise.all(stripeCustomerIds.map((id) => deps.stripe.listPayments(id)))).flat();
  const invoiceRows = byId(
    await findComparedInvoices(deps.db, user.id, idsOf(invoices)),
    ({ stripeInvoiceId }) => stripeInvoiceId,
  );
  const paymentRows = byId(
    await findComparedPayments(deps.db, user.id, idsOf(payments)),
    ({ stripePaymentIntentId }) => stripePaymentIntentId,
  );
  const paid = new Map(
    invoices.flatMap(({ id, paymentIntentIds }) =>
      paymentIntentIds.map((payment) => [payment, invoiceRows.get(id)?.id ?? null] as const),
    ),
  );
  return [
    ...paired(
      "invoice",
      byId(invoices, ({ id }) => id),
      invoiceRows,
      (invoice) => invoiceColumns(user, invoice),
    ),
    ...paired(
      "payment",
      byId(payments, ({ id }) => id),
      paymentRows,
      (payment) => paymentColumns(user, payment, paid.get(payment.id) ?? null),
    ),
  ];
}

/** An invoice on both sides, read now; undefined for one that is another customer's at Stripe. */
export async function lookAtInvoice(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
  stripeId: string,
): Promise<Sides | undefined> {
  const invoice = await unlessMissing(deps.stripe.getInvoice(stripeId));
  if (invoice && isElsewhere(invoice.customerId, stripeCustomerIds)) return undefined;
  const row = await findInvoiceByStripeId(deps.db, stripeId);
  return sidesOf("invoice", stripeId, row, invoice && invoiceColumns(user, invoice));
}

/** A payment on both sides, read now; undefined for one that is another customer's at Stripe. */
export async function lookAtPayment(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
  stripeId: string,
): Promise<Sides | undefined> {
  const payment = await unlessMissing(deps.stripe.getPayment(stripeId));
  if (payment && isElsewhere(payment.customerId, stripeCustomerIds)) return undefined;
  const [invoiceId] = payment ? await deps.stripe.invoicesPaidBy(stripeId) : [];
  const invoiceRow = invoiceId ? await findInvoiceByStripeId(deps.db, invoiceId) : undefined;
  const row = await findPaymentByStripeId(deps.db, stripeId);
  return sidesOf("payment", stripeId, row, payment && paymentColumns(user, payment, invoiceRow?.id ?? null));
}

type Kind = "invoice" | "payment";

function paired<Snapshot, Row extends object>(
  kind: Kind,
  theirs: ReadonlyMap<string, Snapshot>,
  ours: ReadonlyMap<string, Row>,
  columnsOf: (snapshot: Snapshot) => object,
): Sides[] {
  const oursAlone = [...ours].filter(([id]) => !theirs.has(id));
  return [
    ...[...theirs].map(([id, snapshot]) => sidesOf(kind, id, ours.get(id), columnsOf(snapshot))),
    ...oursAlone.map(([id, row]) => sidesOf(kind, id, row, undefined)),
  ];
}

function sidesOf(kind: Kind, stripeId: string, row: object | undefined, columns: object | undefined): Sides {
  const ours = row && { ...row };
  const theirs = columns && { ...columns };
  if (!ours || !theirs) return { kind, stripeId, ours: ours && shown(ours), theirs };
  return { kind, stripeId, ours, theirs: withoutLinks(theirs, ours) };
}

const links = ["hostedUrl", "pdfUrl", "receiptUrl"];

/** Stripe may word these addresses anew at every reading: what counts is whether there is one. */
function withoutLinks(theirs: Columns, ours: Columns): Columns {
  const isAlike = (name: string) => links.includes(name) && (theirs[name] === null) === (ours[name] === null);
  return Object.fromEntries(Object.entries(theirs).filter(([name]) => !isAlike(name)));
}

function byId<T>(items: readonly T[], idOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [idOf(item), item]));
}

function idsOf(snapshots: readonly { id: string }[]): string[] {
  return snapshots.map(({ id }) => id);
}
