/** What every fault says of when it happens. */
export interface Timed {
  /** So many that match pass before it. */
  skip: number;
  /** And so many meet with it. */
  times: number;
}

/** Faults that are planted, each for the next of those that it matches. */
export interface FaultList<F extends Timed, Asked extends readonly unknown[]> {
  plant(fault: F): void;
  clear(): void;
  /** What is planted still, oldest first. */
  planted(): F[];
  /** The fault planted for this one, used up by it: `times` says for how many more it is. */
  take(...asked: Asked): F | null;
}

/** An empty list; `matches` tells which faults are for what. */
export function createFaultList<F extends Timed, Asked extends readonly unknown[]>(
  matches: (fault: F, ...asked: Asked) => boolean,
): FaultList<F, Asked> {
  let planted: F[] = [];
  return {
    plant: (fault) => planted.push({ ...fault }),
    clear: () => {
      planted = [];
    },
    planted: () => planted.map((fault) => ({ ...fault })),
    take: (...asked) => {
      const matching = planted.filter((fault) => matches(fault, ...asked));
      const fault = matching.find(({ skip }) => skip === 0);
      // Each counts those that pass it, so that two faults can be planted for the third and the fifth.
      for (const passed of matching) if (passed.skip > 0) passed.skip -= 1;
      if (!fault) return null;
      fault.times -= 1;
      planted = planted.filter(({ times }) => times > 0);
      return fault;
    },
  };
}
