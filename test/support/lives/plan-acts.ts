import { expect } from "vitest";
import { cancel, courseOf, pause, resume } from "../course.js";
import { creditOf } from "../objects.js";
import { change, preview, purchaseIsOver } from "../plans.js";
import { until } from "../until.js";
import {
  type Bought,
  begin,
  end,
  type Life,
  note,
  type Plan,
  pay,
  priceOf,
  runningOf,
  shareLeft,
  type Tier,
  tiers,
} from "./life.js";
import { expectCodes, now, type Scene } from "./scene.js";

/** Cancels when the period ends. */
export async function cancelLater(life: Life): Promise<void> {
  const bought = runningOf(life);
  const refused = refusedCancel(bought);
  expectCodes(await cancel(life.person), refused);
  if (refused || !bought) return;
  if (bought.status === "PAUSED") end(life);
  else Object.assign(bought, { isEnding: true, pending: null });
}

/** Cancels now: what was paid and is not used comes back as credit. */
export async function cancelNow(life: Life, scene: Scene): Promise<void> {
  const bought = runningOf(life);
  const refused = refusedCancel(bought);
  await crediting(life, scene, refused, () => cancel(life.person, { timing: "IMMEDIATE" }));
  if (refused || !bought) return;
  // The invoice that was withdrawn gives back what of the credit it had taken.
  if (bought.status === "PAST_DUE") life.credit += bought.creditTaken;
  end(life);
}

/** Buys a plan, which one may who has none; gives whether that went through. */
export async function subscribe(life: Life, { tier, seats }: Plan, scene: Scene, card: string): Promise<boolean> {
  // The page's purchase is known by its event.
  if (scene.isHeld) return false;
  const { person } = life;
  const { checkoutSession, userErrors } = await person.checkout(tier, { quantity: seats });
  expectCodes({ userErrors }, runningOf(life) ? "ALREADY_SUBSCRIBED" : undefined);
  if (!checkoutSession) return false;
  expect(await person.pay(checkoutSession.url, { number: card })).not.toBeNull();
  const query = "query ($id: ID!) { checkoutSession(id: $id) { status } }";
  await until(`${person.sub} has ${tier}`, async () => {
    const { checkoutSession: after } = await person.ask(query, { id: checkoutSession.id });
    return after.status === "COMPLETE";
  });
  await purchaseIsOver(scene.app, person.sub);
  life.cardWorks = true;
  begin(life, { tier, seats }, await startOf(life, now(scene)));
  return true;
}

/** When the period that runs began, which must be just now. */
async function startOf(life: Life, expected: number): Promise<number> {
  const start = Date.parse((await courseOf(life.person)).currentPeriod.start) / 1000;
  expect(Math.abs(start - expected), "seconds between the act and the start of its period").toBeLessThan(120);
  return start;
}

/** Changes the plan, for exactly what its preview says. */
export async function move(life: Life, scene: Scene, to: Plan): Promise<void> {
  const bought = runningOf(life);
  const refused = refusedMove(bought, to);
  if (refused || !bought) return expectCodes(await send(life, scene, to), refused);
  const shown = await preview(scene.app, life.person, to.tier, { quantity: to.seats });
  expect(shown.blockers).toEqual([]);
  expect(shown.recurring.amount).toBe(priceOf(to));
  const isUp = bought.plan.tier === to.tier ? to.seats > bought.plan.seats : isAbove(to.tier, bought.plan.tier);
  if (!isUp) {
    expect(shown.dueNow.amount).toBe(0);
    expectCodes(await send(life, scene, to, shown.token), undefined);
    bought.pending = to;
    return;
  }
  const difference = (priceOf(to) - priceOf(bought.plan)) * shareLeft(bought, now(scene));
  const due = shown.dueNow.amount;
  expect(Math.abs(due - Math.max(0, difference - life.credit)), "cents between preview and rule").toBeLessThan(4);
  const isDeclined = due > 0 && !life.cardWorks;
  expectCodes(await send(life, scene, to, shown.token), isDeclined ? "PAYMENT_FAILED" : undefined);
  if (isDeclined) return;
  // To the cent it is what Stripe has: it is held against the ledger in the end.
  const before = life.credit;
  life.credit = await creditOf(scene.app, life.person.sub);
  if (life.credit < before) bought.isByCredit = true;
  pay(life, due, bought.end, now(scene));
  Object.assign(bought, { plan: to, pending: null });
}

function send(life: Life, { app }: Scene, { tier, seats }: Plan, previewToken?: string) {
  return change(app, life.person, tier, { quantity: seats, ...(previewToken && { previewToken }) });
}

function isAbove(tier: Tier, other: Tier): boolean {
  return tiers.indexOf(tier) > tiers.indexOf(other);
}

function refusedMove(bought: Bought | null, to: Plan): string | undefined {
  if (!bought || bought.status === "PAUSED") return "NO_SUBSCRIPTION";
  if (bought.status === "PAST_DUE") return "PAYMENT_FAILED";
  if (bought.isEnding) return "ALREADY_CANCELED";
  const { tier, seats } = bought.plan;
  return tier === to.tier && seats === to.seats ? "ALREADY_ON_TIER" : undefined;
}

function refusedCancel(bought: Bought | null): string | undefined {
  if (!bought) return "NO_SUBSCRIPTION";
  return bought.isEnding ? "ALREADY_CANCELED" : undefined;
}

/** Does what gives the rest of a paid period back as credit, and checks how much that is. */
async function crediting(
  life: Life,
  scene: Scene,
  refused: string | undefined,
  act: () => ReturnType<typeof cancel>,
): Promise<void> {
  const bought = runningOf(life);
  expectCodes(await act(), refused);
  if (refused || bought?.status !== "ACTIVE") return;
  const before = life.credit;
  life.credit = await creditOf(scene.app, life.person.sub);
  const unused = creditable(life, bought, priceOf(bought.plan) * shareLeft(bought, now(scene)));
  expect(Math.abs(life.credit - before - unused), "cents between credit and unused time").toBeLessThan(4);
}

/** What of unused time is credited: not what was given back, and nothing of a period whose payments are disputed. */
function creditable({ payments }: Life, { end }: Bought, unused: number): number {
  const paid = payments.filter(({ periodEnd }) => periodEnd === end);
  if (paid.some(({ dispute }) => dispute !== "none")) return 0;
  return Math.max(0, unused - paid.reduce((sum, { refunded }) => sum + refunded, 0));
}

/** Takes a cancellation back, or ends a pause. */
export async function goOn(life: Life, scene: Scene): Promise<void> {
  const bought = runningOf(life);
  if (!bought) return expectCodes(await resume(life.person), "NO_SUBSCRIPTION");
  if (bought.status !== "PAUSED") {
    expectCodes(await resume(life.person), bought.isEnding ? undefined : "NOT_CANCELING");
    bought.isEnding = false;
    return;
  }
  const isDeclined = !life.cardWorks && priceOf(bought.plan) > life.credit;
  expectCodes(await resume(life.person), isDeclined ? "PAYMENT_FAILED" : undefined);
  if (!isDeclined) begin(life, bought.plan, await startOf(life, now(scene)));
}

/** Pauses, until a day or until it is told otherwise. */
export async function stopForNow(life: Life, scene: Scene, resumesAt: number | null): Promise<void> {
  const bought = runningOf(life);
  const refused = refusedPause(bought);
  const input = resumesAt === null ? {} : { resumesAt: new Date(resumesAt * 1000).toISOString() };
  await crediting(life, scene, refused, () => pause(life.person, input));
  if (refused || !bought) return;
  // The period ends with it.
  const end = Date.parse((await courseOf(life.person)).currentPeriod.end) / 1000;
  expect(Math.abs(end - now(scene)), "seconds between the pause and the end of its period").toBeLessThan(120);
  Object.assign(bought, { status: "PAUSED", pending: null, end, resumesAt });
}

function refusedPause(bought: Bought | null): string | undefined {
  if (!bought || bought.status === "PAUSED") return "NO_SUBSCRIPTION";
  if (bought.status === "PAST_DUE") return "PAYMENT_FAILED";
  return bought.isEnding ? "ALREADY_CANCELED" : undefined;
}

/** Waits until a pause that has come to its end is over. */
export async function endPause(life: Life, bought: Bought): Promise<void> {
  const { person } = life;
  await until(`${person.sub} goes on`, async () => (await courseOf(person)).status === "ACTIVE");
  note(life, "a pause ends by itself");
  begin(life, bought.plan, await startOf(life, bought.resumesAt ?? 0));
}
