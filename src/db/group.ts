import { isDatabaseOutage } from "./outage.js";

/** Work that many callers hand in, and that is done for several of them by one statement. */
export interface Group<Item, Result> {
  /**
   * What comes of some items, in order. Rejects when their statement does.
   *
   * The statement begins after this was called, so it sees everything that was committed before.
   */
  ask(items: readonly Item[]): Promise<Result[]>;
}

/** How much is done together. */
export interface GroupSize<Item> {
  /** Statements under way at once: a second one works while the first waits for its commit or for a lock. */
  readonly statements: number;
  /** Most items in one statement, unless one caller alone brings more. */
  readonly items: number;
  /** For how many an item counts; 1 when left out. */
  readonly weigh?: (item: Item) => number;
}

interface Call<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets calls that arrive while statements are under way share the next one. `run` is to be all or nothing.
 *
 * Without it each caller pays for a round trip, and perhaps for a commit, of its own. Nobody waits longer for it: who
 * finds a free place goes at once, alone. Should a statement fail for any reason but an outage, each of its callers is
 * tried alone, so that only the one at fault hears of it.
 */
export function makeGroup<Item, Result>(
  run: (items: readonly Item[]) => Promise<Result[]>,
  { statements, items: mostItems, weigh = () => 1 }: GroupSize<Item>,
): Group<Item, Result> {
  let waiting: Call<Item, Result>[] = [];
  let underWay = 0;

  function start(): void {
    while (underWay < statements && waiting.length > 0) {
      underWay += 1;
      void answer(take()).finally(() => {
        underWay -= 1;
        start();
      });
    }
  }

  function take(): Call<Item, Result>[] {
    let count = 0;
    const end = waiting.findIndex(({ items }, place) => {
      count += items.reduce((sum, item) => sum + weigh(item), 0);
      return place > 0 && count > mostItems;
    });
    const taken = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    return taken;
  }

  /** Never rejects: each caller hears for itself. */
  async function answer(calls: readonly Call<Item, Result>[]): Promise<void> {
    try {
      const results = await run(calls.flatMap(({ items }) => items));
      let from = 0;
      for (const { items, resolve } of calls) {
        resolve(results.slice(from, from + items.length));
        from += items.length;
      }
    } catch (error) {
      if (calls.length > 1 && !isDatabaseOutage(error)) for (const call of calls) await answer([call]);
      else for (const { reject } of calls) reject(error);
    }
  }

  return {
    ask: (items) =>
      new Promise((resolve, reject) => {
        waiting.push({ items, resolve, reject });
        start();
      }),
  };
}
