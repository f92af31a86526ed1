import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/sandbox.js";
import { expectNoViolations, judge, judgeEvent } from "./judge.js";

/** Starts a sandbox whose exchanges and events are judged, when there is a judge; what it finds fails the test. */
export async function startJudgedSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ onExchange: judge, onEvent: judgeEvent, ...options });
  return {
    ...sandbox,
    async close() {
      await sandbox.close();
      // A sandbox that a whole file shares is closed after the last test.
      expectNoViolations();
    },
  };
}
