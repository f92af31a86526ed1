import { afterAll, expect, test } from "vitest";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { sendGraphql } from "./support/graphql.js";
import { findPrice, returnUrl } from "./support/person.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { changesUnheard, deliverAll, expectEachOnce, faultRounds } from "./support/storm.js";
import { openStream } from "./support/stream.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const customers = Array.from({ length: 4 }, (_, n) => `shared-${n}`);

const processes = otherProcesses();
afterAll(() => processes.clear());

test(
  `two APIs and two workers on one database behave as one, also when one of each is killed ${faultRounds} times (seed ${faultSeed})`,
  async () => {
    const { app, stop } = await startTestApp({ worker: false });
    const random = seeded(faultSeed);
    const [lasting, first] = await Promise.all([1, 2].map(() => processes.serve(app, { worker: true })));
    if (!lasting || !first) throw new Error("There are not two of them.");
    let mortal = first;
    const urls = () => [lasting.url, mortal.url];
    try {
      for (const sub of customers) await app.customerOn("professional", sub);
      await expectEachOnce(app, new Set());

      const heard = await Promise.all(urls().map((url) => openStream(url, app.person("shared-0").token, changed)));
      const quietly = await changesUnheard(app, customers, 12, random);
      await expectEachOnce(app, await deliverAll(app, urls(), quietly));
      await expectWorkedOnOnce(app);
      for (const stream of heard) {
        expect(await stream.next()).toMatchObject({
          data: { currentSubscriptionUpdated: { cause: expect.any(String) } },
        });
        await stream.close();
      }
      await expectOnePage(app, urls());

      for (let round = 0; round < faultRounds; round += 1) {
        const bodies = await changesUnheard(app, customers, 24, random);
        const accepted = new Set<string>();
        const all = deliverAll(app, urls(), bodies, accepted);
        const moment = Math.floor(random() * bodies.length * 0.8);
        await until("enough was accepted", () => accepted.size >= moment, 30_000);
        mortal.process.child.kill("SIGKILL");
        await all;
        await expectEachOnce(app, accepted);
        await expectStripesTruth(app);
        await mortal.process.ended;
        mortal = await processes.serve(app, { worker: true, port: Number(new URL(mortal.url).port) });
      }
      expect(lasting.process.child.exitCode, lasting.process.output()).toBe(null);
    } finally {
      for (const { process } of [lasting, mortal]) {
        process.child.kill("SIGKILL");
        await process.ended;
      }
      await stop();
    }
  },
  60_000 + faultRounds * 30_000,
);

const changed = "subscription { currentSubscriptionUpdated { cause } }";

/** No event was worked on by both: while nothing fails, each has been tried once. */
async function expectWorkedOnOnce({ connection: { db } }: TestApp): Promise<void> {
  const again = "select stripe_event_id, attempts from webhook_events where status = 'PROCESSED' and attempts <> 1";
  expect([...(await db.execute(again))]).toEqual([]);
}

/** Somebody who clicks at both at once gets one page. */
async function expectOnePage(app: TestApp, urls: readonly string[]): Promise<void> {
  const { token } = app.person("impatient");
  const query = `mutation ($input: CreateCheckoutSessionInput!) {
    createCheckoutSession(input: $input) { checkoutSession { url } userErrors { code } } }`;
  const input = { priceId: await findPrice(app, "starter"), returnUrl };
  const clicks = Array.from({ length: 16 }, (_, n) =>
    sendGraphql(urls[n % urls.length] ?? "", query, { input }, token),
  );
  const payloads = (await Promise.all(clicks)).map(({ data }) => data.createCheckoutSession);
  const pages = payloads.flatMap(({ checkoutSession }) => checkoutSession?.url ?? []);
  expect(new Set(pages).size).toBe(1);
  for (const { userErrors } of payloads) {
    for (const { code } of userErrors) expect(code).toBe("REQUEST_IN_PROGRESS");
  }
  const sessions = await app.stripe.checkout.sessions.list({ limit: 100, status: "open" });
  expect(sessions.data).toHaveLength(1);
}
