import type { Db } from "../../db/client.js";
import { isDatabaseOutage } from "../../db/outage.js";
import type { Deps } from "../../deps.js";
import { judgedAt } from "../allowances/standing.service.js";
import type { JudgedEvent, UsageEvent } from "./usage.js";
import { recordEvents } from "./usage.repository.js";

/**
 * Group commit: calls that arrive while statements are under way share the next one.
 *
 * Without it each call pays for a round trip and a commit of its own, and calls for one busy customer wait for one
 * another's. Nothing waits longer for it: a call that finds a free place goes at once, alone.
 */
export interface UsageRecorder {
  /** Judges and counts the events of one call, in order. Rejects when the database cannot say; the same keys may then be sent again. */
  record(events: readonly UsageEvent[]): Promise<JudgedEvent[]>;
}

interface Call {
  readonly events: readonly UsageEvent[];
  readonly resolve: (judged: JudgedEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Statements under way at once: a second one works while the first waits for its commit or for a customer's lock. */
const mostStatements = 2;
/** Most events in one statement, so that nobody's lock is held for long. */
const mostTogether = 500;

const recorders = new WeakMap<Db, UsageRecorder>();

/** The recorder of this process for this database. */
export function recorderOf(deps: Deps): UsageRecorder {
  const known = recorders.get(deps.db);
  if (known) return known;
  const recorder = makeUsageRecorder((events) => recordEvents(deps.db, events, judgedAt(deps)));
  recorders.set(deps.db, recorder);
  return recorder;
}

/** Makes a recorder upon a function that judges many events in one transaction. */
export function makeUsageRecorder(judge: (events: readonly UsageEvent[]) => Promise<JudgedEvent[]>): UsageRecorder {
  let waiting: Call[] = [];
  let underWay = 0;

  function start(): void {
    while (underWay < mostStatements && waiting.length > 0) {
      underWay += 1;
      void run(takeCalls()).finally(() => {
        underWay -= 1;
        start();
      });
    }
  }

  function takeCalls(): Call[] {
    let count = 0;
    const end = waiting.findIndex(({ events }, place) => {
      count += events.length;
      return place > 0 && count > mostTogether;
    });
    const taken = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    return taken;
  }

  /** Never rejects: each call hears for itself. */
  async function run(calls: readonly Call[]): Promise<void> {
    try {
      const judged = await judge(calls.flatMap(({ events }) => events));
      let from = 0;
      for (const { events, resolve } of calls) {
        resolve(judged.slice(from, from + events.length));
        from += events.length;
      }
    } catch (error) {
      const [first] = calls;
      if (calls.length > 1 && !isDatabaseOutage(error)) {
        // One of them is at fault; the others must not suffer for it. Nothing was counted, as a statement is all or nothing.
        for (const call of calls) await run([call]);
      } else if (calls.length > 1) {
        for (const { reject } of calls) reject(error);
      } else first?.reject(error);
    }
  }

  return {
    record: (events) =>
      new Promise((resolve, reject) => {
        waiting = [...waiting, { events, resolve, reject }];
        start();
      }),
  };
}
