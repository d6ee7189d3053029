/* Previews of what links lead to (book/_ext/link_previews.py), shown by tippy.js.

   A preview repeats, for the eye, what stands where the link leads. It is hidden from screen readers,
   which follow the link as they always have and hear nothing twice. It comes by pointer and by
   keyboard focus, stays while either is on the link or the preview, and goes with Escape. On a
   device without a pointer that can hover, nothing of this is loaded. */
"use strict";

(() => {
  if (!window.matchMedia("(any-hover: hover)").matches) return;
  const LINKS = "a[data-preview]";
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const loading = new Map();
  window.linkPreviews = {};

  // A citation's title would be a second, native tip, and a long description for screen readers.
  for (const link of document.querySelectorAll(LINKS)) link.removeAttribute("title");

  /* Script elements, not fetch(): browsers refuse that in pages that are opened from a folder. */
  function load(path) {
    if (!loading.has(path)) {
      loading.set(path, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = new URL(`_static/previews/${path}`, root);
        script.onload = resolve;
        script.onerror = reject;
        document.head.append(script);
      }));
    }
    return loading.get(path);
  }

  /* The path of a page from the root, as the files of previews name it, and an id. */
  function target(link) {
    const url = new URL(link.href);
    const path = decodeURIComponent(url.pathname.slice(root.pathname.length));
    const page = path === "" || path.endsWith("/") ? `${path}index.html` : path;
    return [page, decodeURIComponent(url.hash.slice(1))];
  }

  function box(html) {
    const content = document.createElement("div");
    content.className = "link-preview bd-article";
    content.innerHTML = html;
    for (const image of content.querySelectorAll("img[data-src]")) {
      image.src = new URL(image.dataset.src, root);
    }
    return content;
  }

  /* A formula that is wider than the box is made smaller; scrolling would need one more key. */
  function fit(content) {
    for (const formula of content.querySelectorAll(".katex-display")) {
      const ratio = formula.clientWidth / formula.scrollWidth;
      if (ratio < 1) formula.style.fontSize = `${Math.max(ratio, 0.5)}em`;
    }
    content.classList.toggle("cut", content.scrollHeight > content.clientHeight + 1);
  }

  async function prepare(link) {
    const [page, id] = target(link);
    await Promise.all([load("popper.min.js").then(() => load("tippy.min.js")), load(`${page}.js`)]);
    const html = window.linkPreviews[page]?.[id];
    if (!html || link._tippy) return;
    const content = box(html);
    window.tippy(link, {
      content,
      appendTo: () => document.body,
      aria: { content: null, expanded: false },
      arrow: false,
      delay: [250, 100],
      duration: calm.matches ? 0 : 150,
      inlinePositioning: true, // beside the line of a broken link that is pointed at
      interactive: true,
      maxWidth: "none",
      offset: [0, 6],
      placement: "bottom-start",
      touch: false,
      onCreate: ({ popper }) => popper.setAttribute("aria-hidden", "true"),
      onMount: ({ popperInstance }) => {
        const settle = () => {
          fit(content);
          popperInstance.update();
        };
        settle();
        for (const image of content.querySelectorAll("img")) image.onload = settle;
      },
      showOnCreate: link.matches(":hover, :focus-visible"),
    });
  }

  function approach({ target: element, pointerType }) {
    const link = pointerType === "touch" ? null : element.closest?.(LINKS);
    if (link && !link._tippy) prepare(link);
  }

  document.addEventListener("pointerover", approach);
  document.addEventListener("focusin", approach);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") window.tippy?.hideAll();
  });
})();
