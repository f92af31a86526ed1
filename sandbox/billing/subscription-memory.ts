import type { World } from "../world.js";

/** What a subscription remembers and does not show. */
export interface SubscriptionMemory {
  /** The trial end that was told of. */
  trialEndTold: number | null;
  /** The renewal that was told of. */
  upcomingTold: number | null;
  /** What each item was charged for time that may still be running. */
  debits: Record<string, Debit[]>;
  /** A first period cut short by an anchor: when it ends, and whether it is charged for its part or for nothing. */
  shortPeriod: ShortPeriod | null;
  /** Since when what is used of an item counts, where that is later than its period began. */
  countedFrom: Record<string, number>;
  /** The invoice a pending update, or a resumption, waits for. */
  awaits: string | null;
  /** What the items will have been charged once it is paid. */
  debitsAwaited: Record<string, Debit[]> | null;
  /** The invoice items that were pending before that invoice took them with it. */
  itemsAwaited: string[];
  /** What a resumption waits for. */
  resumesOn: ResumeBehavior | null;
  /** The schedule of a change that was chosen in the portal. */
  portalSchedule: string | null;
}

/** Whether a paused subscription runs once paying was tried, or once it was paid. */
export type ResumeBehavior = "resume_on_payment_attempt" | "resume_on_payment_success";

export interface ShortPeriod {
  end: number;
  isFree: boolean;
}

/** An item's charge for a stretch of time. What is unused of it can be given back. */
export interface Debit {
  /** After discounts. */
  amount: number;
  start: number;
  end: number;
  quantity: number;
  price: string;
  /** The line that charged it, or the invoice item that is to. */
  line: { invoice: string; id: string } | null;
  invoiceItem: string | null;
}

const nothing: SubscriptionMemory = {
  trialEndTold: null,
  upcomingTold: null,
  debits: {},
  shortPeriod: null,
  countedFrom: {},
  awaits: null,
  debitsAwaited: null,
  itemsAwaited: [],
  resumesOn: null,
  portalSchedule: null,
};

export function memoryOf(world: World, subscription: string): SubscriptionMemory {
  // Of a state written before there was all of this, what is missing is as nothing.
  return { ...nothing, ...world.subscriptionMemories.get(subscription) };
}

export function remember(world: World, subscription: string, news: Partial<SubscriptionMemory>): void {
  world.subscriptionMemories.set(subscription, { ...memoryOf(world, subscription), ...news });
}

/** Adds to what an item was charged, forgetting what is over. */
export function rememberDebits(world: World, subscription: string, item: string, debits: Debit[], now: number): void {
  const { debits: all } = memoryOf(world, subscription);
  const running = (all[item] ?? []).filter(({ end }) => end > now);
  remember(world, subscription, { debits: { ...all, [item]: [...running, ...debits] } });
}

/** What was given back, or was for an item that is gone, is charged no longer. */
export function forgetDebits(world: World, subscription: string, item: string): void {
  const { debits } = memoryOf(world, subscription);
  remember(world, subscription, { debits: { ...debits, [item]: [] } });
}
