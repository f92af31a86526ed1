import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { adminCancel, cancel, codesOf, courseOf, pause, resume } from "./support/course.js";
import { grant, inDays, visitor } from "./support/grants.js";
import { fallBehind, putObject, subscriptionOf } from "./support/objects.js";
import type { Person } from "./support/person.js";
import { change, dropChange } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { expectStripesTruth } from "./support/truth.js";

/**
 * What each mutation answers in each state of a subscription: `ok`, or the code of the refusal. `CANCEL_NOW` is the same
 * action as `CANCEL`, and `STOP` that of staff, at once. The portal opens whatever the state is.
 */
const actions = ["CANCEL", "CANCEL_NOW", "RESUME", "PAUSE", "CHANGE_PLAN", "CANCEL_PENDING_CHANGE", "STOP"] as const;
type Action = (typeof actions)[number];

const none = "NO_SUBSCRIPTION";
const ended = "ALREADY_CANCELED";
const table: Readonly<Record<string, readonly string[]>> = {
  //                      CANCEL CANCEL_NOW RESUME          PAUSE             CHANGE_PLAN       CANCEL_PENDING       STOP
  "nothing bought": /* */ [
    none,
    none,
    /**/ none,
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    "NOT_FOUND",
  ],
  ACTIVE: /*           */ [
    "ok",
    "ok",
    /**/ "NOT_CANCELING",
    "ok",
    /*      */ "ok",
    /*       */ "NO_CHANGE_PENDING",
    "ok",
  ],
  "about to end": /*   */ [
    ended,
    ended,
    /**/ "ok",
    /*   */ ended,
    /*      */ ended,
    /*      */ "NO_CHANGE_PENDING",
    "ok",
  ],
  "change waits": /*   */ [
    "ok",
    "ok",
    /**/ "NOT_CANCELING",
    "ok",
    /*      */ "ok",
    /*       */ "ok",
    /*          */ "ok",
  ],
  TRIALING: /*         */ [
    "ok",
    "ok",
    /**/ "NOT_CANCELING",
    none,
    /*      */ "ok",
    /*       */ "NO_CHANGE_PENDING",
    "ok",
  ],
  PAST_DUE: /*         */ [
    "ok",
    "ok",
    /**/ "NOT_CANCELING",
    "PAYMENT_FAILED",
    "PAYMENT_FAILED",
    "NO_CHANGE_PENDING",
    "ok",
  ],
  UNPAID: /*           */ [
    "ok",
    "ok",
    /**/ "NOT_CANCELING",
    "PAYMENT_FAILED",
    "PAYMENT_FAILED",
    "NO_CHANGE_PENDING",
    "ok",
  ],
  PAUSED: /*           */ [
    "ok",
    "ok",
    /**/ "ok",
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    "ok",
  ],
  INCOMPLETE: /*       */ [
    none,
    none,
    /**/ none,
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    "ok",
  ],
  INCOMPLETE_EXPIRED: /**/ [
    none,
    none,
    /**/ none,
    /*    */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    none,
  ],
  CANCELED: /*         */ [
    none,
    none,
    /**/ none,
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    none,
  ],
  given: /*            */ [
    none,
    none,
    /**/ none,
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    "ok",
  ],
  "given until a day": /**/ [
    none,
    none,
    /**/ none,
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    "ok",
  ],
  "given, and ended": /**/ [
    none,
    none,
    /**/ none,
    /*     */ none,
    /*       */ none,
    /*       */ "NO_CHANGE_PENDING",
    none,
  ],
};

/** Gives somebody on record, who has bought nothing, a tier in a state. */
const givers: Readonly<Record<string, (app: TestApp, customerId: string) => Promise<unknown>>> = {
  given: (app, id) => grant(app, id, "professional"),
  "given until a day": (app, id) => grant(app, id, "professional", { endsAt: inDays(app, 7) }),
  "given, and ended": async (app, id) => {
    const { subscription } = await grant(app, id, "professional");
    await stop(app, subscription.id);
  },
};

/** Brings somebody's subscription, which is active, into a state. */
const makers: Readonly<Record<string, (app: TestApp, person: Person) => Promise<unknown>>> = {
  ACTIVE: async () => undefined,
  "about to end": async (app, { sub }) =>
    app.stripe.subscriptions.update((await subscriptionOf(app, sub)).id, { cancel_at_period_end: true }),
  "change waits": (app, person) => change(app, person, "starter"),
  TRIALING: async (app, { sub }) => {
    const trial_end = Math.floor(app.now().getTime() / 1000) + 7 * 24 * 3600;
    const { id } = await subscriptionOf(app, sub);
    return app.stripe.subscriptions.update(id, { trial_end, proration_behavior: "none" });
  },
  PAST_DUE: (app, { sub }) => fallBehind(app, sub),
  UNPAID: async (app, { sub }) => {
    await fallBehind(app, sub);
    await putObject(app, { ...(await subscriptionOf(app, sub)), status: "unpaid" });
  },
  PAUSED: async (app, { sub }) => app.stripe.subscriptions.pause((await subscriptionOf(app, sub)).id),
  INCOMPLETE: async (app, { sub }) => putObject(app, { ...(await subscriptionOf(app, sub)), status: "incomplete" }),
  INCOMPLETE_EXPIRED: async (app, { sub }) => {
    const ended_at = Math.floor(app.now().getTime() / 1000);
    return putObject(app, { ...(await subscriptionOf(app, sub)), status: "incomplete_expired", ended_at });
  },
  CANCELED: async (app, { sub }) => app.stripe.subscriptions.cancel((await subscriptionOf(app, sub)).id),
};

const nobodys = "bsub_00000000000070008000000000000000";

const doers: Readonly<Record<Action, (app: TestApp, person: Person) => ReturnType<typeof cancel>>> = {
  CANCEL: (_app, person) => cancel(person),
  CANCEL_NOW: (_app, person) => cancel(person, { timing: "IMMEDIATE" }),
  RESUME: (_app, person) => resume(person),
  PAUSE: (_app, person) => pause(person),
  CHANGE_PLAN: (app, person) => change(app, person, "enterprise"),
  CANCEL_PENDING_CHANGE: (_app, person) => dropChange(person),
  STOP: async (app, person) => {
    const subscriptionId = (await courseOf(person))?.id ?? nobodys;
    return stop(app, subscriptionId);
  },
};

function stop(app: TestApp, subscriptionId: string): ReturnType<typeof cancel> {
  const staff = app.person("staff", { role: "admin" });
  return adminCancel(staff, { subscriptionId, timing: "IMMEDIATE", reason: "to see whether" });
}

let visitors = 0;

/** Somebody whose subscription is in a state. */
async function somebodyIn(app: TestApp, state: string): Promise<Person> {
  const [give, make] = [givers[state], makers[state]];
  if (give) {
    const { person, id } = await visitor(app, `visitor-${++visitors}`);
    await give(app, id);
    return person;
  }
  if (!make) return app.person("nobody");
  const person = await app.customerOn("professional");
  await make(app, person);
  await quiet(app);
  return person;
}

test.for(Object.entries(table))(
  "%s: what may be done is offered, and everything else is refused",
  async ([state, row], { app }) => {
    const expected = actions.map((action, at) => ({ action, answer: row[at] }));
    const person = await somebodyIn(app, state);
    const before = await courseOf(person);
    if (before) {
      const offered = new Set<string>(expected.filter(({ answer }) => answer === "ok").map(({ action }) => action));
      for (const action of ["CANCEL", "RESUME", "PAUSE", "CHANGE_PLAN", "CANCEL_PENDING_CHANGE"]) {
        expect({ action, is: before.availableActions.includes(action) }).toEqual({ action, is: offered.has(action) });
      }
    }
    for (const { action, answer } of expected.filter((each) => each.answer !== "ok")) {
      expect({ action, codes: codesOf(await doers[action](app, person)) }).toEqual({ action, codes: [answer] });
    }
    expect(await courseOf(person)).toEqual(before);
    const accepted = expected.filter(({ answer }) => answer === "ok");
    const others = await Promise.all(accepted.map(() => somebodyIn(app, state)));
    for (const [at, { action }] of accepted.entries()) {
      const other = others[at] ?? person;
      expect({ action, codes: codesOf(await doers[action](app, other)) }).toEqual({ action, codes: [] });
    }
  },
);

test("in the end everything is here as it is at Stripe", async ({ app }) => {
  await quiet(app);
  await expectStripesTruth(app);
});
