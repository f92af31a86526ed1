/** Those who wait until a set is empty. */
export interface Waiters {
  whenEmpty(): Promise<void>;
  /** To be called when something has left the set. */
  check(): void;
  /** Lets everybody go. */
  release(): void;
}

export function createWaiters(isEmpty: () => boolean): Waiters {
  let waiting: (() => void)[] = [];
  const release = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  return {
    whenEmpty: () => (isEmpty() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    check: () => {
      if (isEmpty()) release();
    },
    release,
  };
}
