import { adoptForeignCustomer, type Order } from "../../billing/adoption/adopt-customer.js";
import type { Match } from "../../billing/adoption/match-payers.js";
import type { PayerSource } from "../../billing/adoption/payer-source.js";
import { type Candidate, planAdoption, type Watch } from "../../billing/adoption/plan-adoption.js";
import { lookAtSubscriptions, type SubscriptionFindings } from "../../billing/adoption/unknown-prices.js";
import { isPassing } from "../../billing/passing.js";
import type { Deps } from "../../deps.js";
import { rootProblem } from "../../errors.js";
import { openProgressBar } from "../progress-bar.js";
import { patiently } from "./patience.js";

/** What became of one customer of the Stripe account. */
export interface Fate {
  readonly stripeId: string;
  readonly email: string | null;
  readonly kind: FateKind;
  /** Empty where there is nothing to say. */
  readonly reason: string;
}

/** What can become of a customer, in the order in which it is told. `MATCHED` is what would be adopted. */
export const fateKinds = [
  "ADOPTED",
  "MATCHED",
  "KNOWN",
  "GONE",
  "UNMATCHED",
  "AMBIGUOUS",
  "CONFLICT",
  "FAILED",
] as const;
export type FateKind = (typeof fateKinds)[number];

/** What an import has come to. */
export interface ImportResult extends SubscriptionFindings {
  readonly fates: readonly Fate[];
}

/** Adopts whom the source names; with `order` null nothing is written, and what would be adopted is `MATCHED`. */
export async function runImport(deps: Deps, source: PayerSource, order: Order | null): Promise<ImportResult> {
  const candidates = await watched("customers found at Stripe", (watch) => planAdoption(deps, source, watch));
  const fates = await adoptAll(deps, candidates, order);
  const served = new Set(fates.filter(({ kind }) => isServed(kind)).map(({ stripeId }) => stripeId));
  const findings = await watched("subscriptions looked at", (watch) => lookAtSubscriptions(deps, served, watch));
  return { fates, ...findings };
}

function isServed(kind: FateKind): boolean {
  return kind === "ADOPTED" || kind === "MATCHED" || kind === "KNOWN";
}

/** Reads through the account with a line that says how far it is. */
async function watched<T>(unit: string, work: (watch: Watch) => Promise<T>): Promise<T> {
  const bar = openProgressBar();
  let done = 0;
  bar.show({ done, total: null, unit });
  try {
    return await work({
      patiently: (part) => patiently(part, (problem) => bar.show({ done, total: null, unit, note: waits(problem) })),
      onRead(total) {
        done = total;
        bar.show({ done, total: null, unit });
      },
    });
  } finally {
    bar.end();
  }
}

async function adoptAll(deps: Deps, candidates: readonly Candidate[], order: Order | null): Promise<Fate[]> {
  const total = candidates.filter(isToAdopt).length;
  if (order === null || total === 0) return candidates.map(plannedFate);
  const bar = openProgressBar();
  const fates: Fate[] = [];
  let done = 0;
  bar.show({ done, total, unit: "customers" });
  try {
    for (const candidate of candidates) {
      const { finding } = candidate;
      if (finding.kind !== "MATCHED" || !isToAdopt(candidate)) {
        fates.push(plannedFate(candidate));
        continue;
      }
      const onWait = (problem: string) => bar.show({ done, total, unit: "customers", note: waits(problem) });
      fates.push(await patiently(() => adoptOne(deps, candidate, finding, order), onWait));
      done += 1;
      bar.show({ done, total, unit: "customers" });
    }
  } finally {
    bar.end();
  }
  return fates;
}

/** One customer that cannot be adopted must not keep the others from it. */
async function adoptOne(deps: Deps, { stripeId, email }: Candidate, match: Match, order: Order): Promise<Fate> {
  try {
    const kind = await adoptForeignCustomer(deps, stripeId, match, order);
    return { stripeId, email, kind, reason: kind === "CONFLICT" ? "its payer has another one by now" : "" };
  } catch (error) {
    if (isPassing(error)) throw error;
    return { stripeId, email, kind: "FAILED", reason: rootProblem(error) };
  }
}

function waits(problem: string): string {
  return `waiting: ${problem}`;
}

function isToAdopt({ finding }: Candidate): boolean {
  return finding.kind === "MATCHED" && finding.by !== "known";
}

/** What is to be said of a candidate whom nothing is done to. */
function plannedFate({ stripeId, email, finding }: Candidate): Fate {
  if (finding.kind !== "MATCHED") return { stripeId, email, kind: finding.kind, reason: finding.reason };
  return { stripeId, email, kind: finding.by === "known" ? "KNOWN" : "MATCHED", reason: "" };
}
