import { expect } from "vitest";
import type { TestApp } from "../app.js";
import { codesOf } from "../course.js";

/** Where and when acts are done. While events are held back nothing may wait for one. */
export interface Scene {
  readonly app: TestApp;
  readonly isHeld: boolean;
}

/** Now, by the billing clock, in seconds. */
export function now({ app }: Pick<Scene, "app">): number {
  return app.now().getTime() / 1000;
}

/** Expects the one refusal, or none. */
export function expectCodes(payload: Parameters<typeof codesOf>[0], refused: string | undefined): void {
  expect(codesOf(payload)).toEqual(refused ? [refused] : []);
}
