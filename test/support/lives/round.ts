import { expect } from "vitest";
import type { TestApp } from "../app.js";
import { customerOf } from "../objects.js";
import { quiet } from "../quiet.js";
import { type Act, perform } from "./acts.js";
import {
  type Bought,
  day,
  isEntitling,
  type Life,
  pass,
  priceOf,
  runningOf,
  tierInForce,
  unsettledUntil,
} from "./life.js";
import { loseDispute } from "./money-acts.js";
import { endPause } from "./plan-acts.js";
import { now } from "./scene.js";

/** One act of each life, and the time that passes after them. */
export interface Round {
  readonly acts: readonly Act[];
  readonly seconds: number;
  /** Whether what Stripe tells comes only afterwards, all at once. */
  readonly isLate: boolean;
}

/** Does what a round says, and holds every life against the service and Stripe. */
export async function live(app: TestApp, lives: readonly Life[], { acts, ...round }: Round): Promise<void> {
  // Of a dispute that nobody answers the bank decides by itself, after 20 days.
  const isDisputed = lives.some((life) => life.payments.some(({ dispute }) => dispute === "open"));
  const isLate = round.isLate && !isDisputed;
  if (isLate) await app.control("POST", "/sandbox/deliveries", { mode: "hold" });
  const changed = await Promise.all(
    lives.map(async (life, index) => {
      const act = acts[index];
      const isChanged = act && (await perform(life, act, { app, isHeld: isLate }).catch(telling(life, act.kind)));
      return isChanged ? [life] : [];
    }),
  );
  // What the others have is held against the model when time has passed.
  if (!isLate) await checkAll(app, changed.flat());
  await passTime(app, lives, round.seconds, isLate);
  if (isLate) await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  await checkAll(app, lives);
}

async function checkAll(app: TestApp, lives: readonly Life[]): Promise<void> {
  await quiet(app);
  for (const life of lives) await check(app, life).catch(telling(life, "held against the model"));
}

/** Says whose life it is that went wrong, and what it was thought to be. */
function telling({ person, seen, ...life }: Life, what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${person.sub}, ${what}: ${JSON.stringify(life)}`, { cause: error });
  };
}

const shown = `{ currentSubscription { status origin quantity isEntitling cancelsAt tier { slug }
  currentPeriod { start end } pendingChange { tier { slug } } }
  viewer { customer { tier { slug } balance { amount } } } }`;

async function check(app: TestApp, life: Life): Promise<void> {
  const { person, bought, given, credit, payments } = life;
  const at = now({ app });
  const { currentSubscription: plan, viewer } = await person.ask(shown);
  expect(viewer.customer?.tier.slug ?? "free").toBe(tierInForce(life, at));
  const running = runningOf(life);
  if (running) expect(asModel(plan)).toEqual(asShown(running, at));
  else if (given) expect(plan).toMatchObject({ origin: "GRANT", status: "ACTIVE", tier: { slug: given.tier } });
  else expect(plan?.status ?? "CANCELED").toBe("CANCELED");
  if (!bought) return;

  expect(viewer.customer.balance?.amount ?? 0).toBe(credit);
  const { id: customer } = await customerOf(app, person.sub);
  const [{ data: charges }, { data: all }] = await Promise.all([
    app.stripe.charges.list({ customer, limit: 100 }),
    app.stripe.subscriptions.list({ customer, status: "all", limit: 100 }),
  ]);
  expect(all.filter(({ ended_at }) => ended_at === null)).toHaveLength(running ? 1 : 0);
  const made = charges.filter(({ status }) => status === "succeeded").toReversed();
  expect(made.map(({ amount, amount_refunded }) => [amount, amount_refunded])).toEqual(
    payments.map(({ amount, refunded }) => [amount, refunded]),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: as GraphQL answered it
function asModel(plan: any) {
  return {
    origin: plan?.origin,
    status: plan?.status,
    tier: plan?.tier.slug,
    seats: plan?.quantity,
    pending: plan?.pendingChange?.tier.slug ?? null,
    isEnding: plan?.cancelsAt !== null,
    isEntitling: plan?.isEntitling,
    end: Date.parse(plan?.currentPeriod.end) / 1000,
  };
}

function asShown(bought: Bought, at: number): ReturnType<typeof asModel> {
  return {
    origin: "PURCHASE",
    status: bought.status,
    tier: bought.plan.tier,
    seats: bought.plan.seats,
    pending: bought.pending?.tier ?? null,
    isEnding: bought.isEnding,
    isEntitling: isEntitling(bought, at),
    end: bought.end,
  };
}

/** Longer than this no dispute is left open. */
const longestDispute = 3 * day;

async function passTime(app: TestApp, lives: readonly Life[], seconds: number, isLate: boolean): Promise<void> {
  let target = now({ app }) + seconds;
  while (now({ app }) < target) {
    const stop = Math.min(target, ...lives.map((life) => runningOf(life)?.resumesAt ?? Number.POSITIVE_INFINITY));
    await Promise.all(lives.map((life) => expectAnnounced(life, stop)));
    await app.control("POST", "/sandbox/clock", { to: new Date(Math.ceil(stop) * 1000).toISOString() });
    await Promise.all(lives.map((life) => follow(life, now({ app }))));
    if (stop < target) continue;
    const settled = lives.flatMap((life) => unsettledUntil(life, now({ app })) ?? []);
    target = Math.max(target, ...settled);
  }
  if (isLate) return;
  for (const life of lives) {
    const old = life.payments.find(({ dispute, madeAt }) => dispute === "open" && madeAt < target - longestDispute);
    if (!old) continue;
    await quiet(app);
    await loseDispute(life, old, { app, isHeld: false });
  }
}

async function follow(life: Life, at: number): Promise<void> {
  const paused = runningOf(life);
  if (paused?.resumesAt && paused.resumesAt <= at) await endPause(life, paused);
  pass(life, at);
}

/** Before a renewal its invoice is shown, as what it will be. */
async function expectAnnounced(life: Life, until: number): Promise<void> {
  const bought = runningOf(life);
  if (!bought || bought.status === "PAUSED" || bought.isEnding || bought.end > until) return;
  const query = "{ viewer { customer { upcomingInvoice { total { amount } amountDue { amount } } } } }";
  const { total, amountDue } = (await life.person.ask(query)).viewer.customer.upcomingInvoice;
  const price = priceOf(bought.pending ?? bought.plan);
  expect([total.amount, amountDue.amount]).toEqual([price, Math.max(0, price - life.credit)]);
}
