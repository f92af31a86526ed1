import type { Tables } from "../store/tables.js";
import type { World } from "../world.js";
import type { Cause } from "./cause.js";
import { createHeap, type Heap } from "./heap.js";

/** Something that happens by itself at an instant, in Unix seconds. */
export interface Due {
  at: number;
  run: () => void;
}

/** Everything that is to happen, in order; kept in step with the tables, so that looking is cheap. */
export interface Agenda {
  /** Takes off what is due first on a clock, unless that is later than an instant. */
  take(world: World, clock: string | null, until: number): Due | null;
}

interface Entry {
  at: number;
  /** Of two things due at once, the cause declared earlier comes first, then the object that waited longer. */
  rank: number;
  turn: number;
  id: string;
}

export function createAgenda(tables: Tables, causes: Cause[]): Agenda {
  const heaps = new Map<string | null, Heap<Entry>>();
  const changed = causes.map(() => new Set<string>());
  const noted = causes.map(() => new Map<string, string>());
  let turn = 0;
  causes.forEach((cause, rank) => {
    cause.watch(tables, (id) => changed[rank]?.add(id));
  });

  function note(world: World, cause: Cause, rank: number, id: string): void {
    const due = cause.due(world, id);
    const known = noted[rank];
    if (!due) {
      known?.delete(id);
      return;
    }
    const place = `${due.clock} ${due.at}`;
    if (known?.get(id) === place) return;
    known?.set(id, place);
    const heap = heaps.get(due.clock) ?? createHeap<Entry>(isBefore);
    heaps.set(due.clock, heap);
    turn += 1;
    heap.push({ at: due.at, rank, turn, id });
  }

  function noteChanges(world: World): void {
    causes.forEach((cause, rank) => {
      const ids = changed[rank];
      if (!ids || ids.size === 0) return;
      for (const id of ids) note(world, cause, rank, id);
      ids.clear();
    });
  }

  return {
    take: (world, clock, until) => {
      noteChanges(world);
      const heap = heaps.get(clock);
      for (let entry = heap?.peek(); entry && entry.at <= until; entry = heap?.peek()) {
        heap?.pop();
        const { at, rank, id } = entry;
        const cause = causes[rank];
        // What has changed since is in the heap again, at its new place.
        if (!cause || noted[rank]?.get(id) !== `${clock} ${at}`) continue;
        noted[rank]?.delete(id);
        // If running it changes nothing it would never end, so what runs is looked at again only when it changes.
        return { at, run: () => cause.run(world, id) };
      }
      return null;
    },
  };
}

function isBefore(one: Entry, other: Entry): boolean {
  if (one.at !== other.at) return one.at < other.at;
  if (one.rank !== other.rank) return one.rank < other.rank;
  return one.turn < other.turn;
}
