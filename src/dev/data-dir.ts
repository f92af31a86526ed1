import { prepareHome } from "../db/embedded-home.js";
import { type DataDirLock, lockDataDir } from "../db/embedded-lock.js";
import { dataDirProblem } from "./problem.js";

/** A folder of ours for the time that this process runs. */
export interface DataDir {
  readonly dir: string;
  readonly lock: DataDirLock;
  stop(): Promise<void>;
}

/** Makes the folder ready and takes it for this process; throws one clear line when that cannot be. */
export function takeDataDir(wanted: string): DataDir {
  try {
    const { dir } = prepareHome(wanted);
    const lock = lockDataDir(dir);
    return { dir, lock, stop: async () => lock.release() };
  } catch (error) {
    throw dataDirProblem(error, wanted);
  }
}
