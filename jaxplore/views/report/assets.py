"""How a report looks, and what makes its tables sortable where scripts run."""

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--text:#1f2328;--quiet:#59636e;--line:#d7dce1;--ground:#f5f7f9;
--accent:#0067a3;--trace:#c24f00;--lower:#00805c;--compile:#0072b2;--warn:#9a3b00;--page:#fff}
@media(prefers-color-scheme:dark){:root{--text:#e3e7eb;--quiet:#9aa4af;--line:#333b44;
--ground:#1b2128;--accent:#6cb8f0;--trace:#e69f00;--lower:#2fb98a;--compile:#56b4e9;
--warn:#ffb380;--page:#12161b}}
body{margin:0 auto;padding:20px 24px 60px;max-width:1180px;font:14px/1.5 system-ui,sans-serif;
color:var(--text);background:var(--page)}
h1{font-size:22px;margin:0 0 2px;overflow-wrap:anywhere}
h2{font-size:17px;margin:34px 0 8px;padding-bottom:4px;border-bottom:1px solid var(--line)}
h2+p{margin-top:0}
a{color:var(--accent)}
code,pre,h1{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{font-size:12.5px;overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
.facts{margin:0;color:var(--quiet)}
nav{margin:10px 0 0}nav a{margin-right:16px}
.totals{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0 0;padding:0;list-style:none}
.totals li{flex:1 1 150px;padding:10px 14px;background:var(--ground);border-radius:6px}
.totals b{display:block;font-size:21px;font-weight:600;font-variant-numeric:tabular-nums}
.notes{margin:14px 0 0;padding:8px 14px;border-left:3px solid var(--warn);
background:var(--ground)}
.notes p{margin:3px 0}
.split{display:flex;height:10px;margin:14px 0 4px;border-radius:3px;overflow:hidden;
background:var(--line)}
.trace{background:var(--trace)}.lower{background:var(--lower)}.compile{background:var(--compile)}
.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 14px}
.key i:first-child{margin-left:0}
.todos{padding:0;list-style:none;counter-reset:todo;margin:0}
.todos li{display:grid;grid-template-columns:2.2em 1fr 9.5em;padding:10px 0;counter-increment:todo;
border-bottom:1px solid var(--line)}
.todos li::before{content:counter(todo);font-size:17px;color:var(--quiet)}
.todos p{margin:2px 0}
.todos .cost{text-align:right;font-variant-numeric:tabular-nums}
.cost b{font-size:17px}
.cause{font-size:12px;padding:1px 6px;border-radius:9px;background:var(--ground);
color:var(--quiet);border:1px solid var(--line);white-space:nowrap}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--quiet);white-space:nowrap}
th button{all:unset;cursor:pointer;color:inherit}
th button:focus-visible,summary:focus-visible,input:focus-visible{
outline:2px solid var(--accent);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.why{min-width:15em}
td.function{overflow-wrap:anywhere;min-width:7em}
td .quiet{font-size:12px}
tr:target,pre:target{background:var(--ground)}
.bar{display:block;height:6px;border-radius:2px;background:var(--compile)}
.bar.equations{background:var(--trace)}
td.bars{width:16%;vertical-align:middle}
input[type=search]{font:inherit;padding:4px 8px;margin:0 0 8px;width:min(100%,22em);
color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:4px}
details{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:5px 0;overflow-wrap:anywhere}
pre{margin:0 0 10px;scroll-margin-top:40px;padding:10px;overflow-x:auto;
font-size:12px;line-height:1.45;
background:var(--ground);border-radius:4px}
pre .quiet{user-select:none}
@media(max-width:640px){body{padding:14px}.todos li{grid-template-columns:2em 1fr}
.todos .cost{grid-column:2;text-align:left}}
@media print{nav,input[type=search]{display:none}}
"""

# Without it everything can be read; with it tables are sorted and searched.
SCRIPT: Final = """
for (const table of document.querySelectorAll("table[data-sort]")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => {
      const number = head.classList.contains("number");
      const first = number ? "descending" : "ascending";
      const other = number ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const value = (row) => {
        const cell = row.cells[column];
        return number ? Number(cell.dataset.value ?? -1) : cell.textContent.toLowerCase();
      };
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [value(row), row]);
      rows.sort(([a], [b]) => (a < b ? -sign : a > b ? sign : 0));
      body.append(...rows.map(([, row]) => row));
    };
  });
  if (body.rows.length > 15) {
    const search = document.createElement("input");
    search.type = "search";
    search.placeholder = "show rows with \\u2026";
    search.setAttribute("aria-label", "show only rows with this text");
    search.oninput = () => {
      const wanted = search.value.toLowerCase();
      const has = (row) => row.textContent.toLowerCase().includes(wanted);
      for (const row of body.rows) row.hidden = !has(row);
    };
    table.parentElement.before(search);
  }
}
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const closed = target?.closest("details:not([open])");
  if (closed) { closed.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", reveal);
reveal();
"""
