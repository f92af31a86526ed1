import type Stripe from "stripe";
import type { Tables } from "../store/tables.js";
import { createDeliveryFaults, type DeliveryFault, type DeliveryFaults } from "./delivery-faults.js";
import type { StoredEvent } from "./events.js";
import { type DeliveryRecord, postEvent } from "./post-event.js";
import { subscribedEndpoints } from "./subscribers.js";
import type { UndeliveredEvents } from "./undelivered.js";
import { createWaiters } from "./waiters.js";

export type DeliveryMode = "send" | "hold" | "drop";

/** One event still owed to one endpoint. */
export interface OutstandingDelivery {
  event: string;
  endpoint: string;
  attempt: number;
}

export interface Deliveries {
  /** Delivers in the background to every endpoint that wants the event. */
  send(event: StoredEvent): void;
  /** Delivers once more, now, to every enabled endpoint that wants it, or to one of them. */
  resend(event: StoredEvent, endpoint?: string): Promise<DeliveryRecord[]>;
  setMode(mode: DeliveryMode): void;
  /** What goes wrong with deliveries yet to come. */
  faults: DeliveryFaults;
  /** Takes back what is planted, and lets go what was held for it. */
  clearFaults(): void;
  /** Newest first. */
  records(): DeliveryRecord[];
  /** Resolves when nothing is in flight, waiting for a retry or held back. */
  settled(): Promise<void>;
  /** Resolves when nothing is on its way: what is held, delayed or waiting for a retry is not. */
  answered(): Promise<void>;
  outstanding(): OutstandingDelivery[];
  /** Takes up deliveries a former run still owed. */
  resume(owed: OutstandingDelivery[]): void;
  close(): void;
}

export interface DeliveriesOptions {
  tables: Tables;
  undelivered: UndeliveredEvents;
  /** Waits before repeating an unsuccessful delivery, in wall time. */
  retryDelaysMs: number[];
  /** The endpoint's secrets in force, the newest first. */
  secretsOf: (endpoint: Stripe.WebhookEndpoint) => string[];
  /** Told when what is owed changes. */
  changed: () => void;
}

const recordsKept = 1000;

/** Sends events to webhook endpoints, with retries on wall time. */
export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { tables, undelivered, retryDelaysMs, secretsOf, changed } = options;
  const owed = new Set<OutstandingDelivery>();
  const held = new Set<OutstandingDelivery>();
  const onTheWay = new Set<OutstandingDelivery>();
  const timers = new Set<NodeJS.Timeout>();
  const records: DeliveryRecord[] = [];
  const faults = createDeliveryFaults();
  const settling = createWaiters(() => owed.size === 0);
  const answering = createWaiters(() => onTheWay.size === 0);
  const gathered = new Map<DeliveryFault, OutstandingDelivery[]>();
  let mode: DeliveryMode = "send";
  let isClosed = false;

  function finish(delivery: OutstandingDelivery): void {
    owed.delete(delivery);
    changed();
    settling.check();
  }

  async function attempt(delivery: OutstandingDelivery): Promise<void> {
    onTheWay.add(delivery);
    await attemptNow(delivery);
    onTheWay.delete(delivery);
    answering.check();
  }

  async function attemptNow(delivery: OutstandingDelivery): Promise<void> {
    if (isClosed) return;
    const event = tables.event.find(delivery.event);
    const endpoint = tables.webhook_endpoint.find(delivery.endpoint);
    // A disabled or deleted endpoint stops the retries.
    if (mode === "drop" || !event || endpoint?.status !== "enabled") return finish(delivery);
    if (mode === "hold") {
      held.add(delivery);
      return;
    }
    const record = await post(event, endpoint, delivery.attempt);
    if (isClosed) return;
    if (isTaken(record)) return finish(delivery);
    const delay = retryDelaysMs[delivery.attempt - 1];
    if (delay === undefined) return finish(delivery);
    delivery.attempt += 1;
    changed();
    schedule(delivery, delay);
  }

  async function post(event: StoredEvent, endpoint: Stripe.WebhookEndpoint, attempt: number): Promise<DeliveryRecord> {
    const record = await postEvent(event, endpoint, secretsOf(endpoint), attempt);
    if (isClosed) return record;
    records.unshift(record);
    records.splice(recordsKept);
    if (isTaken(record)) undelivered.taken({ event: event.id, endpoint: endpoint.id });
    return record;
  }

  function schedule(delivery: OutstandingDelivery, delayMs: number): void {
    if (delayMs === 0) onTheWay.add(delivery);
    const timer = setTimeout(() => {
      timers.delete(timer);
      void attempt(delivery);
    }, delayMs);
    timers.add(timer);
  }

  function owe(delivery: OutstandingDelivery, delayMs = 0): void {
    owed.add(delivery);
    schedule(delivery, delayMs);
  }

  function sendTo(endpoint: Stripe.WebhookEndpoint, event: StoredEvent): void {
    const delivery = { event: event.id, endpoint: endpoint.id, attempt: 1 };
    undelivered.add(delivery);
    const fault = faults.take(event, endpoint);
    if (fault) spoil(delivery, fault);
    else owe(delivery);
  }

  function spoil(delivery: OutstandingDelivery, fault: DeliveryFault): void {
    const { effect } = fault;
    if (effect.kind === "delay") owe(delivery, effect.ms);
    if (effect.kind === "repeat") {
      for (let copy = 0; copy <= effect.copies; copy += 1) owe({ ...delivery });
    }
    if (effect.kind === "hold") {
      owed.add(delivery);
      held.add(delivery);
    }
    if (effect.kind === "reorder") {
      owed.add(delivery);
      gathered.set(fault, [delivery, ...(gathered.get(fault) ?? [])]);
      if (fault.times === 0) void sendGathered(fault);
    }
  }

  /** The newest first, each once the one before it has been answered. */
  async function sendGathered(fault: DeliveryFault): Promise<void> {
    const newestFirst = gathered.get(fault) ?? [];
    gathered.delete(fault);
    for (const delivery of newestFirst) onTheWay.add(delivery);
    for (const delivery of newestFirst) await attempt(delivery);
  }

  function letGo(): void {
    for (const delivery of held) schedule(delivery, 0);
    held.clear();
  }

  return {
    faults,
    send: (event) => {
      for (const endpoint of subscribedEndpoints(tables, event.type)) sendTo(endpoint, event);
    },
    resend: (event, only) => {
      const endpoints = subscribedEndpoints(tables, event.type).filter(({ id }) => only === undefined || id === only);
      return Promise.all(endpoints.map((endpoint) => post(event, endpoint, 1)));
    },
    setMode: (next) => {
      mode = next;
      if (mode !== "hold") letGo();
    },
    clearFaults: () => {
      faults.clear();
      for (const fault of [...gathered.keys()]) void sendGathered(fault);
      if (mode !== "hold") letGo();
    },
    records: () => records,
    settled: settling.whenEmpty,
    answered: answering.whenEmpty,
    outstanding: () => [...owed],
    resume: (former) => {
      for (const delivery of former) owe({ ...delivery });
    },
    close: () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      settling.release();
      answering.release();
    },
  };
}

function isTaken({ status }: DeliveryRecord): boolean {
  return status !== null && status >= 200 && status < 300;
}
