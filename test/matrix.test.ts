import { readFileSync } from "node:fs";
import { assertInterfaceType, buildSchema, isObjectType } from "graphql";
import { test as base, expect } from "vitest";
import {
  type Caller,
  callers,
  everybody,
  found,
  guarded,
  neverThere,
  open,
  roots,
  type Verdicts,
  withoutSubscription,
} from "./matrix-table.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { type Door, doorsFrom, fieldsOf, lookUp, nameOf, operationThrough, type Seen } from "./support/doors.js";
import type { Answer } from "./support/graphql.js";
import { makePerson, type Person } from "./support/person.js";
import { buyOneOfEverything } from "./support/possessions.js";
import { quiet } from "./support/quiet.js";
import { findDifference } from "./support/reconcile.js";
import { issueKey } from "./support/service-key.js";
import { openStream, type Stream } from "./support/stream.js";
import { signToken } from "./support/token.js";
import { setAside } from "./support/usage.js";

/** Limits that nobody reaches, so that there is a budget to be seen. */
const limit = "999999999/999999";
const roomy = {
  RATE_LIMIT_ANONYMOUS: limit,
  RATE_LIMIT_CUSTOMER: limit,
  RATE_LIMIT_SERVICE: limit,
  RATE_LIMIT_ADMIN: limit,
};

const samples = { feature: '"guests"', from: '"2026-01-01T00:00:00Z"', slug: '"professional"' };

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
const rootTypes = { Query: "query", Mutation: "mutation", Subscription: "subscription" } as const;
const isRoot = (type: string): type is keyof typeof rootTypes => type in rootTypes;
const objectTypes = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !type.name.startsWith("__"))
  .map(({ name }) => name);

type Guarded = Readonly<Record<string, Verdicts>>;

/** What a caller gets of a field behind a door: what stands in the way first. */
function expectedAt(door: Door, field: string, caller: Caller, only: Guarded): string {
  let verdict = startOf(door)?.[caller] ?? `${door.root} is in no table`;
  for (const edge of [...door.edges, `${door.type}.${field}`]) {
    if (verdict === "null") return "missing";
    if (verdict !== "sees") return verdict;
    const [type = "", name = ""] = edge.split(".");
    const isOpen = open[type]?.split(/\s+/).includes(name);
    verdict = (only[edge] ?? (isOpen ? everybody : undefined))?.[caller] ?? `${edge} is in no table`;
  }
  return verdict;
}

function shown(seen: Seen, expected: string): string {
  if (seen === "missing") return seen;
  if ("code" in seen) return seen.code;
  return expected === "null" && seen.value === null ? "null" : "sees";
}

const nodeDoors: Door[] = Object.keys(found)
  .filter((type) => objectTypes.includes(type))
  .map((type) => ({ operation: "query", root: `node(id: "{${type}}")`, as: type, edges: [], type }));
const rootDoors: Door[] = Object.entries(roots).flatMap(([name, [root]]) => {
  const [of = "", field] = name.split(".");
  if (!isRoot(of) || !objectTypes.includes(of)) return [];
  const type = fieldsOf(schema, of).find((one) => one.name === field)?.type;
  return type ? [{ operation: rootTypes[of], root, edges: [], type: String(type).replace(/[[\]!]/g, "") }] : [];
});
const startOf = (door: Door) =>
  door.as ? found[door.as] : Object.values(roots).find(([root]) => root === door.root)?.[1];
const doors = doorsFrom(schema, [...nodeDoors, ...rootDoors]);

interface World {
  readonly app: TestApp;
  readonly people: Readonly<Record<Caller, Person | undefined>>;
  /** The operation through a door as this caller writes it. */
  as(caller: Caller, door: Door): string;
  /** What acme alone has: nobody else's answer may hold any of it. */
  readonly secrets: readonly string[];
}

const test = base.extend<{ world: World }>({
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({
        environment: { BILLING_ACCOUNT_CLAIM: "org_id", BILLING_MANAGER_CLAIM: "billing_manager", ...roomy },
      });
      await use(await worldOf(app));
      await stop();
    },
    { scope: "file" },
  ],
});

async function worldOf(app: TestApp): Promise<World> {
  const someone = (sub: string, claims: object) => makePerson(app, sub, signToken(app.config, { sub, ...claims }));
  const customer = someone("ada", { org_id: "acme", billing_manager: true });
  const stranger = someone("eve", { org_id: "other", billing_manager: true });
  const admin = app.person("root", { role: "admin" });
  const ids: Readonly<Record<string, string>> = {
    ...(await buyOneOfEverything(customer)),
    UsageReservation: await setAside(app, "acme"),
    AdminServiceKey: (await issueKey(admin)).id,
    AdminReconciliation: await findDifference(app, admin, "acme"),
    AdminWebhookEvent: await eventOfSomebody(app, admin),
  };
  await stranger.buy("professional");
  await quiet(app);
  return {
    app,
    people: {
      anonymous: undefined,
      customer,
      member: someone("bob", { org_id: "acme" }),
      stranger,
      service: app.person("backend", { role: "service" }),
      admin,
    },
    as(caller, door) {
      const root = door.root
        .replace("{acme}", caller === "service" ? 'externalCustomerId: "acme"' : "")
        .replace("{soon}", new Date(app.now().getTime() + 3_600_000).toISOString())
        .replace(/\{(\w+)\}/, (_, type) => ids[type] ?? "");
      return operationThrough(schema, { ...door, root }, samples);
    },
    secrets: [...Object.entries(ids).flatMap(([type, id]) => (isPublic(type) ? [] : [id])), '"acme"'],
  };
}

/** An event that acme's purchase has brought. */
async function eventOfSomebody(app: TestApp, admin: Person): Promise<string> {
  await quiet(app);
  const { adminWebhookEvents } = await admin.ask(
    '{ adminWebhookEvents(filter: { name: "customer.subscription.created" }) { nodes { id } } }',
  );
  return adminWebhookEvents.nodes[0].id;
}

function isPublic(type: string): boolean {
  return found[type]?.anonymous === "sees";
}

/** What a caller saw of every field behind a door, and what the tables say. */
function compare(door: Door, caller: Caller, answer: Pick<Answer, "data" | "errors">, only: Guarded, isEmpty = false) {
  const [saw, should]: [Record<string, string>, Record<string, string>] = [{}, {}];
  for (const { name } of fieldsOf(schema, door.type)) {
    const expected = expectedAt(door, name, caller, only);
    saw[name] = shown(lookUp(answer, door, name), expected);
    should[name] = isEmpty && ["sees", "null"].includes(expected) ? "missing" : expected;
  }
  return { saw: { caller, ...saw }, should: { caller, ...should } };
}

/** Somebody who comes in by this door: acme itself where it may. */
function seerOf(door: Door): Caller {
  const verdicts = startOf(door);
  return (["customer", "service", "admin"] as const).find((caller) => verdicts?.[caller] === "sees") ?? "customer";
}

/** Whether there is nothing, also for who may look there: a failed payment's reason, say. Then nobody can be shown anything. */
async function hasNothing(world: World, door: Door): Promise<boolean> {
  const answer = await ask(world, seerOf(door), door);
  return fieldsOf(schema, door.type).every(({ name }) => lookUp(answer, door, name) === "missing");
}

function ask({ app, people, as }: World, caller: Caller, door: Door): Promise<Answer> {
  return app.graphql(as(caller, door), {}, people[caller]?.token);
}

function expectNoSecrets({ secrets }: World, answer: unknown): void {
  const text = JSON.stringify(answer);
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
}

const overHttp = doors.filter(({ operation }) => operation !== "subscription");
const overSocket = doors.filter(({ operation }) => operation === "subscription");

test.for(overHttp.map((door) => [nameOf(door), door] as const))(
  "through %s each caller sees what the table says",
  async ([, door], { world }) => {
    const isEmpty = await hasNothing(world, door);
    for (const caller of callers) {
      const answer = await ask(world, caller, door);
      const { saw, should } = compare(door, caller, answer, guarded, isEmpty);
      expect(saw).toEqual(should);
      if (caller === "anonymous" || caller === "stranger") expectNoSecrets(world, answer.data);
    }
  },
);

test("the tables name every type, field and root field, and nothing that the schema does not have", () => {
  const judged = [...Object.keys(open), ...Object.keys(guarded), ...Object.keys(found), ...Object.keys(roots)];
  const known = objectTypes.flatMap((type) => fieldsOf(schema, type).map(({ name }) => `${type}.${name}`));
  const listed = Object.entries(open).flatMap(([type, fields]) => fields.split(/\s+/).map((name) => `${type}.${name}`));
  const written = [...listed, ...judged.filter((name) => name.includes("."))];
  const byNode = ["Query.node", "Query.nodes"];
  expect(known.filter((name) => !written.includes(name) && !byNode.includes(name))).toEqual([]);
  expect(written.filter((name) => !known.includes(name))).toEqual([]);
  const nodes = schema.getPossibleTypes(assertInterfaceType(schema.getType("Node"))).map(({ name }) => name);
  expect(Object.keys(found).toSorted()).toEqual(nodes.toSorted());
});

test("a door of each type leads to something, so that no verdict goes untested", async ({ world }) => {
  const reached = new Set(overSocket.map(({ type }) => type));
  for (const door of overHttp) if (!(await hasNothing(world, door))) reached.add(door.type);
  const unseen = objectTypes.filter((type) => !isRoot(type) && !reached.has(type));
  expect(unseen).toEqual(neverThere);
});

test("streams show each caller what the same fields show elsewhere, and nobody another one's changes", async ({
  world,
}) => {
  const opened: { door: Door; caller: Caller; stream: Stream }[] = [];
  for (const door of overSocket) {
    for (const caller of callers) {
      const { app, people, as } = world;
      opened.push({ door, caller, stream: await openStream(app.url, people[caller]?.token, as(caller, door)) });
    }
  }
  // Ends every subscription, and so changes what either organisation may use.
  for await (const { id } of world.app.stripe.subscriptions.list()) await world.app.stripe.subscriptions.cancel(id);
  for (const { door, caller, stream } of opened) {
    const event = await stream.next();
    const { saw, should } = compare(door, caller, event, { ...guarded, ...withoutSubscription });
    expect(saw, nameOf(door)).toEqual(should);
    if (caller === "anonymous" || caller === "stranger") expectNoSecrets(world, [event.data, stream.waiting]);
    await stream.close();
  }
});
