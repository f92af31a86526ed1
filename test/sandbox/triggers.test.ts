import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startJudgedSandbox } from "../support/sandbox.js";
import { callStripeCli, stripeCli, triggerableEvents } from "./stripe-cli.js";
import { clientOf } from "./support.js";

/** What a billing service lives through; the command line has triggers for much else. */
const ours = [
  /^checkout\.session\.completed$/,
  /^customer\.(created|updated|deleted)$/,
  /^customer\.(subscription|discount)\./,
  /^(coupon|promotion_code|invoice|invoiceitem|price|product|setup_intent|subscription|subscription_schedule)\./,
  /^payment_intent\.(created|succeeded|payment_failed|requires_action|canceled)$/,
  /^payment_method\.(attached|detached)$/,
  /^test_helpers\./,
  /^charge\.(succeeded|failed|refunded)$/,
];

/** Those it names differently from the event. */
const aliases: Record<string, string> = {
  "subscription.payment_failed": "invoice.payment_failed",
  "subscription.payment_succeeded": "invoice.payment_succeeded",
};

test.skipIf(stripeCli === undefined)(
  `Stripe's own command line triggers every event of ours${stripeCli ? "" : " (skipped: neither node_modules/.bin/stripe nor STRIPE_CLI is there)"}`,
  { timeout: 180_000 },
  async () => {
    const events = (await triggerableEvents()).filter((name) => ours.some((pattern) => pattern.test(name)));
    expect(events.length).toBeGreaterThan(50);
    const problems: Record<string, string> = {};
    const waiting = [...events];
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const problem = await problemOf(name);
        if (problem !== null) problems[name] = problem;
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(problems).toEqual({});
  },
);

/** Triggers an event in a sandbox of its own; null if it went well and the event came. */
async function problemOf(name: string): Promise<string | null> {
  const sandbox = await startJudgedSandbox();
  try {
    const said = await callStripeCli(
      "trigger",
      name,
      "--api-base",
      sandbox.url,
      "--api-key",
      "sk_test_0123456789abcdef",
    );
    if (!said.includes("Trigger succeeded")) return said;
    return (await hasEvent(clientOf(sandbox), aliases[name] ?? name)) ? null : "the event did not come";
  } catch (error) {
    return String(error).replaceAll(/\s+/g, " ");
  } finally {
    await sandbox.close();
  }
}

/** A test clock may still be on its way. */
async function hasEvent(stripe: ReturnType<typeof clientOf>, type: string): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await stripe.events.list({ type })).data.length > 0) return true;
    await sleep(50);
  }
  return false;
}
