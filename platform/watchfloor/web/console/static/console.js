// The page without a reload: links and forms fetch the page and put its parts in place; a stream says when to look again.
// Without this file everything works the same, with reloads. It makes no markup of its own out of data.
"use strict";

(() => {
  const PARTS = ["bars", "said", "queue", "right"];
  const LOOK_MILLISECONDS = 5000;
  const URGENT_SECONDS = 300;
  const HTML = { Accept: "text/html" };
  let stream = null;
  let isGoing = false;
  let isSending = false;
  let waiting = null;
  let shown = location.pathname + location.search;
  let isLooking = false;
  let wantsLook = false;
  let lookedAt = 0;

  const part = (id) => document.getElementById(id);
  const say = (text) => { part("live").textContent = text; };

  // A deadline in words, as the server says it: two largest units, then seconds for the last minute.
  function span(seconds) {
    const pairs = [["d", 86400, "h", 3600], ["h", 3600, "min", 60]];
    for (const [unit, size, smaller, piece] of pairs) {
      if (seconds < size) continue;
      const rest = Math.floor((seconds % size) / piece);
      return rest ? `${Math.floor(seconds / size)} ${unit} ${rest} ${smaller}` : `${Math.floor(seconds / size)} ${unit}`;
    }
    return seconds >= 60 ? `${Math.floor(seconds / 60)} min` : `${seconds} s`;
  }

  function tick() {
    for (const time of document.querySelectorAll("time[data-due]")) {
      const left = Math.floor((Date.parse(time.dateTime) - Date.now()) / 1000);
      time.textContent = left < 0 ? `! overdue by ${span(-left)}` : `in ${span(left)}`;
      time.classList.toggle("overdue", left < 0);
      time.classList.toggle("urgent", left >= 0 && left < URGENT_SECONDS);
    }
  }

  const isTyped = (field) =>
    field.type !== "hidden" && (field.tagName === "SELECT" ? field.selectedIndex > 0 : field.value !== field.defaultValue);

  // Whether somebody is filling something in there, so that it must not be taken away.
  function isInUse(place) {
    const opened = [...place.querySelectorAll("details[open] form")];
    return opened.some((form) => form.contains(document.activeElement) || [...form.elements].some(isTyped));
  }

  function put(id, fresh) {
    const old = part(id);
    const next = fresh.getElementById(id);
    if (old && next) old.replaceWith(document.adoptNode(next));
  }

  // Puts a part in place; what was focused keeps the focus, what was open stays open.
  function replace(ids, fresh) {
    const focused = document.activeElement && document.activeElement.id;
    const opened = [...document.querySelectorAll("details[open] > summary[id]")].map((summary) => summary.id);
    for (const id of ids) put(id, fresh);
    for (const id of opened) {
      const summary = part(id);
      if (summary) summary.parentElement.open = true;
    }
    if (focused && part(focused) && document.activeElement !== part(focused)) part(focused).focus({ preventScroll: true });
    tick();
  }

  const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

  // The whole page, after a link was followed or a form was sent. `from` says which, and what the line said then.
  async function arrive(answer, from) {
    if (answer.status === 401) return location.assign("/console");
    const fresh = await read(answer);
    if (!fresh.getElementById("queue")) {
      const sentence = fresh.getElementById("sentence");
      return tell(sentence ? sentence.textContent : "The desk cannot be reached. Try again.");
    }
    const line = part("line");
    const isInLine = document.activeElement === line;
    const isTaken = from.id === "command" && answer.ok && line.value === from.line;
    const typed = isTaken ? "" : line.value;
    for (const id of PARTS) put(id, fresh);
    put("command", fresh);
    part("line").value = typed;
    document.body.className = fresh.body.className;
    document.title = fresh.title;
    if (answer.redirected || from.isLink) remember(answer.url);
    if (isInLine) part("line").focus();
    else if (from.isLink) (part(from.id) && from.id.startsWith("which") ? part(from.id) : part("incident")).focus();
    else part("said").focus({ preventScroll: true });
    tick();
    return undefined;
  }

  function remember(url) {
    const address = new URL(url);
    address.searchParams.delete("reply");
    if (address.href !== location.href) history.pushState(null, "", address);
    shown = address.pathname + address.search;
  }

  function tell(text) {
    const sentence = document.createElement("p");
    sentence.className = "sentence bad";
    sentence.textContent = text;
    part("said").replaceChildren(sentence);
  }

  // What a person asks for goes before what the page looks at by itself. A form that is sent while a link is followed
  // waits for it; one that is sent while another is under way is a second press of the same key.
  async function go(request, from) {
    if (isGoing) {
      if (!isSending && !from.isLink) waiting = () => go(request, from);
      return;
    }
    isGoing = true;
    isSending = !from.isLink;
    document.body.setAttribute("aria-busy", "true");
    try {
      await arrive(await request(), from);
    } catch {
      tell("The desk cannot be reached. Try again.");
    } finally {
      isGoing = false;
      document.body.removeAttribute("aria-busy");
      const next = waiting;
      waiting = null;
      if (next) next();
      else if (wantsLook) look();
    }
  }

  // What changed elsewhere, one look at a time; a word that comes meanwhile leads to another.
  async function look() {
    wantsLook = true;
    if (isGoing || isLooking || document.hidden) return;
    isLooking = true;
    wantsLook = false;
    lookedAt = Date.now();
    try {
      await takeALook();
    } catch {
      say("○ away, trying again");
    } finally {
      isLooking = false;
      if (wantsLook && !isGoing) setTimeout(look, 250);
    }
  }

  // What somebody is typing stays as it is; when it is sent, the desk decides.
  async function takeALook() {
    const address = new URL(location.href);
    address.pathname = "/console/look";
    address.searchParams.delete("reply");
    const answer = await fetch(address, { headers: HTML });
    if (answer.status === 401) return location.assign("/console");
    const fresh = await read(answer);
    const next = fresh.getElementById("incident");
    if (isGoing || !next) return undefined;
    replace(["bars", "queue"], fresh);
    if (part("incident").dataset.version !== next.dataset.version) {
      replace(part("acts") && isInUse(part("acts")) ? ["incident"] : ["incident", "acts"], fresh);
    }
    return undefined;
  }

  function listen() {
    stream = new EventSource("/console/changes");
    stream.addEventListener("open", () => say("● live"));
    stream.addEventListener("changed", look);
    stream.addEventListener("look", look);
    stream.addEventListener("error", () => say("○ looking every 5 s"));
  }

  function watch() {
    tick();
    const isDeaf = !stream || stream.readyState !== EventSource.OPEN;
    if (isDeaf && Date.now() - lookedAt >= LOOK_MILLISECONDS) look();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(() => fetch(link.href, { headers: HTML }), { isLink: true, id: link.id });
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || new URL(form.action).pathname !== "/console/do") return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    go(() => fetch(form.action, { method: "POST", body, headers: HTML }), { id: form.id, line: part("line").value });
  });

  // The arrow keys go up and down the queue, where the focus is in it; Escape closes the form that it is in.
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const line = event.target.closest(".lines a");
    if (line && step) {
      const lines = [...document.querySelectorAll(".lines a")];
      const next = lines[lines.indexOf(line) + step];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
    const opened = event.key === "Escape" && event.target.closest("details[open]");
    if (opened) {
      opened.open = false;
      opened.querySelector("summary").focus();
    }
  });

  // Following a link within the page is told as a change of address too, and changes nothing that is shown.
  window.addEventListener("popstate", () => {
    if (location.pathname + location.search === shown) return;
    go(() => fetch(location.href, { headers: HTML }), { isLink: true, id: "" });
  });
  document.addEventListener("visibilitychange", look);
  listen();
  tick();
  setInterval(watch, 1000);
})();
