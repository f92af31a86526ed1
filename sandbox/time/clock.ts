/** Wall time plus an offset: it ticks, and only ever moves forward. */
export interface Clock {
  now(): Date;
  offsetMs(): number;
  setOffsetMs(offsetMs: number): void;
  /** Runs work as if the clock stood at that instant. */
  during<T>(instant: Date, work: () => T): T;
}

export function createClock(offsetMs: number): Clock {
  let offset = offsetMs;
  let standing: Date | undefined;
  return {
    now: () => standing ?? new Date(Date.now() + offset),
    offsetMs: () => offset,
    setOffsetMs: (next) => {
      offset = next;
    },
    during: (instant, work) => {
      const before = standing;
      standing = instant;
      try {
        return work();
      } finally {
        standing = before;
      }
    },
  };
}
