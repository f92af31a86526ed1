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

/** A port of 127.0.0.1 that nothing listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(address && typeof address === "object" ? address.port : 0));
    });
  });
}
