import type { Person } from "../person.js";

/** The tiers that are sold, from the least. */
export const tiers = ["starter", "professional", "enterprise"] as const;
export type Tier = (typeof tiers)[number];

/** What a seat costs a month, in US cents, by the catalog. */
const unitPrices: Readonly<Record<Tier, number>> = { starter: 999, professional: 2999, enterprise: 9999 };

export const minute = 60;
export const hour = 60 * minute;
export const day = 24 * hour;

/** How long after its end a period's successor is charged. */
const untilCharged = hour;
/** `GRACE_PERIOD_DAYS` unless set otherwise. */
const grace = 7 * day;
/** The sandbox's attempts at a payment, 3, 5 and 7 days apart; after the last the lives have a subscription end. */
const untilGivenUp = 15 * day;

export interface Plan {
  readonly tier: Tier;
  readonly seats: number;
}

/** What a subscription that was bought is thought to be. Instants are seconds. */
export interface Bought {
  status: "ACTIVE" | "PAST_DUE" | "PAUSED" | "CANCELED";
  plan: Plan;
  /** What waits for the end of the period. */
  pending: Plan | null;
  isEnding: boolean;
  /** What the periods are counted from, and how many of them have begun. */
  anchor: number;
  periods: number;
  start: number;
  end: number;
  /** When the period that has begun will be charged; null once it was. */
  chargedAt: number | null;
  lateSince: number | null;
  /** What the open invoice asks for, and what of the credit it took. */
  owed: number;
  creditTaken: number;
  /** Whether credit has paid for some of the period. */
  isByCredit: boolean;
  resumesAt: number | null;
}

/** A payment, in US cents. */
export interface Paid {
  readonly amount: number;
  refunded: number;
  /** The end of the period that it pays, as a whole or in part. */
  readonly periodEnd: number;
  dispute: "none" | "open" | "lost";
  readonly madeAt: number;
}

/** All that is thought of one customer. */
export interface Life {
  readonly person: Person;
  customerId: string | null;
  bought: Bought | null;
  given: { tier: Tier; endsAt: number | null } | null;
  cardWorks: boolean;
  credit: number;
  readonly payments: Paid[];
  /** How often what came about, in all lives. */
  readonly seen: Tally;
}

export type Tally = Map<string, number>;

export function newLife(person: Person, seen: Tally): Life {
  return { person, customerId: null, bought: null, given: null, cardWorks: true, credit: 0, payments: [], seen };
}

export function note({ seen }: Life, what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

export function priceOf({ tier, seats }: Plan): number {
  return unitPrices[tier] * seats;
}

/** The subscription, if it can still be charged. */
export function runningOf({ bought }: Life): Bought | null {
  return bought && bought.status !== "CANCELED" ? bought : null;
}

/** Begins a period that is paid at once, as a purchase and the end of a pause do. */
export function begin(life: Life, plan: Plan, at: number): void {
  life.bought = {
    status: "ACTIVE",
    plan,
    pending: null,
    isEnding: false,
    anchor: at,
    periods: 1,
    start: at,
    end: monthsAfter(at, 1),
    chargedAt: null,
    lateSince: null,
    owed: 0,
    creditTaken: 0,
    isByCredit: false,
    resumesAt: null,
  };
  const price = priceOf(plan);
  const taken = Math.min(price, life.credit);
  life.credit -= taken;
  life.bought.isByCredit = taken > 0;
  pay(life, price - taken, life.bought.end, at);
}

/** Writes down a charge; nothing of nothing. */
export function pay(life: Life, amount: number, periodEnd: number, madeAt: number): void {
  if (amount > 0) life.payments.push({ amount, refunded: 0, periodEnd, dispute: "none", madeAt });
}

/** What is left of the period, from 0 to 1. */
export function shareLeft({ start, end }: Bought, at: number): number {
  return (end - at) / (end - start);
}

/** Ends it without anything more to come. */
export function end(life: Life): void {
  if (life.bought) Object.assign(life.bought, { status: "CANCELED", pending: null, isEnding: false, resumesAt: null });
}

/** Ends it where the payment that is gone had paid for the period that runs, and nothing that is left has. */
export function loseWhatPaid(life: Life, { periodEnd }: Paid, now: number): void {
  const running = runningOf(life);
  if (!running || periodEnd !== running.end || now < running.start || now >= running.end) return;
  const isLeft = (paid: Paid) => paid.refunded < paid.amount && paid.dispute !== "lost";
  if (running.isByCredit || life.payments.some((paid) => paid.periodEnd === periodEnd && isLeft(paid))) {
    note(life, "a payment of the period is gone, another is left");
    return;
  }
  end(life);
}

/** Lets time pass up to an instant, and does what falls due, in its order. */
export function pass(life: Life, to: number): void {
  for (;;) {
    const due = nextDue(life);
    if (!due || due.at > to) break;
    due.happens();
  }
  if (life.given?.endsAt && life.given.endsAt <= to) life.given = null;
}

function nextDue(life: Life): { at: number; happens: () => void } | undefined {
  const bought = runningOf(life);
  if (!bought || bought.status === "PAUSED") return undefined;
  if (bought.chargedAt !== null) return { at: bought.chargedAt, happens: () => charge(life, bought) };
  const givenUpAt = bought.lateSince === null ? Number.POSITIVE_INFINITY : bought.lateSince + untilGivenUp;
  if (givenUpAt < bought.end) return { at: givenUpAt, happens: () => giveUp(life) };
  return { at: bought.end, happens: () => (bought.isEnding ? end(life) : renew(life, bought)) };
}

function giveUp(life: Life): void {
  note(life, "given up");
  end(life);
}

function renew(life: Life, bought: Bought): void {
  note(life, bought.pending ? "renewed, changed" : "renewed");
  const { anchor, end: start } = bought;
  const periods = bought.periods + 1;
  const plan = bought.pending ?? bought.plan;
  Object.assign(bought, { plan, pending: null, periods, start, end: monthsAfter(anchor, periods) });
  bought.chargedAt = start + untilCharged;
}

function charge(life: Life, bought: Bought): void {
  const at = bought.chargedAt ?? 0;
  bought.chargedAt = null;
  const price = priceOf(bought.plan);
  const taken = Math.min(price, life.credit);
  life.credit -= taken;
  bought.isByCredit = taken > 0;
  const due = price - taken;
  if (life.cardWorks || due === 0) {
    pay(life, due, bought.end, at);
  } else {
    note(life, "late");
    Object.assign(bought, { status: "PAST_DUE", lateSince: at, owed: due, creditTaken: taken });
  }
}

/** Whether it gives its tier just now. */
export function isEntitling({ status, lateSince }: Bought, now: number): boolean {
  if (status === "PAST_DUE") return lateSince !== null && now < lateSince + grace;
  return status === "ACTIVE";
}

/** The best of what was bought and what was given. */
export function tierInForce(life: Life, now: number): Tier | "free" {
  const running = runningOf(life);
  const has = [running && isEntitling(running, now) ? running.plan.tier : null, life.given?.tier ?? null];
  return tiers.findLast((tier) => has.includes(tier)) ?? "free";
}

/** The end of the time around an instant in which something is about to happen or half done; null if there is none. */
export function unsettledUntil(life: Life, now: number): number | null {
  const { given } = life;
  const running = runningOf(life);
  const spans: [number, number][] = [];
  if (running) spans.push([running.end, running.end + untilCharged]);
  if (running?.chargedAt) spans.push([running.start, running.chargedAt]);
  if (running?.lateSince) spans.push([running.lateSince + grace, running.lateSince + grace]);
  if (running?.lateSince) spans.push([running.lateSince + untilGivenUp, running.lateSince + untilGivenUp]);
  if (given?.endsAt) spans.push([given.endsAt, given.endsAt]);
  const ends = spans.filter(([from, to]) => from - 10 * minute < now && now < to + 10 * minute).map(([, to]) => to);
  return ends.length > 0 ? Math.max(...ends) + 10 * minute : null;
}

/** So many months later on the same day, or the month's last where it has no such day. */
export function monthsAfter(anchor: number, months: number): number {
  const date = new Date(anchor * 1000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) / 1000;
  return midnight + (anchor % day);
}
