import { createServer, type IncomingHttpHeaders } from "node:http";
import Stripe from "stripe";
import { onTestFinished } from "vitest";
import type { Sandbox, SandboxOptions } from "../../sandbox/sandbox.js";
import { startJudgedSandbox } from "../support/sandbox.js";

export interface TestSandbox extends Sandbox {
  stripe: Stripe;
}

/** A sandbox for one test, with the official SDK pointed at it. */
export async function openSandbox(options: SandboxOptions = {}): Promise<TestSandbox> {
  const sandbox = await startJudgedSandbox(options);
  onTestFinished(() => sandbox.close());
  return { ...sandbox, stripe: clientOf(sandbox) };
}

export function clientOf(sandbox: Sandbox): Stripe {
  return new Stripe("sk_test_anything", {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    telemetry: false,
    maxNetworkRetries: 0,
  });
}

/** A monthly price of $29.99 of a product named Professional. */
export function monthlyPrice(stripe: Stripe): Promise<Stripe.Price> {
  return stripe.prices.create({
    currency: "usd",
    unit_amount: 2999,
    recurring: { interval: "month" },
    product_data: { name: "Professional" },
  });
}

/** An open Checkout Session for that price. */
export async function openCheckout(
  stripe: Stripe,
  more: Stripe.Checkout.SessionCreateParams = {},
): Promise<Stripe.Checkout.Session & { url: string }> {
  const price = await monthlyPrice(stripe);
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
    cancel_url: "http://shop.test/plans",
    ...more,
  });
  if (session.url === null) throw new Error("an open session has a page");
  return { ...session, url: session.url };
}

/** Posts a page's form as a browser would, without following where it leads. */
export function post(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
}

/** Fills in the checkout form and presses Pay. */
export function pay(url: string, fields: Record<string, string> = {}): Promise<Response> {
  return post(url, {
    number: "4242 4242 4242 4242",
    expiry: "12/34",
    cvc: "123",
    name: "Ada Lovelace",
    action: "pay",
    ...fields,
  });
}

/** A customer who has subscribed through Checkout. */
export async function subscribe(
  stripe: Stripe,
): Promise<{ customer: Stripe.Customer; subscription: Stripe.Subscription }> {
  const customer = await stripe.customers.create({ email: "ada@example.com" });
  const session = await openCheckout(stripe, { customer: customer.id });
  await pay(session.url);
  const [subscription] = (await stripe.subscriptions.list({ customer: customer.id })).data;
  if (!subscription) throw new Error("paying did not subscribe");
  return { customer, subscription };
}

export interface ReceivedWebhook {
  body: string;
  headers: IncomingHttpHeaders;
}

/** A webhook endpoint that keeps what it is sent; `answer` is the status it gives. */
export async function openReceiver(): Promise<{
  url: string;
  received: ReceivedWebhook[];
  answer: { status: number };
}> {
  const received: ReceivedWebhook[] = [];
  const answer = { status: 200 };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ body, headers: request.headers });
      response.writeHead(answer.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/webhooks`, received, answer };
}

/** Calls the control API. */
export async function control(sandbox: Sandbox, method: string, path: string, body?: object): Promise<Response> {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return fetch(`${sandbox.url}/sandbox${path}`, { method, ...json });
}

/** The types of all events, oldest first. */
export async function eventTypes(stripe: Stripe): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 });
  return events.data.map((event) => event.type).reverse();
}

/** An answer's JSON, trusted to be what the test says it is. */
export async function jsonOf<T>(response: Response): Promise<T> {
  return JSON.parse(await response.text());
}
