/** Things that are made when they are asked for, and forgotten some time after they were asked for last. */
export interface Recent<T> {
  get(key: string): T;
}

/**
 * Remembers at least the `least` things asked for last, and at most twice as many. In two generations: what is asked
 * for moves to the young one, and when that is full the old one is forgotten.
 */
export function recent<T>(least: number, make: () => T): Recent<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return {
    get(key) {
      const known = young.get(key);
      if (known !== undefined) return known;
      if (young.size >= least) [old, young] = [young, new Map()];
      const thing = old.get(key) ?? make();
      young.set(key, thing);
      return thing;
    },
  };
}
