import { readFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { dirname, join } from "node:path";
import { compileFunction } from "node:vm";
import type * as Postgres from "postgres";

const require = createRequire(import.meta.url);
const entry = require.resolve("postgres");

/** A line as postgres.js 3.4.9 ships it, and as it should be. */
type Repair = readonly [shipped: string, repaired: string];

/**
 * Without these a connection that breaks during a transaction ends the process, since the rollback is
 * written to a socket that is gone; or it stays in the pool for good without ever answering again,
 * since what was waiting to be sent is neither sent nor dropped; or it runs the rest of the old
 * transaction in the session that comes next. https://github.com/porsager/postgres/issues/1208
 * One that breaks while it is opened ends the process as well. And one that falls silent, since the
 * network swallows what is sent, is given up only when the kernel does, a quarter of an hour later: here
 * it is a quarter after the time that Postgres gives a statement. What lies idle in the same pool goes with it, or each
 * of those connections would swallow another statement. Before that, what was begun a moment ago is sent and what has
 * come is read: where the process was busy for long, the time is over before either was looked at.
 */
const repairs: Readonly<Record<string, readonly Repair[]>> = {
  "connection.js": [
    [
      "x.on('drain', drain)",
      "x.on('drain', drain)\n    const silence = 1.25 * options.connection.statement_timeout\n    silence > 0 && x.setTimeout(silence, () => {\n      const passed = x.bytesRead + x.bytesWritten\n      setImmediate(() => {\n        if ((!query && !initial) || x.bytesRead + x.bytesWritten !== passed) return\n        x.destroy(Errors.connection('CONNECTION_CLOSED', options))\n        while (queues.open && queues.open.length) queues.open.shift().abandon()\n      })\n    })",
    ],
    ["end,\n    count: 0,", "end,\n    abandon() { socket && socket.destroy() },\n    count: 0,"],
    [
      "const x = socket.write(chunk, fn)",
      "if (socket === null) { chunk = nextWriteTimer = null; error(Errors.connection('CONNECTION_CLOSED', options)); return false }\n    const x = socket.write(chunk, fn)",
    ],
    [
      "incomings = null\n    clearImmediate(nextWriteTimer)",
      "incomings = null\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null",
    ],
    [
      "!hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))",
      "if (query || sent.length) error(Errors.connection('CONNECTION_CLOSED', options))\n    query = null",
    ],
    ["return fetchArrayTypes()", "return fetchArrayTypes().catch(() => {})"], // whoever waits for the connection hears of it
  ],
  "index.js": [
    [", connection\n      , prepare = null", ", connection\n      , lost = null\n      , prepare = null"],
    ["connection.onclose = reject)", "connection.onclose = error => reject(lost = error))"],
    [
      "c.queue === full\n          ? queries.push(q)",
      "lost\n          ? q.reject(lost)\n          : c.queue === full\n          ? queries.push(q)",
    ],
  ],
};

/** The repaired driver. Throws for a version whose lines are others: look then whether it still needs this file. */
export const postgres: typeof Postgres.default = loadDriver();

function loadDriver(): typeof Postgres.default {
  for (const [file, lines] of Object.entries(repairs)) load(join(dirname(entry), file), lines);
  return require(entry);
}

/** Puts the repaired file where `require` will look for it. */
function load(path: string, lines: readonly Repair[]): void {
  const module = new Module(path);
  module.filename = path;
  const names = ["exports", "require", "module", "__filename", "__dirname"];
  const run = compileFunction(repaired(path, lines), names, { filename: path });
  run(module.exports, createRequire(path), module, path, dirname(path));
  module.loaded = true;
  require.cache[path] = module;
}

function repaired(path: string, lines: readonly Repair[]): string {
  return lines.reduce(
    (source, [shipped, better]) => {
      const parts = source.split(shipped);
      if (parts.length !== 2) throw new Error(`${path} is not the version that src/db/driver.ts repairs.`);
      return parts.join(better);
    },
    readFileSync(path, "utf8"),
  );
}
