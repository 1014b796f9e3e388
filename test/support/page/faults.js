/** What a reader of the page by its outline would stumble over; empty where there is nothing. */
function outlineFaults() {
  /** @type {string[]} */
  const faults = [];
  const levels = [...document.querySelectorAll('h1,h2,h3,h4')]
    .filter((heading) => /** @type {HTMLElement} */ (heading).offsetParent !== null)
    .map((heading) => Number(heading.tagName.slice(1)));
  if (levels.filter((level) => level === 1).length !== 1) faults.push('not one h1');
  levels.forEach((level, index) => {
    if (level > (levels[index - 1] ?? 1) + 1) faults.push(`h${level} after h${levels[index - 1]}`);
  });
  if (document.querySelectorAll('main').length !== 1) faults.push('not one main');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  if (new Set(ids).size !== ids.length) faults.push('an id twice');
  for (const each of document.querySelectorAll('input:not([type=hidden]),textarea')) {
    const input = /** @type {HTMLInputElement} */ (each);
    if (!input.labels?.[0]?.textContent?.trim()) faults.push(`no label for ${input.name}`);
  }
  for (const reference of document.querySelectorAll('[aria-describedby],[aria-labelledby]')) {
    for (const name of ['aria-describedby', 'aria-labelledby']) {
      for (const id of (reference.getAttribute(name) ?? '').split(' ').filter(Boolean)) {
        if (!document.getElementById(id)) faults.push(`${name} of nothing: ${id}`);
      }
    }
  }
  return faults;
}

/** What does not fit a screen, or is too small for a finger. */
function layoutFaults() {
  /** @type {string[]} */
  const faults = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push(`${scrollWidth} wide on ${clientWidth}`);
  for (const each of document.querySelectorAll('button,main a,label.choice,summary')) {
    const target = /** @type {HTMLElement} */ (each);
    const { height } = target.getBoundingClientRect();
    if (target.offsetParent !== null && height < 44) faults.push(`${target.textContent?.trim()}: ${height} high`);
  }
  return faults;
}

Object.assign(globalThis, { outlineFaults, layoutFaults });
