import { expect, test as plain } from "vitest";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { catchUp, fallBehind, putObject, subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { until } from "./support/until.js";

const daySeconds = 24 * 3600;

const state = `{
  currentSubscription { status isEntitling graceEndsAt }
  viewer { customer { tier { slug } } }
  guests: entitlement(feature: "guests") { limit source }
  premium: entitlement(feature: "scenes_premium") { hasAccess denialReason source } }`;

const changes = `subscription { entitlementsChanged {
  cause customer { tier { slug } } entitlements { source limit hasAccess feature { key } } } }`;

async function graceEndOf(person: Person): Promise<string> {
  return (await person.ask("{ currentSubscription { graceEndsAt } }")).currentSubscription.graceEndsAt;
}

/** A service of the test's own, for its clock is moved. */
async function alone(use: (app: TestApp) => Promise<void>, environment: Record<string, string> = {}): Promise<void> {
  const { app, stop } = await startTestApp({ environment });
  try {
    await use(app);
  } finally {
    await stop();
  }
}

test("a renewal that fails leaves everything as it was for seven days, and says until when", async ({ app }) => {
  const ada = await app.customerOn("professional", "ada");
  const { status_transitions } = await fallBehind(app, "ada");
  const end = new Date((Number(status_transitions.finalized_at) + 7 * daySeconds) * 1000).toISOString();
  expect(await ada.ask(state)).toEqual({
    currentSubscription: { status: "PAST_DUE", isEntitling: true, graceEndsAt: end },
    viewer: { customer: { tier: { slug: "professional" } } },
    guests: { limit: 6, source: "GRACE" },
    premium: { hasAccess: true, denialReason: null, source: "GRACE" },
  });
});

test("whoever listens hears that the tier is held by grace only", async ({ app }) => {
  const bea = await app.customerOn("professional", "bea");
  const stream = await bea.subscribe(changes);
  await fallBehind(app, "bea");
  const { cause, entitlements } = (await stream.next()).data.entitlementsChanged;
  expect(cause).toBe("PAYMENT");
  expect(entitlements).toContainEqual({ source: "GRACE", limit: 6, hasAccess: true, feature: { key: "guests" } });
  await stream.close();
});

test("a payment that is put right ends the grace, and the next failure begins one of its own", async ({ app }) => {
  const cleo = await app.customerOn("starter", "cleo");
  const first = await fallBehind(app, "cleo");
  const firstEnd = await graceEndOf(cleo);
  await app.sandbox.advance(daySeconds);
  await catchUp(app, "cleo", first);
  expect(await cleo.ask(state)).toMatchObject({
    currentSubscription: { status: "ACTIVE", isEntitling: true, graceEndsAt: null },
    guests: { source: "SUBSCRIPTION" },
  });
  await fallBehind(app, "cleo");
  expect(Date.parse(await graceEndOf(cleo)) - Date.parse(firstEnd)).toBeGreaterThanOrEqual(daySeconds * 1000 - 1000);
});

test("a second unpaid invoice does not begin the grace again", async ({ app }) => {
  const dora = await app.customerOn("starter", "dora");
  await fallBehind(app, "dora");
  const end = await graceEndOf(dora);
  await app.sandbox.advance(2 * daySeconds);
  await fallBehind(app, "dora");
  expect(await graceEndOf(dora)).toBe(end);
});

plain(
  "when the grace is over the free tier is left, whoever listens hears of it once, and paying brings all back",
  () =>
    alone(async (app) => {
      const eli = await app.customerOn("professional", "eli");
      const unpaid = await fallBehind(app, "eli");
      const entitlements = await eli.subscribe(changes);
      const subscriptions = await eli.subscribe(
        "subscription { currentSubscriptionUpdated { previousStatus cause subscription { status isEntitling } } }",
      );
      await app.sandbox.setClock(new Date(await graceEndOf(eli)));

      const { cause, customer, entitlements: lost } = (await entitlements.next()).data.entitlementsChanged;
      expect({ cause, customer }).toEqual({ cause: "PAYMENT", customer: { tier: { slug: "free" } } });
      expect(lost).toContainEqual({ source: "FREE_TIER", limit: 1, hasAccess: true, feature: { key: "guests" } });
      expect((await subscriptions.next()).data.currentSubscriptionUpdated).toEqual({
        previousStatus: "PAST_DUE",
        cause: "PAYMENT",
        subscription: { status: "PAST_DUE", isEntitling: false },
      });
      expect(await eli.ask(state)).toMatchObject({
        currentSubscription: { status: "PAST_DUE", isEntitling: false, graceEndsAt: expect.any(String) },
        guests: { limit: 1, source: "FREE_TIER" },
        premium: { hasAccess: false, denialReason: "PAYMENT_OVERDUE" },
      });
      // It still runs, so that a second one must not be sold beside it.
      expect((await eli.checkout("starter")).userErrors).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);

      await app.sandbox.advance(60);
      await quiet(app);
      await catchUp(app, "eli", unpaid);
      const back = (await entitlements.next()).data.entitlementsChanged;
      expect(back.customer).toEqual({ tier: { slug: "professional" } });
      expect(await eli.ask(state)).toMatchObject({ guests: { limit: 6, source: "SUBSCRIPTION" } });
      await until("the subscription's update", () => subscriptions.waiting.length === 1);
    }),
);

plain("a grace of no days takes the tier at the first failure", () =>
  alone(
    async (app) => {
      const fay = await app.customerOn("professional", "fay");
      const stream = await fay.subscribe(changes);
      await fallBehind(app, "fay");
      expect((await stream.next()).data.entitlementsChanged.customer).toEqual({ tier: { slug: "free" } });
      expect(await fay.ask(state)).toMatchObject({
        currentSubscription: { status: "PAST_DUE", isEntitling: false },
        premium: { denialReason: "PAYMENT_OVERDUE" },
      });
      // The change told it all: nothing is left for the sweep to tell again.
      const untold = "select 1 from subscriptions where status = 'PAST_DUE' and grace_end_told_at is null";
      expect(await app.connection.db.execute(untold)).toHaveLength(0);
    },
    { GRACE_PERIOD_DAYS: "0" },
  ),
);

plain("a tier of its own grace keeps it for so long, and is lost and told of then", () =>
  alone(async (app) => {
    await pushChanged(app, (definition) => ({
      ...definition,
      tiers: definition.tiers.map((tier) => ({ ...tier, graceDays: tier.slug === "enterprise" ? 20 : null })),
    }));
    const [hal, ida] = [await app.customerOn("enterprise", "hal"), await app.customerOn("starter", "ida")];
    const unpaid = await fallBehind(app, "hal");
    await fallBehind(app, "ida");
    const daysOf = async (person: Person) =>
      (Date.parse(await graceEndOf(person)) / 1000 - Number(unpaid.status_transitions.finalized_at)) / daySeconds;
    expect(await daysOf(hal)).toBe(20);
    expect(await daysOf(ida)).toBeCloseTo(7, 1);

    const stream = await hal.subscribe(changes);
    await app.sandbox.setClock(new Date(await graceEndOf(ida)));
    await quiet(app);
    expect(await ida.ask(state)).toMatchObject({ currentSubscription: { isEntitling: false } });
    expect(await hal.ask(state)).toMatchObject({
      currentSubscription: { isEntitling: true },
      viewer: { customer: { tier: { slug: "enterprise" } } },
      guests: { source: "GRACE" },
    });
    await app.sandbox.setClock(new Date(await graceEndOf(hal)));
    const { cause, customer } = (await stream.next()).data.entitlementsChanged;
    expect({ cause, customer }).toEqual({ cause: "PAYMENT", customer: { tier: { slug: "free" } } });
    expect(await hal.ask(state)).toMatchObject({
      currentSubscription: { status: "PAST_DUE", isEntitling: false },
      premium: { denialReason: "PAYMENT_OVERDUE" },
    });
    await stream.close();
  }),
);

plain("a subscription without grace left counts after one that is paid for", () =>
  alone(async (app) => {
    const gil = await app.customerOn("starter", "gil");
    const paid = await subscriptionOf(app, "gil");
    await fallBehind(app, "gil");
    await putObject(app, { ...paid, id: `${paid.id}2`, start_date: paid.start_date - 1 });
    const current = async () => (await gil.ask(state)).currentSubscription.status;
    expect(await current()).toBe("PAST_DUE");
    await app.sandbox.setClock(new Date(await graceEndOf(gil)));
    expect(await current()).toBe("ACTIVE");
  }),
);
