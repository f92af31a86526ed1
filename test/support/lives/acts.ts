import { adminCancel, courseOf } from "../course.js";
import { grant } from "../grants.js";
import { chargeTo, dropChange } from "../plans.js";
import { customerIdOf, staffOf } from "../staff-acts.js";
import { day, type Life, note, runningOf, type Tier } from "./life.js";
import { breakCard, giveBack, loseDispute, mendCard } from "./money-acts.js";
import { cancelLater, cancelNow, goOn, move, stopForNow, subscribe } from "./plan-acts.js";
import { expectCodes, now, type Scene } from "./scene.js";

/** What somebody does, or is done to them, and how often against the others: what ends everything is rare. */
export const kinds = {
  nothing: 10,
  subscribe: 8,
  "subscribe with a card whose payment is disputed": 1,
  "change tier": 6,
  "change seats": 6,
  "drop what waits": 2,
  cancel: 2,
  "cancel at once": 1,
  resume: 5,
  pause: 1,
  "pause until a day": 1,
  "the card stops working": 3,
  "another card, and what is owed is paid": 3,
  "refund in full": 1,
  "refund in part": 2,
  "lose a dispute": 1,
  "be given a tier": 1,
  "be given a tier until a day": 1,
  "what was given ends": 1,
} as const;
export type Kind = keyof typeof kinds;

/** An act with all that it may need. */
export interface Act {
  readonly kind: Kind;
  readonly tier: Tier;
  readonly seats: number;
  readonly days: number;
}

type Doer = (life: Life, act: Act, scene: Scene) => Promise<void>;

/**
 * Does it, checks the answer, and keeps what must have come of it; gives whether anything has. What makes no sense just now
 * is left.
 */
export async function perform(life: Life, act: Act, scene: Scene): Promise<boolean> {
  const before = JSON.stringify({ ...life, seen: null });
  await doers[act.kind](life, act, scene);
  const isChanged = JSON.stringify({ ...life, seen: null }) !== before;
  if (isChanged) note(life, act.kind);
  return isChanged;
}

const doers: Readonly<Record<Kind, Doer>> = {
  nothing: async () => undefined,
  async subscribe(life, act, scene) {
    await subscribe(life, act, scene, "4242 4242 4242 4242");
  },
  async "subscribe with a card whose payment is disputed"(life, act, scene) {
    const before = life.payments.length;
    if (!(await subscribe(life, act, scene, "4000 0000 0000 0259"))) return;
    const paid = life.payments[before];
    if (paid) paid.dispute = "open";
    await chargeTo(scene.app, life.person, "pm_card_visa");
  },
  "change tier": (life, { tier }, scene) => move(life, scene, { tier, seats: runningOf(life)?.plan.seats ?? 1 }),
  "change seats": (life, { seats }, scene) =>
    move(life, scene, { tier: runningOf(life)?.plan.tier ?? "starter", seats }),
  async "drop what waits"(life) {
    const bought = runningOf(life);
    expectCodes(await dropChange(life.person), bought?.pending ? undefined : "NO_CHANGE_PENDING");
    if (bought) bought.pending = null;
  },
  cancel: cancelLater,
  "cancel at once": (life, _act, scene) => cancelNow(life, scene),
  resume: (life, _act, scene) => goOn(life, scene),
  pause: (life, _act, scene) => stopForNow(life, scene, null),
  async "pause until a day"(life, { days }, scene) {
    // What comes of an end whose payment fails is told in `pauses`.
    if (life.cardWorks) await stopForNow(life, scene, Math.ceil(now(scene)) + days * day);
  },
  "the card stops working": (life, _act, scene) => breakCard(life, scene),
  "another card, and what is owed is paid": (life, _act, scene) => mendCard(life, scene),
  "refund in full": (life, _act, scene) => giveBack(life, scene, (left) => left),
  "refund in part": (life, _act, scene) => giveBack(life, scene, (left) => Math.ceil(left / 2)),
  async "lose a dispute"(life, _act, scene) {
    const paid = life.payments.find(({ dispute }) => dispute === "open");
    if (paid && !scene.isHeld) await loseDispute(life, paid, scene);
  },
  "be given a tier": (life, { tier }, scene) => give(life, scene, tier, null),
  "be given a tier until a day": (life, { tier, days }, scene) => give(life, scene, tier, days),
  async "what was given ends"(life, _act, { app }) {
    // It is found only where nothing that was bought stands before it.
    if (!life.given || runningOf(life)) return;
    const { id } = await courseOf(life.person);
    const input = { subscriptionId: id, timing: "IMMEDIATE", reason: "the fair was called off" };
    expectCodes(await adminCancel(staffOf(app), input), undefined);
    life.given = null;
  },
};

async function give(life: Life, scene: Scene, tier: Tier, days: number | null): Promise<void> {
  // Who never bought anything is not on record yet.
  if (!life.bought) return;
  life.customerId ??= await customerIdOf(life.person);
  const endsAt = days === null ? null : Math.ceil(now(scene)) + days * day;
  const more = endsAt === null ? {} : { endsAt: new Date(endsAt * 1000).toISOString() };
  expectCodes(await grant(scene.app, life.customerId, tier, more), undefined);
  life.given = { tier, endsAt };
}
