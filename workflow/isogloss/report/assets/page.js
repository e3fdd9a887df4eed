"use strict";

function startTheme() {
  const button = byId("theme"), root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
    if (facts.cards.length) paint();
  });
  dark.addEventListener("change", name);
  name();
}

startTheme();
startFigures();
startTables();
startConcepts();
