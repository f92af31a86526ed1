/** Something was not as it should be; the tour ends here. */
export class Surprise extends Error {
  override readonly name = "Surprise";
}

/** Tells the steps of the tour, and what was seen at each. */
export interface Narrator {
  /** A new step begins. */
  step(title: string): void;
  /** What was seen. */
  saw(observation: string): void;
}

/** A narrator that writes to standard output. */
export function makeNarrator(): Narrator {
  let steps = 0;
  return {
    step(title) {
      steps += 1;
      console.log(`\n${String(steps).padStart(2)}. ${title}`);
    },
    saw: (observation) => console.log(`      ${observation}`),
  };
}

/** Ends the tour unless this holds. */
export function expect(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Surprise(what);
}
