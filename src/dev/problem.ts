/** A reason not to start that a developer can mend; its message is one clear line. */
export class StartProblem extends Error {
  override readonly name = "StartProblem";
}

/** An error's message without its line breaks. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
}

/** Why the data folder cannot be used, in one line that names the setting. */
export function dataDirProblem(error: unknown, dataDir: string): StartProblem {
  const isFileSystem = error instanceof Error && "syscall" in error;
  return new StartProblem(isFileSystem ? `DATA_DIR: ${dataDir} cannot be used: ${oneLine(error)}` : oneLine(error));
}
