import type { Tables } from "../store/tables.js";
import type { StoredEvent } from "./events.js";
import { type DeliveryRecord, postEvent } from "./post-event.js";
import { subscribedEndpoints } from "./subscribers.js";

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
  /** Delivers once more, now, to every enabled endpoint that wants it. */
  resend(event: StoredEvent): Promise<DeliveryRecord[]>;
  setMode(mode: DeliveryMode): void;
  /** Newest first. */
  records(): DeliveryRecord[];
  /** Resolves when nothing is in flight, waiting for a retry or held back. */
  settled(): Promise<void>;
  /** Resolves when every delivery has been answered once, or not in time; those held back do not count. */
  answered(): Promise<void>;
  outstanding(): OutstandingDelivery[];
  /** Takes up deliveries a former run still owed. */
  resume(owed: OutstandingDelivery[]): void;
  close(): void;
}

const recordsKept = 1000;

/** Sends events to webhook endpoints, with retries on wall time; `changed` is told when what is owed changes. */
export function createDeliveries(tables: Tables, retryDelaysMs: number[], changed: () => void): Deliveries {
  const owed = new Set<OutstandingDelivery>();
  const held = new Set<OutstandingDelivery>();
  const unanswered = new Set<OutstandingDelivery>();
  const timers = new Set<NodeJS.Timeout>();
  const records: DeliveryRecord[] = [];
  let waiting: (() => void)[] = [];
  let waitingForAnswers: (() => void)[] = [];
  let mode: DeliveryMode = "send";
  let isClosed = false;

  function finish(delivery: OutstandingDelivery): void {
    owed.delete(delivery);
    changed();
    if (owed.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  function hearAnswer(delivery: OutstandingDelivery): void {
    unanswered.delete(delivery);
    if (unanswered.size > 0) return;
    for (const resolve of waitingForAnswers) resolve();
    waitingForAnswers = [];
  }

  async function attempt(delivery: OutstandingDelivery): Promise<void> {
    if (isClosed) return;
    const event = tables.event.find(delivery.event);
    const endpoint = tables.webhook_endpoint.find(delivery.endpoint);
    // A disabled or deleted endpoint stops the retries.
    if (mode === "drop" || !event || endpoint?.status !== "enabled") return finish(delivery);
    if (mode === "hold") {
      held.add(delivery);
      return;
    }
    const record = await postEvent(event, endpoint, delivery.attempt);
    if (isClosed) return;
    keep(record);
    if (record.status !== null && record.status >= 200 && record.status < 300) {
      countDelivered(event.id);
      return finish(delivery);
    }
    const delay = retryDelaysMs[delivery.attempt - 1];
    if (delay === undefined) return finish(delivery);
    delivery.attempt += 1;
    changed();
    schedule(delivery, delay);
  }

  function schedule(delivery: OutstandingDelivery, delayMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void attempt(delivery).finally(() => hearAnswer(delivery));
    }, delayMs);
    timers.add(timer);
  }

  function countDelivered(id: string): void {
    const event = tables.event.find(id);
    if (event) tables.event.put({ ...event, pending_webhooks: Math.max(0, event.pending_webhooks - 1) });
  }

  function keep(record: DeliveryRecord): void {
    records.unshift(record);
    records.splice(recordsKept);
  }

  function owe(delivery: OutstandingDelivery): void {
    owed.add(delivery);
    unanswered.add(delivery);
    schedule(delivery, 0);
  }

  return {
    send: (event) => {
      for (const endpoint of subscribedEndpoints(tables, event.type)) {
        owe({ event: event.id, endpoint: endpoint.id, attempt: 1 });
      }
    },
    resend: async (event) => {
      const endpoints = subscribedEndpoints(tables, event.type);
      const sent = await Promise.all(endpoints.map((endpoint) => postEvent(event, endpoint, 1)));
      for (const record of sent) keep(record);
      return sent;
    },
    setMode: (next) => {
      mode = next;
      if (mode === "hold") return;
      for (const delivery of held) schedule(delivery, 0);
      held.clear();
    },
    records: () => records,
    settled: () => (owed.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    answered: () =>
      unanswered.size === 0 ? Promise.resolve() : new Promise((resolve) => waitingForAnswers.push(resolve)),
    outstanding: () => [...owed],
    resume: (former) => {
      for (const delivery of former) owe({ ...delivery });
    },
    close: () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const resolve of [...waiting, ...waitingForAnswers]) resolve();
    },
  };
}
