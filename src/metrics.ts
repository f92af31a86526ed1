import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What is counted, and what the operator is told about it. Prometheus' names: https://prometheus.io/docs/practices/naming/ */
const counters = {
  billing_reconciliation_differences_total: "Differences found between this service's records and Stripe's.",
  billing_stripe_outages_total:
    "Times that Stripe answered none of several calls in a row, whereupon calls fail at once until one is answered.",
  billing_throttled_operations_total: "Operations that were refused because their caller had asked for too much.",
  billing_unknown_prices_total:
    "Subscriptions read at a price that the catalog has never known. Each keeps the last tier that was known of it.",
  billing_webhook_deliveries_total: "Deliveries to the webhook route, whatever became of them.",
  billing_webhook_stored_total: "Events that came for the first time and were stored.",
  billing_webhook_duplicates_total: "Deliveries of events that were stored before. They change nothing.",
  billing_webhook_fetched_total: "Events that Stripe could not deliver and that were fetched from its list instead.",
  billing_webhook_not_stored_total: "Deliveries that could not be stored; Stripe was told to come again.",
  billing_webhook_processed_total: "Events whose object was brought up to date.",
  billing_webhook_failed_tries_total: "Tries to process an event that failed.",
  billing_webhook_given_up_total: "Events that failed for the last time and stay in the inbox as FAILED.",
} as const;

/** What is counted by the reason for it, which is one of a few words of ours. */
const reasonCounters = {
  billing_meter_errors_total: "Events of use that Stripe's meters could not count, by Stripe's reason.",
  billing_catalog_differences_total:
    "Changes made in Stripe that left it with something else than the catalog in force, by reason: product or portal.",
  billing_webhook_refused_total: "Deliveries that were refused, by reason.",
  billing_webhook_ignored_total: "Events that were stored and that nothing is done for, by reason.",
  billing_webhook_postponed_total:
    "Events that were put back without it counting as a try, by reason: an outage, or a busy customer.",
} as const;

/** What is read whenever the metrics are; NaN when that fails. */
const gauges = {
  billing_webhook_waiting_events: "Stored events that are not settled yet. The same from every process.",
  billing_webhook_oldest_waiting_seconds: "For how long the oldest of them has waited; 0 when none does.",
} as const;

/** What is sorted by how long it took. */
const histograms = {
  billing_webhook_processing_seconds: "From an event's arrival until its object was brought up to date.",
} as const;

/** From a fraction of what a single event takes to an outage of hours. Seconds. */
const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600];

/** The name of something that is counted. */
export type CounterName = keyof typeof counters;
/** The name of something that is counted by reason. */
export type ReasonCounterName = keyof typeof reasonCounters;
/** The name of something that is measured when the metrics are read. */
export type GaugeName = keyof typeof gauges;
/** The name of something whose duration is noted. */
export type HistogramName = keyof typeof histograms;

/** What domain code does with metrics. */
export interface Metrics {
  count(name: CounterName, times?: number): void;
  /** Each reason is a line of its own for ever: never one with an id or a text from outside in it. */
  countReason(name: ReasonCounterName, reason: string, times?: number): void;
  observe(name: HistogramName, seconds: number): void;
}

/** The metrics of one process, as its operator reads them. */
export interface MeteredProcess extends Metrics {
  /** Lets the gauges be read this way. It should answer within a second or fail: the rest is told all the same. */
  measure(read: () => Promise<Readonly<Record<GaugeName, number>>>): void;
  /** Everything counted since the process started, in Prometheus' text format. */
  report(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Makes metrics of their own: two services in one process count apart. */
export function makeMetrics(): MeteredProcess {
  const registry = new Registry();
  const registers = [registry];
  const known = each(counters, (name, help) => new Counter({ name, help, registers }));
  const byReason = each(reasonCounters, (name, help) => {
    return new Counter({ name, help, labelNames: ["reason"], registers });
  });
  const timed = each(histograms, (name, help) => new Histogram({ name, help, buckets, registers }));
  const measured = each(gauges, (name, help) => new Gauge({ name, help, registers }));
  let read = async (): Promise<Partial<Record<GaugeName, number>>> => ({});

  return {
    count: (name, times = 1) => known.get(name)?.inc(times),
    countReason: (name, reason, times = 1) => byReason.get(name)?.inc({ reason }, times),
    observe: (name, seconds) => timed.get(name)?.observe(seconds),
    measure: (reader) => {
      read = reader;
    },
    report: async () => {
      // Counters are wanted most when the database is away. What cannot be read is shown as NaN.
      const values = new Map<string, number>(Object.entries(await read().catch(() => ({}))));
      for (const [name, gauge] of measured) gauge.set(values.get(name) ?? Number.NaN);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function each<T>(helps: Readonly<Record<string, string>>, make: (name: string, help: string) => T): Map<string, T> {
  return new Map(Object.entries(helps).map(([name, help]) => [name, make(name, help)]));
}
