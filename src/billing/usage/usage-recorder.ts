import type { Db } from "../../db/client.js";
import { type Group, makeGroup } from "../../db/group.js";
import type { Deps } from "../../deps.js";
import { momentOf } from "../moment.js";
import type { JudgedEvent, UsageEvent } from "./usage.js";
import { recordEvents } from "./usage.repository.js";

/** Few, so that calls for one busy customer meet in a statement and not at its lock; short, so that none holds it for long. */
const size = { statements: 2, items: 500 };

const recorders = new WeakMap<Db, Group<UsageEvent, JudgedEvent>>();

/**
 * Judges and counts events, with those of other callers of this process that come at the same time (group commit).
 * Rejects when the database cannot say what came of them; the same keys may then be sent again.
 */
export function record(deps: Deps, events: readonly UsageEvent[]): Promise<JudgedEvent[]> {
  return recorderOf(deps).ask(events);
}

/** Kept for as long as the process, so nothing of a request hangs on it. */
function recorderOf({ db, now, settings }: Deps): Group<UsageEvent, JudgedEvent> {
  const known = recorders.get(db);
  if (known) return known;
  const made = makeGroup(
    (events: readonly UsageEvent[]) => recordEvents(db, events, momentOf({ now, settings })),
    size,
  );
  recorders.set(db, made);
  return made;
}
