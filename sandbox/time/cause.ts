import type { Kind, Kinds, Tables } from "../store/tables.js";
import type { World } from "../world.js";
import { testClockOf } from "./test-clock-of.js";

/** One thing that time does, to objects of one kind. */
export interface Cause {
  watch(tables: Tables, changed: (id: string) => void): void;
  /** When it happens to that object next, in Unix seconds, and on whose clock; null: not as things stand. */
  due(world: World, id: string): { at: number; clock: string | null } | null;
  run(world: World, id: string): void;
}

/**
 * Declares something that happens by itself.
 *
 * `at` is asked again whenever the object changes. `run` must change it so that `at` moves on or becomes null.
 */
export function cause<K extends Kind>(
  kind: K,
  does: { at: (record: Kinds[K], world: World) => number | null; run: (world: World, record: Kinds[K]) => void },
): Cause {
  return {
    watch: (tables, changed) => tables[kind].watch(changed),
    due: (world, id) => {
      const record = world.tables[kind].find(id);
      const at = record === undefined ? null : does.at(record, world);
      return record === undefined || at === null ? null : { at, clock: testClockOf(world, record) };
    },
    run: (world, id) => {
      const record = world.tables[kind].find(id);
      if (record) does.run(world, record);
    },
  };
}
