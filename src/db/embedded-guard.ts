const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const guarded = new Set<() => void>();

/**
 * Runs `stopNow` (which may not wait for anything) when this process ends without having stopped
 * its server: by `process.exit`, an uncaught error, an empty event loop or a signal that nobody
 * handles. Where the program handles the signal itself, its own orderly stop comes first.
 * Returns the function that calls it off.
 */
export function guardExit(stopNow: () => void): () => void {
  if (guarded.size === 0) install();
  guarded.add(stopNow);
  return () => {
    if (guarded.delete(stopNow) && guarded.size === 0) uninstall();
  };
}

function stopAll(): void {
  for (const stopNow of guarded) stopNow();
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  stopAll();
  uninstall();
  process.kill(process.pid, signal); // Dies of it now, as it would have without us.
}

function install(): void {
  process.on("exit", stopAll);
  for (const signal of signals) process.on(signal, onSignal);
}

function uninstall(): void {
  process.off("exit", stopAll);
  for (const signal of signals) process.off(signal, onSignal);
}
