import { loadEnvFile } from "node:process";
import type { Environment } from "./parse.js";

/**
 * The process's environment, completed by a file `.env` in the working directory if there is one. What
 * is set already, and be it empty, is never overridden.
 */
export function environment(): Environment {
  try {
    loadEnvFile();
  } catch (error) {
    // No file is the usual case; one that cannot be read must not be taken for none.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  return process.env;
}
