// Comforts on top of pages that work without any script. Nothing is stored and nothing is fetched.
"use strict";

// Escape three times within a second leaves, as the button does.
const leave = document.getElementById("leave");
let escapes = [];
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !leave) return;
  escapes = [...escapes.filter((at) => event.timeStamp - at < 1000), event.timeStamp];
  if (escapes.length >= 3) leave.submit();
});

// How many segments the reply has, by the same rules as the server's preview.
const reply = document.getElementById("reply");
const count = document.getElementById("reply-count");

function weigh(text) {
  const single = new Set(reply.dataset.single);
  const double = new Set(reply.dataset.double);
  const characters = [...text];
  const small = characters.every((c) => single.has(c) || double.has(c) || c === "\n");
  const costs = characters.map((c) => (small ? (double.has(c) ? 2 : 1) : c.length));
  const [alone, part] = small ? [160, 153] : [70, 67];
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  if (units <= alone) return { units, small, segments: 1 };
  let segments = 1;
  let filled = 0;
  for (const cost of costs) {
    if (filled + cost > part) {
      segments += 1;
      filled = 0;
    }
    filled += cost;
  }
  return { units, small, segments };
}

function tell() {
  const { units, small, segments } = weigh(reply.value);
  const alphabet = small ? "characters" : "characters of the large alphabet";
  count.textContent = reply.value
    ? `${segments} ${segments === 1 ? "segment" : "segments"}, ${units} ${alphabet}`
    : "";
}

if (reply && count) {
  reply.addEventListener("input", tell);
  tell();
  for (const button of document.querySelectorAll("button[data-text]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      reply.value = [reply.value.trimEnd(), button.dataset.text].filter(Boolean).join(" ");
      reply.focus();
      tell();
    });
  }
}

// After a refusal the keyboard starts where the reason is told.
const summary = document.querySelector(".summary");
if (summary) summary.focus();
