import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { KeptAnswer } from "../api/idempotency.js";
import type { BillingSettings } from "../billing/retry-schedule.js";
import type { SubscriptionMemory } from "../billing/subscription-memory.js";
import type { CheckoutPlan } from "../checkout/plan.js";
import type { OutstandingDelivery } from "../webhooks/deliveries.js";
import type { FormerSecret } from "../webhooks/former-secrets.js";
import type { Undelivered } from "../webhooks/undelivered.js";
import type { Tables } from "./tables.js";

/** Everything a sandbox remembers across restarts. */
export interface SavedState {
  format: 1;
  clock: { offset_ms: number; version: number };
  objects: Record<string, object[]>;
  checkouts: Record<string, CheckoutPlan>;
  /** Missing in states of before renewals. */
  subscription_memories?: Record<string, SubscriptionMemory>;
  billing?: BillingSettings;
  deleted_customers: string[];
  idempotency: KeptAnswer[];
  deliveries: OutstandingDelivery[];
  /** Left out by states written before there was such a thing, as are those below. */
  undelivered?: Undelivered[];
  former_secrets?: FormerSecret[];
}

export interface StateFile {
  /** Writes soon; many requests in a row are one write. */
  schedule(): void;
  /** Writes now. */
  flush(): void;
}

const soonMs = 20;
/** A large state takes long to write: it is written the less often, so that answers do not wait for it. */
const restForEachMsOfWriting = 5;

/** Reads a state file; undefined if there is none yet. */
export function readState(file: string | undefined): SavedState | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  const state: SavedState = JSON.parse(readFileSync(file, "utf8"));
  if (state.format !== 1) throw new Error(`${file} is not a sandbox state this version can read.`);
  return state;
}

/** Keeps a file in step with the state; the file is replaced whole, so it is never half written. */
export function createStateFile(file: string | undefined, snapshot: () => SavedState): StateFile {
  let timer: NodeJS.Timeout | undefined;
  let delayMs = soonMs;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (file === undefined) return;
    const begun = performance.now();
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}.tmp`;
    writeFileSync(draft, JSON.stringify(snapshot()), { mode: 0o600 });
    renameSync(draft, file);
    delayMs = Math.max(soonMs, (performance.now() - begun) * restForEachMsOfWriting);
  }

  return {
    flush,
    schedule: () => {
      if (file !== undefined) timer ??= setTimeout(flush, delayMs);
    },
  };
}

export function dumpTables(tables: Tables): Record<string, object[]> {
  return Object.fromEntries(Object.entries(tables).map(([kind, table]) => [kind, table.dump()]));
}

/** Loads objects in Stripe's JSON form by their `object` field; what is there already stays. */
export function loadObjects(tables: Tables, objects: object[]): void {
  for (const record of objects) {
    const json = JSON.stringify(record);
    const { object: kind, id }: { object?: string; id?: string } = JSON.parse(json);
    const table = Object.entries(tables).find(([name]) => name === kind)?.[1];
    if (!table || id === undefined) throw new Error(`The sandbox cannot keep this object: ${json.slice(0, 120)}`);
    if (!table.find(id)) table.load(json);
  }
}
