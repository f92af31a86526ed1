import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { isErrno } from "./embedded-process.js";

/** The user that Postgres runs as when we are root, which it refuses to run as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where an embedded Postgres lives: one private folder with everything that belongs to it. */
export interface Home {
  /** Real path of the folder; not the one asked for when that cannot be used. */
  readonly dir: string;
  /** Postgres's own data folder, inside `dir`. */
  readonly cluster: string;
  readonly passwordFile: string;
  readonly logFile: string;
  /** Null when Postgres runs as the same user as we do. */
  readonly account: Account | null;
}

/**
 * Makes the folder ready, or throws saying what is wrong with it.
 *
 * It must be ours and writable by nobody else: binaries may be run from it and the password lies
 * in it. As root, a folder that the Postgres user cannot reach (under /root, say) is replaced by
 * one under /var/tmp that is always the same for the same wish.
 */
export function prepareHome(wanted: string): Home {
  const account = serverAccount();
  const asked = path.resolve(wanted);
  const dir =
    account && !canTraverse(nearestExisting(path.dirname(asked)), account)
      ? substitute(asked)
      : createOrFollow(asked, account);
  refuseForeign(dir);
  // Traversal only: the files in it stay unreadable.
  if (account && !canEnter(statSync(dir), account)) chmodSync(dir, 0o711);

  return {
    dir,
    cluster: path.join(dir, "postgres"),
    passwordFile: path.join(dir, "postgres-password"),
    logFile: path.join(dir, "postgres.log"),
    account,
  };
}

/** The password of this home's Postgres; made on first use, readable by us only. Throws when a cluster exists without it. */
export function readOrCreatePassword(home: Home): string {
  try {
    return readFileSync(home.passwordFile, "utf8").trim();
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  if (existsSync(home.cluster)) {
    throw new Error(
      `${home.passwordFile} is missing, so nobody can log in to ${home.cluster}. Put it back, or delete ${home.dir} to start anew.`,
    );
  }
  const password = randomBytes(24).toString("base64url");
  writeFileSync(home.passwordFile, `${password}\n`, { mode: 0o600, flag: "wx" });
  return password;
}

function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user)
    throw new Error(
      "Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as: set DATABASE_URL.",
    );
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

function createOrFollow(dir: string, account: Account | null): string {
  if (!existsSync(dir)) {
    mkdirSync(path.dirname(dir), { recursive: true });
    mkdirSync(dir, { mode: account ? 0o711 : 0o700 });
  }
  return realpathSync(dir);
}

function substitute(asked: string): string {
  const dir = path.join(
    "/var/tmp",
    `atlantiplex-billing-${createHash("sha256").update(asked).digest("hex").slice(0, 12)}`,
  );
  try {
    mkdirSync(dir, { mode: 0o711 });
  } catch (error) {
    // Everybody may write to /var/tmp: never follow a link that somebody left there.
    if (!isErrno(error, "EEXIST") || !lstatSync(dir).isDirectory()) throw error;
  }
  return dir;
}

function refuseForeign(dir: string): void {
  const self = process.getuid?.();
  if (self === undefined) return;
  const { uid, mode } = statSync(dir);
  if (uid !== self) {
    throw new Error(
      `The data folder ${dir} belongs to another user (uid ${uid}, not ${self}). Run as that user, or set DATA_DIR to another folder.`,
    );
  }
  if (mode & 0o022)
    throw new Error(
      `Other users may write to the data folder ${dir}. Run \`chmod go-w ${dir}\`, or set DATA_DIR to another folder.`,
    );
}

function nearestExisting(dir: string): string {
  return existsSync(dir) ? realpathSync(dir) : nearestExisting(path.dirname(dir));
}

function canTraverse(dir: string, account: Account): boolean {
  const parent = path.dirname(dir);
  return canEnter(statSync(dir), account) && (parent === dir || canTraverse(parent, account));
}

function canEnter({ uid, gid, mode }: Stats, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
