/* Runs in <head> before the first paint. Marks that scripts work, and follows the system's theme for Bootstrap's own rules. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  if (root.hasAttribute("data-bs-theme")) return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
})();
