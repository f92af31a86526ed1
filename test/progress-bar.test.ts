import { expect, test } from "vitest";
import { openProgressBar, renderBar } from "../src/cli/progress-bar.js";

/** A display that keeps what is written to it, and a clock that a test moves; milliseconds. */
function makeDisplay(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const display = { isTTY, columns: 0, write: (text: string) => void written.push(text) };
  return { written, bar: openProgressBar(display, () => now), pass: (ms: number) => (now += ms) };
}

test("a terminal gets one line that is written over, with how fast it goes and how long it takes", () => {
  const { written, bar, pass } = makeDisplay(true);
  bar.show({ done: 100, total: 1_100, unit: "customers" });
  pass(10);
  bar.show({ done: 101, total: 1_100, unit: "customers" });
  pass(9_990);
  bar.show({ done: 600, total: 1_100, unit: "customers", note: "waiting" });
  bar.end();
  expect(written).toEqual([
    "\r\x1b[K[#-------------------]   9%  100 of 1,100 customers",
    "\r\x1b[K[##########----------]  54%  600 of 1,100 customers; waiting; 50.0 a second, ab",
    "\n",
  ]);
});

test("anything else gets a plain line every few seconds, when there is something else to say, and at the end", () => {
  const { written, bar, pass } = makeDisplay(false);
  for (const done of [1, 2, 3]) {
    bar.show({ done, total: null, unit: "customers found" });
    pass(2_600);
  }
  bar.show({ done: 3, total: null, unit: "customers found", note: "waiting: Stripe is away" });
  bar.end();
  bar.end();
  expect(written).toEqual([
    "1 customers found\n",
    "3 customers found; 0.4 a second\n",
    "3 customers found; waiting: Stripe is away; 0.3 a second\n",
  ]);
});

test("a bar is never fuller than full, and is full where there is nothing to do", () => {
  const standstill = { done: 0, elapsedMs: 0 };
  expect(renderBar({ done: 12, total: 10, unit: "customers" }, standstill, 80)).toContain(
    "[####################] 100%",
  );
  expect(renderBar({ done: 0, total: 0, unit: "customers" }, standstill, 80)).toContain("[####################] 100%");
});

test("what takes long is told in minutes and hours", () => {
  const left = (total: number) => renderBar({ done: 10, total, unit: "rows" }, { done: 10, elapsedMs: 10_000 }, 120);
  expect(left(100)).toContain("about 2 min left");
  expect(left(10_010)).toContain("about 2 h 47 min left");
});
