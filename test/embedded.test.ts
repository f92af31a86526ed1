import { once } from "node:events";
import { chmodSync, chownSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../src/db/embedded.js";
import { lockDataDir } from "../src/db/embedded-lock.js";
import { identifyProcess, sendSignal, until } from "../src/db/embedded-process.js";
import {
  ask,
  cleanUp,
  cleanups,
  isRoot,
  kill,
  readableByAll,
  runOwner,
  runSleeper,
  runZombie,
  serverPid,
  start,
  startElsewhere,
  temporaryFolder,
} from "./embedded-fixtures.js";

const isLinux = process.platform === "linux";

afterEach(cleanUp);

test("data survives a stop, and a stop leaves no process behind", async () => {
  const dataDir = temporaryFolder();
  const cold = await start(dataDir);
  expect(cold).toMatchObject({ isCold: true, adopted: false });
  await ask(cold.url(), "create table kept as select 42 as answer");
  const pid = serverPid(dataDir);
  await cold.stop();
  expect(identifyProcess(pid)).toBeNull();

  const warm = await start(dataDir);
  expect(warm).toMatchObject({ isCold: false, adopted: false });
  expect(await ask(warm.url(), "select answer from kept")).toEqual([{ answer: 42 }]);
  await warm.stop();
  await warm.stop();
});

test("only the password opens it, and only we can read the password", async () => {
  const dataDir = temporaryFolder();
  const server = await start(dataDir);
  const file = path.join(dataDir, "postgres-password");
  const password = readFileSync(file, "utf8").trim();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.join(dataDir, "postgres.log")).mode & 0o777).toBe(0o600);
  expect(server.url("bill ing")).toBe(`postgres://postgres:${password}@127.0.0.1:${server.port}/bill%20ing`);

  await expect(ask(server.url().replace(password, "guess"), "select 1")).rejects.toMatchObject({ code: "28P01" });
  await expect(ask(server.url().replace(`:${password}`, ""), "select 1")).rejects.toThrow(/password/);
  expect(await ask(server.url(), "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(await ask(server.url(), "show unix_socket_directories")).toEqual([{ unix_socket_directories: "" }]);
  expect(await ask(server.url(), "select distinct auth_method from pg_hba_file_rules")).toEqual([
    { auth_method: "scram-sha-256" },
  ]);
});

test.runIf(isLinux)("the password is on no command line and in no environment of the server", async () => {
  const dataDir = temporaryFolder();
  await start(dataDir);
  const password = readFileSync(path.join(dataDir, "postgres-password"), "utf8").trim();
  for (const file of ["cmdline", "environ"]) {
    expect(readFileSync(`/proc/${serverPid(dataDir)}/${file}`, "utf8")).not.toContain(password);
  }
});

test("the server of a killed run is taken over, and can be stopped", async () => {
  const dataDir = temporaryFolder();
  const owner = runOwner(dataDir);
  const { url } = await owner.started;
  await ask(url, "create table kept as select 42 as answer");
  const pid = serverPid(dataDir);
  await kill(owner.child, "SIGKILL");

  const adopted = await start(dataDir);
  expect(adopted).toMatchObject({ adopted: true, isCold: false });
  expect(adopted.url()).toBe(url);
  expect(await ask(adopted.url(), "select answer from kept")).toEqual([{ answer: 42 }]);
  await adopted.stop();
  expect(identifyProcess(pid)).toBeNull();
});

test("a server on our folder that refuses our password is neither used nor stopped", async () => {
  const dataDir = temporaryFolder();
  const owner = runOwner(dataDir);
  await owner.started;
  const pid = serverPid(dataDir);
  await kill(owner.child, "SIGKILL");
  const passwordFile = path.join(dataDir, "postgres-password");
  const password = readFileSync(passwordFile, "utf8");
  writeFileSync(passwordFile, "another");

  await expect(startEmbeddedPostgres({ dataDir, throwaway: true })).rejects.toThrow(/refuses the password/);
  expect(identifyProcess(pid)).not.toBeNull();
  writeFileSync(passwordFile, password);
  await (await start(dataDir)).stop();
});

test("a server that was itself killed comes back with its data", async () => {
  const dataDir = temporaryFolder();
  const first = await startEmbeddedPostgres({ dataDir });
  cleanups.push(() => first.stop());
  await ask(first.url(), "create table kept as select 42 as answer");
  const killed = identifyProcess(serverPid(dataDir));
  if (killed) sendSignal(killed, "SIGKILL");
  await first.stop();
  expect(existsSync(path.join(dataDir, "postgres", "postmaster.pid"))).toBe(true);

  const second = await start(dataDir);
  expect(second).toMatchObject({ adopted: false, isCold: false });
  expect(await ask(second.url(), "select answer from kept")).toEqual([{ answer: 42 }]);
});

test.each([
  ["dead", async () => 999_999_999],
  ["reused by another program", async () => runSleeper()],
  ["reused by another Postgres", async () => startElsewhere()],
])("a pid file whose process is %s does not block the start", async (_what, findPid) => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  const file = path.join(dataDir, "postgres", "postmaster.pid");
  const lines = readFileSync(file, "utf8").split("\n");
  await first.stop();
  const pid = await findPid();
  writeFileSync(file, [pid, ...lines.slice(1)].join("\n"));
  const { uid, gid } = statSync(path.dirname(file));
  if (isRoot) chownSync(file, uid, gid);

  const second = await start(dataDir);
  expect(second).toMatchObject({ adopted: false, isCold: false });
  if (pid !== 999_999_999) expect(identifyProcess(pid)).not.toBeNull();
});

test("a second owner is refused while the first one lives, in this process or another", async () => {
  const dataDir = temporaryFolder();
  const mine = await start(dataDir);
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/in use by this very process/);
  await mine.stop();

  const owner = runOwner(dataDir);
  await owner.started;
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
    `in use by process ${owner.child.pid}, which is still running`,
  );
});

test("a lock is stale when its pid now belongs to another process, and is released once", () => {
  const dir = temporaryFolder();
  writeFileSync(path.join(dir, "owner.lock"), JSON.stringify({ pid: process.pid, startedAt: "long ago" }));
  const first = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(/in use/);
  first.release();
  const second = lockDataDir(dir);
  first.release();
  expect(() => lockDataDir(dir)).not.toThrow();
  second.release();
});

test.runIf(isLinux)("a process that ended but was never collected by its parent counts as gone", async () => {
  const zombie = await runZombie();
  expect(await until(() => identifyProcess(zombie) === null, 10_000)).toBe(true);
  expect(existsSync(`/proc/${zombie}`)).toBe(true);
});

test("a signal nobody handles stops the server with its owner", async () => {
  const dataDir = temporaryFolder();
  const owner = runOwner(dataDir);
  await owner.started;
  const pid = serverPid(dataDir);
  await kill(owner.child, "SIGTERM");
  expect(owner.child.signalCode).toBe("SIGTERM");
  expect(await until(() => identifyProcess(pid) === null, 10_000)).toBe(true);
  expect(existsSync(path.join(dataDir, "owner.lock"))).toBe(false);
});

test("an uncaught error stops the server with its owner", async () => {
  const dataDir = temporaryFolder();
  const owner = runOwner(dataDir, "process.stdin.once('data', () => { throw new Error('on purpose'); });");
  await owner.started;
  const pid = serverPid(dataDir);
  owner.child.stdin?.write("now\n");
  await once(owner.child, "exit");
  expect(await until(() => identifyProcess(pid) === null, 10_000)).toBe(true);
});

test("Ctrl-C in the terminal leaves the server to its owner's orderly stop", async () => {
  const dataDir = temporaryFolder();
  const lastWish = `process.once("SIGINT", async () => {
    const sql = postgres(server.url(), { max: 1 });
    console.log(JSON.stringify(await sql\`select 42 as answer\`));
    await sql.end();
    await server.stop();
    process.exit(7);
  });`;
  const owner = runOwner(dataDir, lastWish);
  await owner.started;
  const pid = serverPid(dataDir);
  const exited = once(owner.child, "exit");
  process.kill(-Number(owner.child.pid), "SIGINT"); // The whole process group, as a terminal does.
  expect(await owner.nextLine()).toBe('[{"answer":42}]');
  await exited;
  expect(owner.child.exitCode).toBe(7);
  expect(identifyProcess(pid)).toBeNull();
});

test("a start that fails says why, with the end of the log, and frees the folder", async () => {
  const dataDir = temporaryFolder();
  await (await start(dataDir)).stop();
  const version = path.join(dataDir, "postgres", "PG_VERSION");
  const right = readFileSync(version, "utf8");
  writeFileSync(version, "9\n");
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/did not start[\s\S]*incompatible with server/);
  writeFileSync(version, right);
  await start(dataDir);
});

test("a taken port is named", async () => {
  const first = await start(temporaryFolder());
  await expect(startEmbeddedPostgres({ dataDir: temporaryFolder(), port: first.port })).rejects.toThrow(
    `Port ${first.port} on 127.0.0.1 is in use`,
  );
});

test.skipIf(process.platform === "win32")("a folder that others may write to is refused", async () => {
  const dataDir = temporaryFolder();
  chmodSync(dataDir, 0o777);
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/Other users may write/);
});

test.runIf(isRoot && isLinux)("root gets another folder where Postgres could not reach the one asked for", async () => {
  const parent = temporaryFolder();
  const asked = path.join(parent, "data");
  const server = await start(asked);
  expect(server.dataDir).toMatch(/^\/var\/tmp\/atlantiplex-billing-[0-9a-f]{12}$/);
  cleanups.unshift(() => rmSync(server.dataDir, { recursive: true, force: true }));
  expect(existsSync(asked)).toBe(false);
  expect(await ask(server.url(), "select 42 as answer")).toEqual([{ answer: 42 }]);
  await server.stop();
  const again = await start(asked);
  expect(again).toMatchObject({ dataDir: server.dataDir, isCold: false });
});

test.runIf(isRoot && isLinux)("a folder of another user is refused", async () => {
  const dataDir = temporaryFolder();
  chownSync(dataDir, 65534, 65534);
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/belongs to another user/);
});

test.runIf(isRoot && isLinux && readableByAll())("it runs as an ordinary user as well", async () => {
  const dataDir = temporaryFolder();
  chownSync(dataDir, 65534, 65534);
  const owner = runOwner(dataDir, "", 65534);
  const { url, isCold } = await owner.started;
  expect(isCold).toBe(true);
  expect(await ask(url, "select 42 as answer")).toEqual([{ answer: 42 }]);
  expect(statSync(path.join(dataDir, "postgres")).uid).toBe(65534);
  const pid = serverPid(dataDir);
  await kill(owner.child, "SIGTERM");
  expect(await until(() => identifyProcess(pid) === null, 10_000)).toBe(true);
});
