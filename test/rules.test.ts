import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withCheckoutId } from "../src/billing/checkout/checkout.js";
import { isAllowedReturnUrl } from "../src/billing/checkout/return-url.js";
import { causeOf, type SubscriptionState } from "../src/billing/subscriptions/subscription.js";
import { bucketsOf, type Granularity } from "../src/billing/usage/usage-series.js";

describe("the points of a series", () => {
  const granularities = fc.constantFrom<Granularity>("HOUR", "DAY", "WEEK", "MONTH");
  const instants = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("2100-01-01T00:00:00Z"),
    noInvalidDate: true,
  });

  test("follow each other without a gap and cover the span, and no point lies outside it", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 40 * 24 * 3_600_000 }), granularities, (start, length, width) => {
        const end = new Date(start.getTime() + length);
        const points = bucketsOf({ start, end }, width, 1_000) ?? [];
        const [first, last] = [points[0], points.at(-1)];
        expect(first?.start.getTime()).toBeLessThanOrEqual(start.getTime());
        expect(first?.end.getTime()).toBeGreaterThan(start.getTime());
        expect(last?.start.getTime()).toBeLessThan(end.getTime());
        expect(last?.end.getTime()).toBeGreaterThanOrEqual(end.getTime());
        expect(points.slice(1).map((point) => point.start)).toEqual(points.slice(0, -1).map((point) => point.end));
      }),
    );
  });

  test("begin on the hour, at midnight, on a Monday or on the first, in UTC", () => {
    const start = new Date("2024-02-29T13:45:12.345Z");
    const end = new Date("2024-02-29T13:45:12.346Z");
    const [hour, day, week, month] = (["HOUR", "DAY", "WEEK", "MONTH"] as const).map((width) =>
      bucketsOf({ start, end }, width, 1)?.map((point) => [point.start.toISOString(), point.end.toISOString()]),
    );
    expect(hour).toEqual([["2024-02-29T13:00:00.000Z", "2024-02-29T14:00:00.000Z"]]);
    expect(day).toEqual([["2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"]]);
    expect(week).toEqual([["2024-02-26T00:00:00.000Z", "2024-03-04T00:00:00.000Z"]]);
    expect(month).toEqual([["2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"]]);
  });

  test("of a month are as long as the month is, over the year's end too", () => {
    const span = { start: new Date("2023-12-01T00:00:00Z"), end: new Date("2024-03-01T00:00:00Z") };
    const days = bucketsOf(span, "MONTH", 10)?.map(({ start, end }) => (end.getTime() - start.getTime()) / 86_400_000);
    expect(days).toEqual([31, 31, 29]);
  });

  test("are as many as allowed, and not one more", () => {
    const start = new Date("2024-01-01T00:00:00Z");
    const spanOf = (hours: number) => ({ start, end: new Date(start.getTime() + hours * 3_600_000) });
    expect(bucketsOf(spanOf(10), "HOUR", 10)).toHaveLength(10);
    expect(bucketsOf(spanOf(11), "HOUR", 10)).toBeUndefined();
    expect(bucketsOf(spanOf(0), "HOUR", 10)).toEqual([]);
  });
});

describe("the cause of a change", () => {
  const state = (
    status: SubscriptionState["status"],
    tierSlug = "starter",
    periodEnd: string | null = "2026-02-01",
  ): SubscriptionState => ({ status, tierSlug, currentPeriodEnd: periodEnd === null ? null : new Date(periodEnd) });

  test.each<[string, string, SubscriptionState | undefined, SubscriptionState]>([
    ["CUSTOMER", "a first subscription", undefined, state("ACTIVE")],
    ["CUSTOMER", "a first payment that went through", state("INCOMPLETE"), state("ACTIVE")],
    ["TRIAL_END", "a trial that became paid", state("TRIALING"), state("ACTIVE")],
    ["TRIAL_END", "a trial that nobody paid for", state("TRIALING"), state("PAST_DUE")],
    ["PAYMENT", "a failed payment", state("ACTIVE"), state("PAST_DUE")],
    ["PAYMENT", "a payment put right", state("PAST_DUE"), state("ACTIVE", "starter", "2026-03-01")],
    ["PAYMENT", "a payment given up", state("PAST_DUE"), state("UNPAID")],
    ["RENEWAL", "a new period", state("ACTIVE"), state("ACTIVE", "starter", "2026-03-01")],
    ["CUSTOMER", "another tier, and a new period with it", state("ACTIVE"), state("ACTIVE", "pro", "2026-03-01")],
    ["CUSTOMER", "another tier", state("ACTIVE"), state("ACTIVE", "pro")],
    ["CUSTOMER", "an end", state("ACTIVE"), state("CANCELED")],
    ["CUSTOMER", "a period that is no longer known", state("ACTIVE"), state("ACTIVE", "starter", null)],
    ["CUSTOMER", "nothing of note", state("ACTIVE"), state("ACTIVE")],
  ])("is %s for %s", (cause, _what, before, after) => {
    expect(causeOf(before, after)).toBe(cause);
  });
});

describe("a return URL", () => {
  const allowed = ["https://app.example.com", "http://localhost:3000"];

  test.each([
    "https://app.example.com",
    "https://app.example.com/",
    "https://APP.example.com/billing?tab=plan#top",
    "https://app.example.com:443/billing",
    "http://localhost:3000/anything?next=https://evil.example",
  ])("%s is allowed", (url) => {
    expect(isAllowedReturnUrl(url, allowed)).toBe(true);
  });

  test.each([
    "http://app.example.com/",
    "https://app.example.com:8443/",
    "https://app.example.com.evil.example/",
    "https://evil.example/?https://app.example.com",
    "https://evil.example#https://app.example.com",
    "https://app.example.com@evil.example/",
    "https://ada@app.example.com/",
    "https://ada:secret@app.example.com/",
    "https://sub.app.example.com/",
    "https://example.com/",
    "http://localhost/",
    "//app.example.com/",
    "/billing",
    "",
    "javascript:alert(1)//https://app.example.com",
    "data:text/html,https://app.example.com",
    "blob:https://app.example.com/1",
    "ftp://app.example.com/",
    "https://evil.example\\@app.example.com/",
    "https:/\\evil.example/",
  ])("%s is not allowed", (url) => {
    expect(isAllowedReturnUrl(url, allowed)).toBe(false);
  });

  test("passes only at exactly an allowed origin, whatever follows it", () => {
    const urls = fc.webUrl({ withFragments: true, withQueryParameters: true });
    fc.assert(
      fc.property(urls, urls, (url, other) => {
        const { origin } = new URL(url);
        expect(isAllowedReturnUrl(url, [origin])).toBe(true);
        expect(isAllowedReturnUrl(url, [])).toBe(false);
        expect(isAllowedReturnUrl(other, [origin])).toBe(new URL(other).origin === origin);
      }),
    );
  });

  test("does not pass for another scheme, port or host that begins or ends like an allowed one", () => {
    const parts = fc.record({ host: fc.domain(), extra: fc.domain(), port: fc.integer({ min: 1_024, max: 65_535 }) });
    fc.assert(
      fc.property(parts, ({ host, extra, port }) => {
        const origins = [`https://${host}`];
        expect(isAllowedReturnUrl(`https://${host}/back`, origins)).toBe(true);
        for (const wrong of [`http://${host}`, `https://${host}:${port}`, `https://${host}.${extra}`])
          expect(isAllowedReturnUrl(`${wrong}/back`, origins)).toBe(false);
        for (const wrong of [`https://${extra}.${host}`, `https://${host}@${extra}`, `https://a@${host}`])
          expect(isAllowedReturnUrl(`${wrong}/back`, origins)).toBe(false);
      }),
    );
  });

  test("is never an accident of odd text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!isAllowedReturnUrl(text, allowed)) return;
        expect(allowed).toContain(new URL(text).origin);
      }),
    );
  });
});

describe("the checkout's ID in a return URL", () => {
  const id = "01890a5d-ac96-774b-bcce-b302099a8057";

  test.each([
    ["https://app.example.com/billing", "https://app.example.com/billing?checkout_session="],
    ["https://app.example.com/billing?tab=plan&x=1", "https://app.example.com/billing?tab=plan&x=1&checkout_session="],
    ["https://app.example.com?a=1&a=2", "https://app.example.com/?a=1&a=2&checkout_session="],
    ["https://app.example.com/?q=a%20b%26c", "https://app.example.com/?q=a+b%26c&checkout_session="],
  ])("is added to %s", (url, start) => {
    expect(withCheckoutId(url, id).startsWith(start)).toBe(true);
  });

  test("stands before the fragment, where a server and a router both see it", () => {
    const url = new URL(withCheckoutId("https://app.example.com/a?b=1#/plan", id));
    expect(url.hash).toBe("#/plan");
    expect([...url.searchParams.keys()]).toEqual(["b", "checkout_session"]);
  });

  test("replaces an older one instead of standing beside it", () => {
    const once = withCheckoutId("https://app.example.com/?tab=plan", "01890a5d-0000-774b-bcce-b302099a8057");
    expect(withCheckoutId(once, id)).toBe(withCheckoutId("https://app.example.com/?tab=plan", id));
  });

  test("leaves every other parameter as it was", () => {
    const names = fc.string({ minLength: 1 }).filter((name) => name !== "checkout_session");
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.string())), (pairs) => {
        const given = new URL("https://app.example.com/billing");
        for (const [name, value] of pairs) given.searchParams.append(name, value);
        const back = new URL(withCheckoutId(given.href, id));
        expect([...back.searchParams].slice(0, -1)).toEqual([...given.searchParams]);
        expect([...back.searchParams].at(-1)?.[0]).toBe("checkout_session");
      }),
    );
  });
});
