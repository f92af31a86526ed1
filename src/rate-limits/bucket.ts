/** How much a caller may ask for: so many points at once, and so many more each second until the bucket is full again. */
export interface Bucket {
  readonly capacity: number;
  readonly perSecond: number;
  /** How many points one process gives before it settles with the others. */
  readonly credit: number;
}

/** What is asked of the store: to charge what a process gave on credit, and then, if there is as much, `cost`. */
export interface Settlement {
  readonly owed: number;
  /** How long ago the last of it was given. */
  readonly owedForMs: number;
  readonly cost: number;
}

/** What came of it. */
export interface Settled {
  readonly isGranted: boolean;
  /** When the bucket will be full by itself; 0 or less when it is. */
  readonly msUntilFull: number;
}

/** Keeps the buckets that all processes share. Rejects when it cannot be reached. */
export interface BucketStore {
  settle(key: string, bucket: Bucket, settlement: Settlement): Promise<Settled>;
}

/**
 * A bucket is one instant: when it will be full again. What is taken moves it on, and time passes by itself. That is
 * the "virtual scheduling" form of the generic cell rate algorithm (ITU-T I.371, annex A).
 */

/** What a point takes to come back. */
export function msPerPoint({ perSecond }: Bucket): number {
  return 1_000 / perSecond;
}

/** Stores keep instants to a microsecond, so a bucket this far from holding enough holds enough. */
export const slackMs = 0.01;

/** How long until a bucket that is full in `msUntilFull` has so many points; less than 0 when it has more. */
export function msUntilPoints(bucket: Bucket, msUntilFull: number, points: number): number {
  return Math.max(0, msUntilFull) - (bucket.capacity - points) * msPerPoint(bucket);
}

/** Whole points in a bucket that is full in `msUntilFull`. */
export function pointsIn(bucket: Bucket, msUntilFull: number): number {
  const missing = (msUntilFull - slackMs) / msPerPoint(bucket);
  return Math.min(bucket.capacity, Math.max(0, Math.floor(bucket.capacity - missing)));
}
