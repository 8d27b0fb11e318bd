// A page that stays up to date: a stream says when something changed, and the content is put in place anew.
// Without this file everything works the same, with reloads. It makes no markup of its own out of data.
"use strict";

(() => {
  const LOOK_MILLISECONDS = 10000;
  const body = document.body;
  const live = document.getElementById("live");
  let isLooking = false;
  let wantsLook = false;
  let lookedAt = Date.now();
  let stream = null;

  const isTyped = (field) =>
    !["hidden", "submit", "button"].includes(field.type) &&
    (field.tagName === "SELECT"
      ? [...field.options].some((option) => option.selected !== option.defaultSelected)
      : field.type === "checkbox" || field.type === "radio"
        ? field.checked !== field.defaultChecked
        : field.value !== field.defaultValue);

  // Whether somebody is filling something in, so that it must not be taken away.
  function isInUse(content) {
    const forms = [...content.querySelectorAll("form")];
    return forms.some((form) => form.contains(document.activeElement) || [...form.elements].some(isTyped));
  }

  // Puts the content in place; what was focused keeps the focus, what was open stays open.
  function put(fresh) {
    const content = document.getElementById("content");
    const next = fresh.getElementById("content");
    if (!next || isInUse(content)) return;
    const focused = document.activeElement && document.activeElement.id;
    const opened = [...content.querySelectorAll("details[open][id]")].map((one) => one.id);
    content.replaceChildren(...document.adoptNode(next).childNodes);
    for (const id of opened) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus({ preventScroll: true });
    const places = document.querySelector(".places");
    const newPlaces = fresh.querySelector(".places");
    if (places && newPlaces && !places.contains(document.activeElement)) places.replaceWith(document.adoptNode(newPlaces));
  }

  async function look() {
    wantsLook = true;
    if (isLooking || document.hidden) return;
    isLooking = true;
    wantsLook = false;
    lookedAt = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Look": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
      if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      live.textContent = `○ ${body.dataset.away}`;
    } finally {
      isLooking = false;
      if (wantsLook) setTimeout(look, 250);
    }
    return undefined;
  }

  function listen() {
    stream = new EventSource(body.dataset.changes);
    stream.addEventListener("open", () => { live.textContent = `● ${body.dataset.live}`; });
    stream.addEventListener("changed", look);
    stream.addEventListener("look", look);
    stream.addEventListener("error", () => { live.textContent = `○ ${body.dataset.away}`; });
  }

  function watch() {
    const isDeaf = !stream || stream.readyState !== EventSource.OPEN;
    if (isDeaf && Date.now() - lookedAt >= LOOK_MILLISECONDS) look();
  }

  document.addEventListener("visibilitychange", () => { if (wantsLook) look(); });
  listen();
  setInterval(watch, 1000);
})();
