import fc from "fast-check";
import { expect, test } from "vitest";
import { startJudgedSandbox } from "../support/sandbox.js";
import { anyPlan, putOnSchedule, releaseFromSchedule } from "./life-schedules.js";
import { askedBy, customerWithCard } from "./scheduled.js";
import { invoicesOf, priceOf } from "./subscribed.js";
import { clientOf } from "./support.js";

const invoicesToCome = 5;

test("every invoice of a scheduled subscription equals its preview, released on the way or not", {
  timeout: 60_000,
}, async () => {
  const releasedAfter = fc.option(fc.integer({ min: 0, max: invoicesToCome - 1 }));
  await fc.assert(
    fc.asyncProperty(anyPlan, releasedAfter, async (plan, released) => {
      const sandbox = await startJudgedSandbox({ startAt: new Date("2027-01-31T12:00:00Z") });
      try {
        const stripe = clientOf(sandbox);
        const { id: customer } = await customerWithCard({ stripe });
        const prices = [await priceOf(stripe, 1000), await priceOf(stripe, 2999), await priceOf(stripe, 333)];
        const items = [{ price: String(prices[0]?.id) }];
        const subscription = await stripe.subscriptions.create({ customer, items });
        await putOnSchedule(stripe, subscription.id, prices, plan);
        for (let count = 0; count < invoicesToCome; count += 1) {
          if (count === released) await releaseFromSchedule(stripe, subscription.id).catch(() => undefined);
          const known = (await invoicesOf(stripe, subscription)).length;
          const preview = await stripe.invoices.createPreview({ subscription: subscription.id }).catch(() => null);
          if (!preview) break;
          // Until it is paid, for a balance that one takes is not there for the next.
          await sandbox.setClock(new Date((preview.created + 3600) * 1000));
          const invoice = (await invoicesOf(stripe, subscription))[known];
          expect(invoice && askedBy(invoice)).toEqual(askedBy(preview));
        }
      } finally {
        await sandbox.close();
      }
    }),
    { numRuns: 20 },
  );
});
