/** Random numbers from 0 to 1 that come again with the same seed, so that what failed once can be seen again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The run's seed: `FAULT_SEED`, or another each time. */
export const faultSeed = Number(process.env["FAULT_SEED"] ?? Date.now() % 1_000_000);
