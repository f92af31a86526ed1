import { createServer } from "node:net";
import { StartProblem } from "./problem.js";

/** Throws when something listens there already, naming the setting that chooses another port. */
export async function requireFreePort(host: string, port: number, setting: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      reject(new StartProblem(reasonOf(error, host, port, setting))),
    );
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

function reasonOf(error: NodeJS.ErrnoException, host: string, port: number, setting: string): string {
  if (error.code === "EADDRINUSE") {
    return `Port ${port} on ${host} is taken. Stop what listens there, or choose another: ${setting}=${port + 1} npm run dev`;
  }
  if (error.code === "EACCES")
    return `Port ${port} may not be opened by this user. Choose one above 1023: ${setting}=4000`;
  return `Port ${port} on ${host} cannot be opened: ${error.message}`;
}

/**
 * Ports that no system gives out by itself: those start at 32768 on Linux and at 49152 elsewhere. So nobody who
 * connects out, or listens on port 0, can come by one between now and when it is opened.
 */
const [lowest, highest] = [20_000, 32_000];

/** Processes that run at the same time begin at different places, and none takes a port twice: one that is free may be about to be opened. */
let next = process.pid * 97;

/** A port of 127.0.0.1 that nothing listens on just now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    next += 1;
    const port = lowest + (next % (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new StartProblem("No port of 127.0.0.1 is free.");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
