import { expect } from "vitest";
import { review } from "./sandbox/portal-support.js";
import { post } from "./sandbox/support.js";
import { type TestApp, test } from "./support/app.js";
import { deliver, inbox, thinOf } from "./support/deliveries.js";
import { subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";

const pendingOf = async (person: Person) =>
  (await person.ask("{ currentSubscription { pendingChange { tier { slug } effectiveAt } } }")).currentSubscription
    .pendingChange;

async function starterPrice({ stripe }: TestApp): Promise<string> {
  const [price] = (await stripe.prices.list({ lookup_keys: ["starter_month_usd"] })).data;
  return String(price?.id);
}

/** Somebody whose subscription a schedule looks after, with no change in it yet. */
async function scheduled(app: TestApp, sub: string) {
  const person = await app.customerOn("professional", sub);
  const subscription = await subscriptionOf(app, sub);
  const [item] = subscription.items.data;
  const schedule = await app.stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const end = Number(item?.current_period_end);
  const now = { items: [{ price: String(item?.price.id), quantity: 1 }], start_date: subscription.start_date };
  await quiet(app);
  /** Puts a change to another price at the end of the period. */
  const plan = async (price: string) =>
    app.stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: "release",
      phases: [
        { ...now, end_date: end },
        { items: [{ price, quantity: 1 }], duration: { interval: "month", interval_count: 1 } },
      ],
    });
  return { person, schedule, end, plan };
}

const effective = (end: number, slug: string) => ({ tier: { slug }, effectiveAt: new Date(end * 1000).toISOString() });

test("a change that a schedule plans shows by the schedule's own event, and is gone when it is released", async ({
  app,
}) => {
  const { person, schedule, end, plan } = await scheduled(app, "ada");
  expect(await pendingOf(person)).toBeNull();
  await plan(await starterPrice(app));
  await quiet(app);
  expect(await pendingOf(person)).toEqual(effective(end, "starter"));
  await app.stripe.subscriptionSchedules.release(schedule.id);
  await quiet(app);
  expect(await pendingOf(person)).toBeNull();
  const told = await inbox(app, "subscription_schedule.%");
  expect(told.length).toBeGreaterThan(2);
  expect(new Set(told.map(({ status }) => status))).toEqual(new Set(["PROCESSED"]));
});

test("a thin event of a schedule does the same, also of one that was released", async ({ app }) => {
  const { person, schedule, end, plan } = await scheduled(app, "bea");
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  const tell = async (what: string) => {
    await app.sandbox.answered();
    await deliver(app, thinOf(`v1.subscription_schedule.${what}`, { type: "subscription_schedule", id: schedule.id }));
    await quiet(app);
  };
  await plan(await starterPrice(app));
  await tell("updated");
  expect(await pendingOf(person)).toEqual(effective(end, "starter"));
  await app.stripe.subscriptionSchedules.release(schedule.id);
  await tell("released");
  expect(await pendingOf(person)).toBeNull();
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
});

test("a schedule that has not begun is about no subscription yet, and its event is none of our business", async ({
  app,
}) => {
  const person = await app.customerOn("starter", "cleo");
  const { customer } = await subscriptionOf(app, "cleo");
  const made = await app.stripe.subscriptionSchedules.create({
    customer: String(customer),
    start_date: Math.floor(app.now().getTime() / 1000) + 86_400,
    phases: [{ items: [{ price: await starterPrice(app) }], duration: { interval: "month", interval_count: 1 } }],
  });
  await quiet(app);
  expect(await pendingOf(person)).toBeNull();
  const body = thinOf("v1.subscription_schedule.created", { type: "subscription_schedule", id: made.id });
  await deliver(app, body);
  await quiet(app);
  const thin = (await inbox(app)).find(({ id }) => id === JSON.parse(body).id);
  expect(thin).toMatchObject({ status: "IGNORED", problem: "It is about no customer." });
});

test("a change that the portal puts off to the end of the period waits as any other, until it is taken back", async ({
  app,
}) => {
  const person = await app.customerOn("professional", "dora");
  const subscription = await subscriptionOf(app, "dora");
  const [item] = subscription.items.data;
  const cheaper = await starterPrice(app);
  const { product } = await app.stripe.prices.retrieve(cheaper);
  const { id: configuration } = await app.stripe.billingPortal.configurations.create({
    features: {
      payment_method_update: { enabled: true },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price"],
        products: [
          { product: String(product), prices: [cheaper] },
          { product: String(item?.price.product), prices: [String(item?.price.id)] },
        ],
        schedule_at_period_end: { conditions: [{ type: "decreasing_item_amount" }] },
      },
    },
  });
  const { url } = await app.stripe.billingPortal.sessions.create({
    customer: String(subscription.customer),
    configuration,
  });
  await post(url, (await review(url, { price: cheaper })).fields);
  await quiet(app);
  expect(await pendingOf(person)).toEqual(effective(Number(item?.current_period_end), "starter"));
  await post(url, (await review(url, { price: String(item?.price.id) })).fields);
  await quiet(app);
  expect(await pendingOf(person)).toBeNull();
});
