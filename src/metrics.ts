import { Counter, Registry } from "prom-client";

/** What is counted, and what the operator is told about it. Prometheus' names: https://prometheus.io/docs/practices/naming/ */
const counters = {
  billing_reconciliation_differences_total: "Differences found between this service's records and Stripe's.",
  billing_throttled_operations_total: "Operations that were refused because their caller had asked for too much.",
  billing_unknown_prices_total:
    "Subscriptions read at a price that the catalog has never known. Each keeps the last tier that was known of it.",
} as const;

/** The name of something that is counted. */
export type CounterName = keyof typeof counters;

/** What domain code does with metrics. */
export interface Metrics {
  count(name: CounterName): void;
}

/** The metrics of one process, as its operator reads them. */
export interface MeteredProcess extends Metrics {
  /** Everything counted since the process started, in Prometheus' text format. */
  report(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Makes metrics of their own: two services in one process count apart. */
export function makeMetrics(): MeteredProcess {
  const registry = new Registry();
  const known = new Map<string, Counter>(
    Object.entries(counters).map(([name, help]) => [name, new Counter({ name, help, registers: [registry] })]),
  );
  return {
    count: (name) => known.get(name)?.inc(),
    report: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
