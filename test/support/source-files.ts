import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One `import … from` or `export … from`. */
export interface Import {
  /** Path of the importing file, from the repository's root. */
  readonly file: string;
  /** Path of the imported file, from the repository's root; null for packages. */
  readonly target: string | null;
  /** Name of the package, with its subpath; null for files. */
  readonly packageName: string | null;
  /** The names between the braces, as written. */
  readonly names: string;
}

/** Every TypeScript file below a folder, by its path from the repository's root. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort();
}

/** Text of a file without its comments, in which anything may be mentioned. */
export function codeOf(file: string): string {
  return readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}

const statement = /^(?:import|export)\s(?<names>[^;"]*?)\bfrom\s+"(?<from>[^"]+)"/gm;
const bare = /^import\s+"(?<from>[^"]+)"/gm;
const called = /\b(?:import|require)\(\s*"(?<from>[^"]+)"/g;

/** Everything that a file imports. */
export function importsOf(file: string): Import[] {
  const code = codeOf(file);
  return [statement, bare, called].flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ groups }) => {
      const from = groups?.["from"] ?? "";
      const isFile = from.startsWith(".");
      return {
        file,
        target: isFile ? normalize(join(dirname(file), from)).replace(/\.js$/, ".ts") : null,
        packageName: isFile ? null : from,
        names: groups?.["names"]?.trim() ?? "",
      };
    }),
  );
}
