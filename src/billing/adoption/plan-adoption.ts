import type { Deps } from "../../deps.js";
import { accountPages } from "../../stripe/pages.js";
import type { CustomerSnapshot } from "../../stripe/snapshots.js";
import { userIdOf } from "../users/user.js";
import { loadCustomers, loadCustomersByStripeId } from "../users/user.service.js";
import { type Finding, namedBy, onRecord, settle } from "./match-payers.js";
import type { PayerSource } from "./payer-source.js";

/** A customer in the Stripe account, and whose it was found to be. */
export interface Candidate {
  readonly stripeId: string;
  readonly email: string | null;
  readonly finding: Finding;
}

/** How long work is carried on with, and who is told how far it is. */
export interface Watch {
  /** Runs work that may be run again until it succeeds, or it is given up. */
  patiently<T>(work: () => Promise<T>): Promise<T>;
  /** So much has been read of the account. */
  onRead(total: number): void;
}

/** How many rows are looked up in one statement. */
const batch = 500;

/**
 * Reads which customers the Stripe account has, and finds out whose each of them is. Nothing is changed.
 *
 * All of them come before any is judged: whether a payer has two can be told only then.
 */
export async function planAdoption(deps: Deps, source: PayerSource, watch: Watch): Promise<Candidate[]> {
  const emails = new Map<string, string | null>();
  const found = new Map<string, Finding>();
  for await (const page of accountPages((after) => watch.patiently(() => deps.stripe.listCustomers(after)))) {
    const findings = await watch.patiently(() => findingsOf(deps, source, page));
    for (const [place, { id, email }] of page.entries()) {
      emails.set(id, email);
      found.set(id, findings[place] ?? { kind: "UNMATCHED", reason: "nothing says whose it is" });
    }
    watch.onRead(found.size);
  }
  const candidates = [...settle(found)].map(
    ([stripeId, finding]): Candidate => ({ stripeId, email: emails.get(stripeId) ?? null, finding }),
  );
  return judgedByRecords(deps, candidates, watch);
}

async function findingsOf(deps: Deps, source: PayerSource, page: readonly CustomerSnapshot[]): Promise<Finding[]> {
  const owners = await loadCustomersByStripeId(
    deps,
    page.map(({ id }) => id),
  );
  return page.map((customer, place) => {
    const owner = owners[place];
    return owner ? onRecord(owner) : namedBy(customer, source);
  });
}

/** Who has another Stripe customer on record keeps that one. */
async function judgedByRecords(deps: Deps, candidates: readonly Candidate[], watch: Watch): Promise<Candidate[]> {
  const judged: Candidate[] = [];
  for (let from = 0; from < candidates.length; from += batch) {
    const some = candidates.slice(from, from + batch);
    const rows = await watch.patiently(() => loadCustomers(deps, some.map(userIdOfFinding)));
    judged.push(...some.map((candidate, place) => besideRecord(candidate, rows[place]?.stripeCustomerId ?? null)));
  }
  return judged;
}

/** Nobody's ID where nobody was found. */
function userIdOfFinding({ finding }: Candidate): string {
  return userIdOf(finding.kind === "MATCHED" ? finding.externalId : "");
}

function besideRecord(candidate: Candidate, onRecordId: string | null): Candidate {
  if (candidate.finding.kind !== "MATCHED" || onRecordId === null || onRecordId === candidate.stripeId)
    return candidate;
  if (candidate.finding.by === "known") return candidate;
  return { ...candidate, finding: { kind: "CONFLICT", reason: `its payer has another one: ${onRecordId}` } };
}
