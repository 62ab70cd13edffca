"use strict";
const facts = JSON.parse(document.getElementById("facts").textContent);
const main = document.querySelector("main"), count = document.getElementById("count");
const rows = () => [...main.querySelectorAll("article")];
const kept = `maskeditor verdicts ${facts.name} ${location.pathname}`;
let chosen = null;

const noteOf = (row) => row.querySelector("input");
const verdictOf = (row) => row.dataset.verdict;
const judgedIn = (row) => [verdictOf(row), noteOf(row).value, row.dataset.judged];
// What the page was made with.
const made = new Map(rows().map((row) => [row.dataset.key, judgedIn(row).join("\t")]));
// Whether what was judged is of another mask, or may be: it is to be judged again.
const isStale = (row) => row.dataset.judged !== "" && row.dataset.judged !== row.dataset.fingerprint;

function choose(row, focus = true) {
  if (chosen) chosen.classList.remove("chosen");
  chosen = row;
  row.classList.add("chosen");
  if (focus) {
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}

function show() {
  const all = rows(), judged = all.filter((row) => !isStale(row)).map(verdictOf);
  const passed = judged.filter((verdict) => verdict === "pass").length;
  const failed = judged.filter((verdict) => verdict === "fail").length;
  count.textContent = `${passed} accepted, ${failed} rejected, ${all.length - passed - failed} to judge`;
}

function remember() {
  // A page of a file may have no memory; what is saved is what counts.
  try {
    const known = {};
    for (const row of rows()) known[row.dataset.key] = [...judgedIn(row), made.get(row.dataset.key)];
    localStorage.setItem(kept, JSON.stringify(known));
  } catch (error) { /* no memory */ }
}

function draw(row) {
  for (const name of ["pass", "fail"]) row.querySelector(`.${name}`).setAttribute("aria-pressed", verdictOf(row) === name);
  row.querySelector(".stale").hidden = !isStale(row);
}

function judge(row, verdict) {
  put(row, verdictOf(row) === verdict && !isStale(row) ? "" : verdict);
}

function put(row, verdict) {
  row.dataset.verdict = verdict;
  row.dataset.judged = row.dataset.verdict || noteOf(row).value ? row.dataset.fingerprint : "";
  draw(row);
  show();
  remember();
}

function step(by) {
  const all = rows(), next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(chosen) + by))];
  if (next) choose(next);
}

function order(button) {
  const name = button.dataset.sort, again = button.getAttribute("aria-pressed") === "true";
  for (const other of document.querySelectorAll("[data-sort]")) other.setAttribute("aria-pressed", other === button);
  const down = (name === "most") !== (again && button.dataset.turned !== "1");
  button.dataset.turned = again && button.dataset.turned !== "1" ? "1" : "";
  const value = (row) => name === "key" || name === "verdict" ? row.dataset[name] : Number(row.dataset[name]);
  const sign = down ? -1 : 1;
  const all = rows().sort((one, other) => {
    const a = value(one), b = value(other);
    return a < b ? -sign : a > b ? sign : one.dataset.key < other.dataset.key ? -1 : 1;
  });
  for (const row of all) main.append(row);
  if (all.length) choose(all[0], false);
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
}

const cell = (text) => text || "n/a";
// (A key is on one line as it comes. What parts lines and cells is more than the blanks of this language.)
const noteIn = (row) => noteOf(row).value.replace(/[\s\x1c-\x1e\x85]+/g, " ").trim();

function table() {
  const lines = [facts.columns];
  const judged = rows().filter((row) => verdictOf(row) || noteOf(row).value.trim());
  judged.sort((one, other) => one.dataset.key < other.dataset.key ? -1 : 1);
  for (const row of judged) lines.push([row.dataset.key, verdictOf(row), noteIn(row), row.dataset.judged || row.dataset.fingerprint].map(cell));
  return lines.map((line) => line.join("\t") + "\n").join("");
}

// (An entry is the name of an image as the list has it.)
function failures() {
  const entries = rows().filter((row) => verdictOf(row) === "fail").map((row) => row.dataset.entry).sort();
  return entries.length ? `${facts.list}:\n${entries.map((entry) => `- ${entry}\n`).join("")}` : `${facts.list}: []\n`;
}

function copy(row) {
  const command = row.querySelector(".copy").dataset.command, field = document.createElement("textarea");
  field.value = command;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  choose(row);
  count.textContent = `Copied: ${command}`;
}

main.addEventListener("click", (event) => {
  const row = event.target.closest("article");
  if (!row) return;
  choose(row, event.target.tagName !== "INPUT");
  if (event.target.matches(".pass")) judge(row, "pass");
  if (event.target.matches(".fail")) judge(row, "fail");
  if (event.target.matches(".copy")) copy(row);
});
main.addEventListener("change", (event) => {
  const row = event.target.closest("article");
  // (A note judges nothing: what is stale stays so.)
  if (!verdictOf(row)) row.dataset.judged = noteOf(row).value.trim() ? row.dataset.fingerprint : "";
  draw(row);
  remember();
});
document.addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT") {
    if ((event.key === "Escape" || event.key === "Enter") && chosen) chosen.focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !chosen) return;
  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1), j: () => step(1), k: () => step(-1),
    a: () => { judge(chosen, "pass"); step(1); }, r: () => { judge(chosen, "fail"); step(1); },
    u: () => { if (verdictOf(chosen)) put(chosen, ""); },
    n: () => noteOf(chosen).focus(), c: () => copy(chosen), s: () => save("verdicts.tsv", table()),
  };
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
});
for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => order(button));
document.getElementById("save").addEventListener("click", () => save("verdicts.tsv", table()));
document.getElementById("save-failures").addEventListener("click", () => save("qc_fail.yml", failures()));

// What was judged here and not saved: newer than what the page was made with, where it is of the same mask, and nobody
// has judged it elsewhere since. A page of an older version kept the digits of the fingerprint alone, and not what it
// was made with.
const digits = (fingerprint) => fingerprint.split(":").pop();
try {
  const known = JSON.parse(localStorage.getItem(kept) || "{}");
  for (const row of rows()) {
    const [verdict, note, judged, before] = known[row.dataset.key] || [];
    const isNewer = before === undefined || before === made.get(row.dataset.key);
    if (judged && isNewer && digits(judged) === digits(row.dataset.fingerprint)) {
      row.dataset.verdict = verdict;
      row.dataset.judged = row.dataset.fingerprint;
      noteOf(row).value = note;
      draw(row);
    }
  }
} catch (error) { /* no memory */ }
show();
if (rows().length) choose(rows()[0], false);
