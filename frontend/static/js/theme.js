// @ts-check
// Light, dark or as the system: set before the first paint, so this is a classic script in the head.
(() => {
  const root = document.documentElement;
  const order = ["auto", "light", "dark"];
  const names = { auto: "as the system", light: "light", dark: "dark" };

  /** @param {string} theme */
  function apply(theme) {
    root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) {
      button.setAttribute("aria-label", `Colours: ${names[theme]}. Change`);
      button.title = `Colours: ${names[theme]} (d)`;
    }
    document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
  }

  function stored() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // storage is refused in some embeds
    }
  }

  root.classList.add("js");
  apply(order.includes(stored()) ? stored() : "auto");
  addEventListener("DOMContentLoaded", () => {
    apply(root.dataset.theme || "auto");
    document.getElementById("theme")?.addEventListener("click", () => document.dispatchEvent(new CustomEvent("nexttheme")));
  });
  document.addEventListener("nexttheme", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || "auto";
    // the first press always changes what is seen
    const cycle = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const next = cycle[(cycle.indexOf(now) + 1) % 3];
    try {
      localStorage.setItem("theme", next);
    } catch {
      /* not kept, but applied */
    }
    apply(next);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(root.dataset.theme || "auto"));
})();
