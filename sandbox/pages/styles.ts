/** The one style sheet of all sandbox pages. It is printed verbatim, so its hash can be named in the CSP. */
export const STYLES = `
:root {
  --ink: #172033; --muted: #55607a; --line: #d8deea; --field: #8791a8; --panel: #f3f6fb; --paper: #fff;
  --accent: #1550b8; --accent-dark: #0f3f94; --danger: #b3212c; --danger-tint: #fdf1f1;
  --good: #12653a; --good-tint: #e8f6ee; --warn: #7a4a00; --warn-tint: #fff5dd;
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
body.tinted { background: var(--panel); }
h1, h2, p, dl, dd, ul { margin: 0; padding: 0; }
h1 { font-size: 1.375rem; line-height: 1.3; letter-spacing: -.01em; }
h2 { font-size: 1.0625rem; line-height: 1.4; }
a { color: var(--accent); text-underline-offset: 3px; }
a:hover { color: var(--accent-dark); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.muted { color: var(--muted); }
.small { font-size: .875rem; }
.fine-print { font-size: .75rem; }
.visually-hidden {
  position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; border: 0; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.test-mode {
  padding: 7px 16px; background: var(--warn-tint); border-bottom: 1px solid #ecd39a; color: var(--warn);
  font-size: .8125rem; font-weight: 600; letter-spacing: .02em; text-align: center;
}
.merchant { display: flex; align-items: center; gap: 12px; font-weight: 600; }
.monogram {
  flex: none; display: grid; place-items: center; width: 36px; height: 36px; border-radius: 9px;
  background: var(--accent); color: #fff; font-size: 1.0625rem;
}
.stack { display: grid; grid-template-columns: minmax(0, 1fr); align-content: start; gap: 20px; }
.tight { gap: 4px; }
.page { width: 100%; max-width: 880px; margin: 0 auto; padding: 40px 24px 56px; flex: 1; gap: 24px; }
.narrow { max-width: 512px; padding-top: 64px; }
.card {
  padding: 28px; background: var(--paper); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: 0 1px 2px rgb(23 32 51 / 5%), 0 8px 24px rgb(23 32 51 / 4%);
}
.between { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 12px 24px; }
.footer { padding: 20px 24px 28px; color: var(--muted); font-size: .8125rem; text-align: center; }

/* Buttons and fields */
.button {
  display: inline-block; min-height: 46px; padding: 10px 20px; border: 1px solid transparent; border-radius: 9px;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
}
.primary { background: var(--accent); color: #fff; }
.primary:hover { background: var(--accent-dark); color: #fff; }
.secondary { background: var(--paper); border-color: #b4bdd0; color: var(--ink); }
.secondary:hover { background: var(--panel); color: var(--ink); }
.danger { background: var(--danger); color: #fff; }
.danger:hover { background: #8f1822; }
.plain { background: none; color: var(--muted); font-weight: 500; text-decoration: underline; text-underline-offset: 3px; }
.plain:hover { color: var(--ink); }
.wide { width: 100%; min-height: 52px; font-size: 1.0625rem; }
.buttons { display: flex; flex-wrap: wrap; gap: 12px; }
.field { display: grid; grid-template-columns: minmax(0, 1fr); gap: 6px; align-content: start; }
.field label, .label { font-size: .875rem; font-weight: 600; }
input, select {
  width: 100%; min-height: 46px; padding: 9px 13px; border: 1px solid var(--field); border-radius: 9px;
  background: var(--paper); color: var(--ink); font: inherit;
}
input::placeholder { color: #6b758c; opacity: 1; }
input:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
input[aria-invalid] { border-color: var(--danger); background: var(--danger-tint); }
.field-error { color: var(--danger); font-size: .875rem; font-weight: 500; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 16px; }
.with-button { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 8px; }
.choices { display: grid; gap: 10px; margin: 0; padding: 0; border: 0; min-width: 0; }
.choices legend { padding: 0 0 6px; }
.choice { display: flex; gap: 12px; padding: 13px 16px; border: 1px solid var(--line); border-radius: 9px; cursor: pointer; }
.choice:has(:checked) { border-color: var(--accent); background: var(--panel); }
.choice input { flex: none; width: 18px; min-height: 18px; margin: 3px 0; accent-color: var(--accent); }
.notice { padding: 13px 16px; border: 1px solid; border-radius: 9px; font-weight: 500; }
.notice.error { background: var(--danger-tint); border-color: #e9b4b8; color: var(--danger); }
.notice.success { background: var(--good-tint); border-color: #abd9bf; color: var(--good); }
.notice.warning { background: var(--warn-tint); border-color: #ecd39a; color: var(--warn); }
.badge {
  display: inline-block; padding: 2px 10px; border-radius: 99px; background: #e9edf5; color: #414c65;
  font-size: .8125rem; font-weight: 600; white-space: nowrap;
}
.badge.good { background: var(--good-tint); color: var(--good); }
.badge.warn { background: var(--warn-tint); color: var(--warn); }
.badge.bad { background: #fbe3e4; color: var(--danger); }

/* Checkout */
.checkout { flex: 1; display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.summary, .payment { display: flex; padding: 48px clamp(24px, 5vw, 80px) 56px; }
.summary { justify-content: flex-end; background: var(--panel); border-right: 1px solid var(--line); }
.summary > *, .payment > * { width: 100%; max-width: 440px; gap: 24px; }
.headline { font-size: 1.0625rem; font-weight: 600; letter-spacing: 0; }
.price { font-size: 2.5rem; font-weight: 700; line-height: 1.15; letter-spacing: -.025em; }
.price small { font-size: 1rem; font-weight: 500; letter-spacing: 0; color: var(--muted); }
.rows { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
.rows > div { display: flex; justify-content: space-between; gap: 24px; }
.rows dt { min-width: 0; } .rows dd { flex: none; max-width: 65%; text-align: right; }
.rows .line, .rows .total { padding-top: 12px; border-top: 1px solid var(--line); }
.rows .total { font-weight: 700; }
.rows .saving { color: var(--good); }
.rule { border-top: 1px solid var(--line); padding-top: 20px; }
.read-only { padding: 10px 13px; border: 1px solid var(--line); border-radius: 9px; background: var(--panel); }
.test-cards { padding: 14px 16px; border: 1px dashed #b4bdd0; border-radius: 9px; font-size: .8125rem; }
.test-cards ul { list-style: none; margin: 6px 0; display: grid; gap: 3px; }
.test-cards li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; }
.test-cards code { font: 600 .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }

/* Tables */
table { width: 100%; border-collapse: collapse; }
th { padding: 0 24px 10px 0; color: var(--muted); font-size: .8125rem; font-weight: 600; text-align: left; }
td { padding: 13px 24px 13px 0; border-top: 1px solid var(--line); vertical-align: top; }
tr > :last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.nowrap { white-space: nowrap; }
.totals { width: 100%; max-width: 320px; margin-left: auto; }
.meta { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 16px 32px; }
.meta dt { color: var(--muted); font-size: .8125rem; font-weight: 600; }

@media (max-width: 760px) {
  .checkout { grid-template-columns: minmax(0, 1fr); align-content: start; }
  .summary, .payment { justify-content: center; padding: 28px 20px 32px; }
  .summary { border-right: 0; border-bottom: 1px solid var(--line); }
  .page { padding: 24px 16px 40px; }
  .card { padding: 20px; }
  .price { font-size: 2.125rem; }
  .buttons .button { flex: 1 1 100%; }
}
@media (max-width: 560px) {
  table.folding thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.folding tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 16px; padding: 13px 0; border-top: 1px solid var(--line); }
  table.folding td { padding: 0; border: 0; }
  /* Two lines a row: invoice and amount, then date and status. */
  table.folding td:nth-child(n + 2) { order: 1; }
  table.folding td:nth-child(4) { order: 0; }
  table.folding td:nth-child(n + 3) { text-align: right; }
}
@media print {
  .no-print { display: none; }
  body, body.tinted { background: #fff; }
  .test-mode { border: 1px solid; }
  .card { border: 0; box-shadow: none; padding: 0; }
}
`;
