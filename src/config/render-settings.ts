import { type Setting, settings } from "./settings.js";

/** The text of `.env.example`: what must be set stands there empty, the rest as a comment with its default. */
export function renderEnvExample(): string {
  const entries: readonly Setting[] = settings;
  const intro = "# Settings of Atlantiplex Billing. Copy to .env; `npm run dev` needs none of them.\n";
  return [intro, ...entries.map(renderEntry)].join("\n");
}

function renderEntry(setting: Setting): string {
  const { name, description, example } = setting;
  const notes = [
    setting.requiredInProduction ? `Required in production${unlessOthers(setting)}.` : "",
    setting.default === null || setting.requiredInProduction ? `Example: ${example}` : "",
    setting.developmentDefault === undefined || setting.requiredInProduction
      ? ""
      : `Default outside production: ${setting.developmentDefault}`,
  ].filter((note) => note !== "");
  const assignment = setting.requiredInProduction ? `${name}=` : `# ${name}=${setting.default ?? ""}`;
  return `${[description, ...notes].map((line) => `# ${line}`).join("\n")}\n${assignment}\n`;
}

/** The README's table of settings, in Markdown; a test compares the two. */
export function renderSettingsTable(): string {
  const entries: readonly Setting[] = settings;
  const head = ["| Setting | What it is | Default | In production |", "| --- | --- | --- | --- |"];
  return [...head, ...entries.map(renderRow)].join("\n");
}

function renderRow(setting: Setting): string {
  const { name, description, default: otherwise, developmentDefault = otherwise } = setting;
  const cells = [`\`${name}\``, description, asCode(developmentDefault), productionCell(setting)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function productionCell(setting: Setting): string {
  if (setting.requiredInProduction) return `**required**${unlessOthers(setting)}`;
  if (setting.inProduction) return setting.inProduction;
  return setting.developmentDefault === undefined ? "the same" : asCode(setting.default);
}

function unlessOthers({ standIns = [] }: Setting): string {
  return standIns.length === 0 ? "" : `, unless ${standIns.join(" or ")} is set`;
}

function asCode(value: string | null): string {
  return value === null ? "none" : `\`${value}\``;
}
