/** An async iterator that is fed from outside. */
export interface Queue<T> extends AsyncIterableIterator<T> {
  push(value: T): void;
  /** Ends it at once, for a consumer that waits as well; what was not taken is dropped. */
  return(): Promise<IteratorResult<T>>;
}

/**
 * Makes a queue that takes from now on, not from the first `next`: nothing pushed in between is lost.
 *
 * A consumer that falls `longest` behind gets `overflow` in place of everything it missed.
 */
export function makeQueue<T>(longest: number, overflow: T, ended: () => void): Queue<T> {
  let waiting: T[] = [];
  let give: ((result: IteratorResult<T>) => void) | undefined;
  let isOver = false;
  const queue: Queue<T> = {
    push(value) {
      if (isOver) return;
      const taker = give;
      give = undefined;
      if (taker) taker({ value, done: false });
      else waiting = waiting.length < longest ? [...waiting, value] : [overflow];
    },
    next() {
      const [value, ...rest] = waiting;
      if (isOver || value === undefined) return isOver ? finished() : new Promise((resolve) => (give = resolve));
      waiting = rest;
      return Promise.resolve({ value, done: false });
    },
    return() {
      if (!isOver) ended();
      isOver = true;
      waiting = [];
      give?.({ value: undefined, done: true });
      give = undefined;
      return finished();
    },
    [Symbol.asyncIterator]: () => queue,
  };
  return queue;
}

async function finished<T>(): Promise<IteratorResult<T>> {
  return { value: undefined, done: true };
}
