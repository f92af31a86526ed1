import { expect, test } from "vitest";
import { makeGroup } from "../src/db/group.js";

/** A statement that can be let go or broken by hand, and what was asked of each. */
function statements() {
  const asked: (readonly number[])[] = [];
  const under: { finish(): void; fail(error: Error): void }[] = [];
  const run = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      asked.push(items);
      under.push({ finish: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  return { asked, under, run };
}

const outage = Object.assign(new Error("gone"), { code: "CONNECTION_CLOSED" });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("who comes to a free place goes at once, and who comes meanwhile shares the next statement", async () => {
  const { asked, under, run } = statements();
  const group = makeGroup(run, { statements: 1, items: 10 });
  const first = group.ask([1]);
  const others = [group.ask([2, 3]), group.ask([4])];
  expect(asked).toEqual([[1]]);
  under[0]?.finish();
  expect(await first).toEqual([10]);
  await turn();
  expect(asked).toEqual([[1], [2, 3, 4]]);
  under[1]?.finish();
  expect(await Promise.all(others)).toEqual([[20, 30], [40]]);
});

test("a statement takes no more than it may, unless one caller alone brings more", async () => {
  const { asked, under, run } = statements();
  const group = makeGroup(run, { statements: 1, items: 3 });
  const calls = [[0], [1, 2], [3], [4, 5, 6, 7], [8]].map((items) => group.ask(items));
  for (let n = 0; n < 4; n += 1) {
    under[n]?.finish();
    await turn();
  }
  expect(asked).toEqual([[0], [1, 2, 3], [4, 5, 6, 7], [8]]);
  expect((await Promise.all(calls)).flat()).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
});

test("of several who share a statement only the one at fault hears of it", async () => {
  const asked: (readonly number[])[] = [];
  const group = makeGroup(
    async (items: readonly number[]) => {
      asked.push(items);
      await turn();
      if (items.includes(13)) throw new Error("13 is at fault");
      return [...items];
    },
    { statements: 1, items: 10 },
  );
  const answers = await Promise.allSettled([[1], [2], [13], [3, 4]].map((items) => group.ask(items)));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(asked).toEqual([[1], [2, 13, 3, 4], [2], [13], [3, 4]]);
});

test("in an outage nobody is tried again, and the next one begins anew", async () => {
  const { asked, under, run } = statements();
  const group = makeGroup(run, { statements: 1, items: 10 });
  const first = group.ask([1]);
  const others = [group.ask([2]), group.ask([3])];
  under[0]?.finish();
  await first;
  await turn();
  under[1]?.fail(outage);
  expect(await Promise.allSettled(others)).toMatchObject([{ reason: outage }, { reason: outage }]);
  const later = group.ask([4]);
  await turn();
  under[2]?.finish();
  expect(await later).toEqual([40]);
  expect(asked).toEqual([[1], [2, 3], [4]]);
});
