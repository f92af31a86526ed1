/** A queue that gives the smallest first. */
export interface Heap<T> {
  push(value: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

export function createHeap<T>(isBefore: (one: T, other: T) => boolean): Heap<T> {
  const values: T[] = [];

  function precedes(one: number, other: number): boolean {
    const [first, second] = [values[one], values[other]];
    return first !== undefined && second !== undefined && isBefore(first, second);
  }

  function swap(one: number, other: number): void {
    const [first, second] = [values[one], values[other]];
    if (first === undefined || second === undefined) return;
    values[one] = second;
    values[other] = first;
  }

  function sink(from: number): void {
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (precedes(left, least)) least = left;
      if (precedes(right, least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  return {
    push: (value) => {
      values.push(value);
      for (let at = values.length - 1; at > 0; ) {
        const parent = Math.floor((at - 1) / 2);
        if (!precedes(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    },
    peek: () => values[0],
    pop: () => {
      swap(0, values.length - 1);
      const first = values.pop();
      sink(0);
      return first;
    },
  };
}
