/**
 * How often the key of an open socket is judged again. What is 4 s old is read then, and known the next time: a key
 * that ended is found out within 8 s.
 */
const everyMs = 2_000;

/** The sockets that were opened with a service key. Unlike a token, a key can end before its time. */
export interface KeySockets {
  /** Judges again and again who opened a socket; `refused` gets the error. Gives the function that stops it. */
  watch(judge: () => Promise<unknown>, refused: (error: unknown) => void): () => void;
  stop(): void;
}

/** Watches sockets, and judges all of them at once when a key was revoked. */
export function guardKeySockets(onKeyRevoked: (listener: () => void) => void): KeySockets {
  const watched = new Set<() => void>();
  const judgeAll = () => {
    for (const judge of watched) judge();
  };
  const timer = setInterval(judgeAll, everyMs).unref();
  onKeyRevoked(judgeAll);
  return {
    watch(judge, refused) {
      const again = () => void judge().catch(refused);
      watched.add(again);
      return () => watched.delete(again);
    },
    stop: () => clearInterval(timer),
  };
}
