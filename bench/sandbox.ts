import { performance } from "node:perf_hooks";
import Stripe from "stripe";
import { startSandbox } from "../sandbox/sandbox.js";

const subscriptions = 1000;
const months = 12;
const requests = 3000;
const atOnce = 20;

/** Lives a year of a thousand monthly subscriptions, and then asks simple questions; says how long that took. */
const sandbox = await startSandbox({ startAt: new Date("2027-01-31T00:00:00Z") });
const stripe = new Stripe("sk_test_bench", {
  host: "127.0.0.1",
  port: sandbox.port,
  protocol: "http",
  telemetry: false,
  maxNetworkRetries: 0,
});

const price = await stripe.prices.create({
  currency: "usd",
  unit_amount: 2999,
  recurring: { interval: "month" },
  product_data: { name: "Professional" },
});
const subscribing = await timed(() => inTurns(subscriptions, () => subscribe(price.id)));
const living = await timed(() => sandbox.setClock(new Date("2028-01-31T02:00:00Z")));
const customer = (await stripe.customers.list({ limit: 1 })).data[0]?.id ?? "";
const asking = await timed(() => inTurns(requests, () => stripe.customers.retrieve(customer)));
const { heapUsed, rss } = process.memoryUsage();

console.log(`${subscriptions} subscribed in ${seconds(subscribing)}`);
console.log(`${months} months lived in ${seconds(living)}`);
console.log(`${Math.round(requests / (asking / 1000))} simple requests a second`);
const objects = await countObjects();
const perHundredThousand = (heapUsed / objects) * 100_000;
console.log(
  `${objects} objects in ${megabytes(heapUsed)} of heap, ${megabytes(rss)} in all: ${megabytes(perHundredThousand)} of heap for 100,000`,
);
await sandbox.close();

/** All that can be listed, events included: nearly everything. */
async function countObjects(): Promise<number> {
  const lists = [
    stripe.customers.list({ limit: 100 }),
    stripe.subscriptions.list({ limit: 100, status: "all" }),
    stripe.invoices.list({ limit: 100 }),
    stripe.invoicePayments.list({ limit: 100 }),
    stripe.paymentIntents.list({ limit: 100 }),
    stripe.charges.list({ limit: 100 }),
    stripe.balanceTransactions.list({ limit: 100 }),
    stripe.events.list({ limit: 100 }),
  ];
  let count = 0;
  for (const list of lists) for await (const _object of list) count += 1;
  return count;
}

async function subscribe(price: string): Promise<void> {
  const { id } = await stripe.customers.create({ email: "ada@example.com" });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
  await stripe.subscriptions.create({ customer: id, items: [{ price }], default_payment_method: card.id });
}

async function inTurns(times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}
