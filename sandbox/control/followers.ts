/** Processes that keep their own clock in step with the sandbox's. */
export interface Followers {
  version(): number;
  /** Resolves as soon as the version is past the given one, or after a while with the same version. */
  poll(follower: string, version: number): Promise<void>;
  /** A new version for a moved clock; resolves once every connected follower has it, or has been given up on. */
  announce(): Promise<void>;
  /** Forgets a follower whose connection is gone. */
  drop(follower: string): void;
  close(): void;
}

const longestPollMs = 25_000;
const connectedForMs = 30_000;
const acknowledgeWithinMs = 2_000;

interface Follower {
  /** The version it has said it applied. */
  applied: number;
  lastSeenMs: number;
  pending: number;
}

export function createFollowers(startVersion: number): Followers {
  const followers = new Map<string, Follower>();
  const wakeUps = new Set<() => void>();
  const acknowledgements = new Set<() => void>();
  let version = startVersion;
  let isClosed = false;

  function notify(listeners: Set<() => void>): void {
    for (const listener of [...listeners]) listener();
  }

  function isConnected(follower: Follower): boolean {
    return follower.pending > 0 || Date.now() - follower.lastSeenMs < connectedForMs;
  }

  return {
    version: () => version,
    poll: async (name, applied) => {
      const follower = followers.get(name) ?? { applied, lastSeenMs: 0, pending: 0 };
      followers.set(name, { ...follower, applied, lastSeenMs: Date.now(), pending: follower.pending + 1 });
      notify(acknowledgements);
      if (version <= applied) await waitFor(wakeUps, () => isClosed || version > applied, longestPollMs);
      const now = followers.get(name);
      if (now) followers.set(name, { ...now, lastSeenMs: Date.now(), pending: now.pending - 1 });
    },
    announce: async () => {
      version += 1;
      const announced = version;
      const awaited = [...followers].filter(([, follower]) => isConnected(follower)).map(([name]) => name);
      const isBehind = (name: string) => (followers.get(name)?.applied ?? announced) < announced;
      notify(wakeUps);
      await waitFor(acknowledgements, () => isClosed || !awaited.some(isBehind), acknowledgeWithinMs);
      for (const name of awaited.filter(isBehind)) followers.delete(name);
    },
    drop: (name) => {
      followers.delete(name);
      notify(acknowledgements);
    },
    close: () => {
      isClosed = true;
      notify(wakeUps);
      notify(acknowledgements);
    },
  };
}

/** Waits until something notified makes it so, or the time is up. */
function waitFor(listeners: Set<() => void>, isSo: () => boolean, limitMs: number): Promise<void> {
  if (isSo()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      listeners.delete(check);
      resolve();
    };
    const check = () => {
      if (isSo()) done();
    };
    const timer = setTimeout(done, limitMs);
    listeners.add(check);
  });
}
