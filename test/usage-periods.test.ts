import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { userIdOf } from "../src/billing/users/user.js";
import { type Connection, connect } from "../src/db/client.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 1, applicationName: "tests" });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const at = (text: string) => new Date(text.length === 10 ? `${text}T00:00:00Z` : `${text}Z`);
const iso = (date: Date) => date.toISOString();

async function step(anchor: Date, unit: string, moment: Date) {
  const [row] = await connection.db.execute(
    sql`select period_start, period_end from usage_step(${iso(anchor)}::timestamptz, ${unit}, ${iso(moment)}::timestamptz)`,
  );
  return { start: new Date(String(row?.["period_start"])), end: new Date(String(row?.["period_end"])) };
}

/** `months` after the anchor, its day clamped to the month. */
function monthsAfter(anchor: Date, months: number): Date {
  const date = new Date(anchor);
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(anchor.getUTCDate(), lastDay));
  return date;
}

describe("a step from an anchor", () => {
  test.each([
    ["2026-01-31", "month", "2026-02-27T23:59:59", "2026-01-31", "2026-02-28"],
    ["2026-01-31", "month", "2026-02-28", "2026-02-28", "2026-03-31"],
    ["2026-01-31", "month", "2026-03-30T23:59:59", "2026-02-28", "2026-03-31"],
    ["2026-01-31", "month", "2026-04-30", "2026-04-30", "2026-05-31"],
    ["2024-01-31", "month", "2024-02-29", "2024-02-29", "2024-03-31"],
    ["2026-03-15T10:30:00", "month", "2026-03-15T10:29:59", "2026-02-15T10:30:00", "2026-03-15T10:30:00"],
    ["2026-03-15T10:30:00", "month", "2025-01-01", "2024-12-15T10:30:00", "2025-01-15T10:30:00"],
    ["2026-03-02", "week", "2026-03-09", "2026-03-09", "2026-03-16"],
    ["2026-03-02T12:00:00", "week", "2026-03-02T11:59:59", "2026-02-23T12:00:00", "2026-03-02T12:00:00"],
    ["2026-03-29T01:30:00", "day", "2026-03-30T01:29:59", "2026-03-29T01:30:00", "2026-03-30T01:30:00"],
  ])("of %s by the %s holds %s from %s to %s", async (anchor, unit, moment, start, end) => {
    expect(await step(at(anchor), unit, at(moment))).toEqual({ start: at(start), end: at(end) });
  });

  const instant = fc.date({ min: at("2020-01-01"), max: at("2032-01-01"), noInvalidDate: true });

  test("of a month is clamped to the month's end, comes back, and leaves no gap: for any anchor and moment", async () => {
    await fc.assert(
      fc.asyncProperty(instant, instant, async (anchor, moment) => {
        const { start, end } = await step(anchor, "month", moment);
        expect(moment >= start && moment < end).toBe(true);
        const months =
          (start.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + start.getUTCMonth() - anchor.getUTCMonth();
        expect(start).toEqual(monthsAfter(anchor, months));
        expect(end).toEqual(monthsAfter(anchor, months + 1));
        expect((await step(anchor, "month", end)).start).toEqual(end);
      }),
      { numRuns: 200 },
    );
  });
});

let people = 0;

interface Bought {
  readonly started: string;
  readonly anchor?: string;
  readonly ended?: string;
  readonly trialEnds?: string;
  readonly currentFrom?: string;
  readonly unit?: string;
  readonly status?: string;
}

/** A payer with these subscriptions, and a first use before them. */
async function payer({ firstUse, bought = [] }: { firstUse?: string; bought?: readonly Bought[] }): Promise<string> {
  const externalId = `payer-${++people}`;
  const id = userIdOf(externalId);
  const instant = (text: string | undefined) => (text ? iso(at(text)) : null);
  await connection.db.execute(sql`insert into users (id, external_id, created_at, recorded_at, updated_at, first_used_at)
    values (${id}, ${externalId}, now(), now(), now(), ${instant(firstUse)})`);
  for (const [place, row] of bought.entries()) {
    await connection.db.execute(sql`insert into subscriptions (id, user_id, stripe_subscription_id, status, quantity, started_at,
        usage_anchor, usage_unit, trial_ends_at, ended_at, current_period_start, recorded_at, updated_at)
      values (gen_random_uuid(), ${id}, ${`sub_${externalId}_${place}`}, ${row.status ?? (row.ended ? "CANCELED" : "ACTIVE")}, 1,
        ${instant(row.started)}, ${instant(row.anchor ?? row.started)}, ${row.unit ?? "month"}, ${instant(row.trialEnds)},
        ${instant(row.ended)}, ${instant(row.currentFrom ?? row.started)}, now(), now())`);
  }
  return id;
}

async function period(userId: string, moment: string, now = moment) {
  const [row] = await connection.db.execute(
    sql`select * from usage_period(${userId}, ${iso(at(moment))}::timestamptz, ${iso(at(now))}::timestamptz)`,
  );
  const text = (name: string) => {
    const value = row?.[name];
    return value === null || value === undefined
      ? null
      : iso(new Date(String(value))).replace(/(T00:00:00)?\.000Z$/, "");
  };
  return [text("period_start"), text("period_end"), text("closed_before")];
}

describe("the period in which use counts", () => {
  test("runs by the month from a purchase on, also where a year was paid", async () => {
    const id = await payer({ bought: [{ started: "2026-01-31" }] });
    expect(await period(id, "2026-02-10")).toEqual(["2026-01-31", "2026-02-28", "2026-01-31"]);
    expect(await period(id, "2026-07-31")).toEqual(["2026-07-31", "2026-08-31", "2026-01-31"]);
  });

  test("is a week or a day where that is what is paid for", async () => {
    expect(await period(await payer({ bought: [{ started: "2026-03-02", unit: "week" }] }), "2026-03-10")).toEqual([
      "2026-03-09",
      "2026-03-16",
      "2026-03-02",
    ]);
  });

  test("begins with the first use where there never was a subscription", async () => {
    const id = await payer({ firstUse: "2026-05-20T08:00:00" });
    expect(await period(id, "2026-06-20T07:59:59")).toEqual(["2026-05-20T08:00:00", "2026-06-20T08:00:00", null]);
    expect(await period(id, "2026-06-20T08:00:00")).toEqual(["2026-06-20T08:00:00", "2026-07-20T08:00:00", null]);
    // Clocks of two processes differ a little: what is a moment before the first use belongs to it.
    expect(await period(id, "2026-05-20T07:59:30")).toEqual(["2026-05-20T08:00:00", "2026-06-20T08:00:00", null]);
    expect(await period(id, "2026-05-19", "2026-05-21")).toEqual(["2026-04-20T08:00:00", "2026-05-20T08:00:00", null]);
  });

  test("is never one before the first, though the clock be slow or put back", async () => {
    const used = await payer({ firstUse: "2026-05-20" });
    expect((await period(used, "2026-05-19")).slice(0, 2)).toEqual(["2026-05-20", "2026-06-20"]);
    const trial = { started: "2026-06-01", anchor: "2026-06-15", trialEnds: "2026-06-15" };
    const bought = await payer({ firstUse: "2026-05-20", bought: [trial] });
    expect((await period(bought, "2026-05-31T22:00:00")).slice(0, 2)).toEqual(["2026-06-01", "2026-06-15"]);
  });

  test("starts anew with a purchase, and what was used before it stays in the period of then", async () => {
    const id = await payer({ firstUse: "2026-05-20", bought: [{ started: "2026-06-01" }] });
    expect(await period(id, "2026-06-01")).toEqual(["2026-06-01", "2026-07-01", null]);
    expect(await period(id, "2026-05-31T23:59:59", "2026-06-10")).toEqual(["2026-05-20", "2026-06-20", null]);
  });

  test("of a first part of a month begins with the subscription and ends at its anchor", async () => {
    const id = await payer({ bought: [{ started: "2026-06-10", anchor: "2026-07-01" }] });
    expect((await period(id, "2026-06-15")).slice(0, 2)).toEqual(["2026-06-10", "2026-07-01"]);
    expect((await period(id, "2026-07-15")).slice(0, 2)).toEqual(["2026-07-01", "2026-08-01"]);
  });

  test("of a trial ends with it, however long it is", async () => {
    const fortnight = await payer({
      bought: [{ started: "2026-06-01", anchor: "2026-06-15", trialEnds: "2026-06-15" }],
    });
    expect((await period(fortnight, "2026-06-02")).slice(0, 2)).toEqual(["2026-06-01", "2026-06-15"]);
    expect((await period(fortnight, "2026-06-15")).slice(0, 2)).toEqual(["2026-06-15", "2026-07-15"]);
    const long = await payer({ bought: [{ started: "2026-06-01", anchor: "2026-08-10", trialEnds: "2026-08-10" }] });
    expect((await period(long, "2026-06-02")).slice(0, 2)).toEqual(["2026-06-01", "2026-07-01"]);
    expect((await period(long, "2026-08-09")).slice(0, 2)).toEqual(["2026-08-01", "2026-08-10"]);
    expect((await period(long, "2026-08-10")).slice(0, 2)).toEqual(["2026-08-10", "2026-09-10"]);
  });

  test("of a trial stays when the trial is made longer: nothing that was used is forgotten", async () => {
    const id = await payer({ bought: [{ started: "2026-06-01", anchor: "2026-08-10", trialEnds: "2026-08-10" }] });
    const [start] = await period(id, "2026-07-25");
    await connection.db.execute(
      sql`update subscriptions set usage_anchor = '2026-08-20Z', trial_ends_at = '2026-08-20Z' where user_id = ${id}`,
    );
    expect((await period(id, "2026-07-25"))[0]).toBe(start);
  });

  test("after a trial begins where the trial ended, also before the first of its billing dates", async () => {
    const id = await payer({ bought: [{ started: "2026-06-10", anchor: "2026-07-01", trialEnds: "2026-06-17" }] });
    expect((await period(id, "2026-06-12")).slice(0, 2)).toEqual(["2026-06-10", "2026-06-17"]);
    expect((await period(id, "2026-06-18")).slice(0, 2)).toEqual(["2026-06-17", "2026-07-01"]);
  });

  test.each(["CANCELED", "PAUSED", "UNPAID", "PAST_DUE"])(
    "goes on as it was when the subscription is %s: nothing that was used is forgotten",
    async (status) => {
      const ended = status === "CANCELED" ? { ended: "2026-06-20" } : {};
      const id = await payer({ firstUse: "2026-01-05", bought: [{ started: "2026-06-10", status, ...ended }] });
      expect((await period(id, "2026-06-25")).slice(0, 2)).toEqual(["2026-06-10", "2026-07-10"]);
      expect((await period(id, "2026-09-10")).slice(0, 2)).toEqual(["2026-09-10", "2026-10-10"]);
    },
  );

  test("takes no notice of a purchase that was never paid", async () => {
    const id = await payer({
      firstUse: "2026-01-05",
      bought: [{ started: "2026-06-10", status: "INCOMPLETE_EXPIRED" }],
    });
    expect((await period(id, "2026-06-25")).slice(0, 2)).toEqual(["2026-06-05", "2026-07-05"]);
  });

  test("of a row that an earlier release wrote is counted from its current period", async () => {
    const id = await payer({ bought: [{ started: "2026-01-10", currentFrom: "2026-06-12" }] });
    await connection.db.execute(
      sql`update subscriptions set usage_anchor = null, usage_unit = null where user_id = ${id}`,
    );
    expect((await period(id, "2026-06-20")).slice(0, 2)).toEqual(["2026-06-12", "2026-07-12"]);
  });
});

describe("a period that was billed", () => {
  test("is closed an hour after the next one began, as Stripe then finalises its invoice", async () => {
    const id = await payer({ bought: [{ started: "2026-05-10", currentFrom: "2026-06-10" }] });
    expect((await period(id, "2026-06-09", "2026-06-10T00:59:59"))[2]).toBeNull();
    expect((await period(id, "2026-06-09", "2026-06-10T01:00:00"))[2]).toBe("2026-06-10");
  });

  test("is closed an hour after the subscription ended, and what comes after it is not", async () => {
    const id = await payer({ bought: [{ started: "2026-05-10", ended: "2026-06-20", currentFrom: "2026-06-10" }] });
    expect((await period(id, "2026-06-19", "2026-06-20T01:00:00"))[2]).toBe("2026-06-20");
    expect((await period(id, "2026-06-21", "2026-06-25"))[2]).toBeNull();
  });

  test("is none while a year that was paid at once runs", async () => {
    const id = await payer({ bought: [{ started: "2026-01-10" }] });
    expect((await period(id, "2026-05-20", "2026-06-20"))[2]).toBe("2026-01-10");
  });
});
