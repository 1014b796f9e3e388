/**
 * What a signer's page can do better where scripts run. Every form works without it: it fills in what the device knows,
 * lets a mark be drawn, tells which parts were on the screen, and puts the focus on what went wrong.
 */

const pauseMs = 1500;
/** Of the drawing's own units, in which it is 600 wide and 200 high. */
const leastStep = 2;
const longestPath = 18_000;

fillIn();
tellLocalTimes();
focusFaults();
for (const area of document.querySelectorAll('[data-mark]')) drawIn(/** @type {HTMLElement} */ (area));
for (const text of document.querySelectorAll('[data-reading]')) followReading(/** @type {HTMLElement} */ (text));

/** Time zone and language of the device, as evidence. */
function fillIn() {
  const known = { timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: navigator.language };
  for (const field of document.querySelectorAll('input[data-fill]')) {
    const { fill } = /** @type {HTMLElement} */ (field).dataset;
    if (fill === 'timeZone' || fill === 'locale') /** @type {HTMLInputElement} */ (field).value = known[fill] ?? '';
  }
}

/** Deadlines on the reader's own clock, beside the program's. */
function tellLocalTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' });
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  for (const time of document.querySelectorAll('time[data-local]')) {
    const { local } = /** @type {HTMLElement} */ (time).dataset;
    const shown = document.createElement('span');
    shown.className = 'local';
    const at = new Date(/** @type {HTMLTimeElement} */ (time).dateTime);
    shown.textContent = `${local} ${format.format(at)} (${timeZone})`;
    time.after(shown);
  }
}

function focusFaults() {
  const faults = /** @type {HTMLElement | null} */ (document.querySelector('[data-focus]'));
  faults?.focus();
}

/**
 * Strokes become an SVG path in the form.
 * @param {HTMLElement} area
 */
function drawIn(area) {
  const picture = area.querySelector('svg');
  const path = area.querySelector('path');
  const field = /** @type {HTMLInputElement | null} */ (area.querySelector('input[name=mark]'));
  const clear = area.querySelector('[data-clear]');
  const status = /** @type {HTMLElement | null} */ (area.querySelector('[data-cleared]'));
  if (!picture || !path || !field) return;
  area.hidden = false;
  let drawn = field.value;
  /** @type {{ x: number; y: number } | undefined} */
  let last;
  const show = () => {
    path.setAttribute('d', drawn);
    field.value = drawn;
  };
  /** @param {PointerEvent} event */
  const pointOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = picture.getBoundingClientRect();
    return { x: Math.round(((clientX - left) / width) * 600), y: Math.round(((clientY - top) / height) * 200) };
  };
  picture.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    last = pointOf(event);
    if (drawn.length < longestPath) drawn += `M${last.x} ${last.y}l0 0`;
    if (status) status.textContent = '';
    show();
  });
  picture.addEventListener('pointermove', (event) => {
    if (!last || drawn.length >= longestPath) return;
    const point = pointOf(event);
    if (Math.hypot(point.x - last.x, point.y - last.y) < leastStep) return;
    drawn += `L${point.x} ${point.y}`;
    last = point;
    show();
  });
  for (const end of ['pointerup', 'pointercancel']) picture.addEventListener(end, () => (last = undefined));
  clear?.addEventListener('click', () => {
    drawn = '';
    show();
    if (status) status.textContent = status.dataset['cleared'] ?? '';
  });
  show();
}

/**
 * Tells which sections were on the screen, some at a time; reading goes on whatever becomes of it.
 * @param {HTMLElement} text
 */
function followReading(text) {
  const { reading = '', document: documentHash = '', token: formToken = '' } = text.dataset;
  /** @type {Set<string>} */
  const told = new Set();
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const tell = () => {
    clearTimeout(timer);
    timer = undefined;
    const sections = [...seen].filter((section) => !told.has(section));
    if (sections.length === 0) return;
    for (const section of sections) told.add(section);
    const body = new URLSearchParams({ formToken, documentHash, sections: sections.join(',') });
    fetch(reading, { method: 'POST', body, keepalive: true }).catch(() => {
      for (const section of sections) told.delete(section);
    });
  };
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      const { section } = /** @type {HTMLElement} */ (target).dataset;
      if (isIntersecting && section) seen.add(section);
    }
    timer ??= setTimeout(tell, pauseMs);
  });
  for (const section of text.querySelectorAll('[data-section]')) watcher.observe(section);
  addEventListener('pagehide', tell);
}
