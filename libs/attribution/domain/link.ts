import { parametersShape } from './touch-report.js';

/** Where a link leads, and what it takes along. */
export interface LinkTarget {
  /** An absolute http or https address. */
  readonly destination: string;
  /** What the destination is always given: the partner's campaign, a source. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The name of the parameter by which the destination learns of the click. */
  readonly clickParameter: string;
}

/**
 * The address that a click leads to: the link's destination with the link's own parameters, those that the visitor brought
 * (which never replace the destination's or the link's) and, where the click was kept, its id.
 */
export function clickAddress(
  { destination, parameters, clickParameter }: LinkTarget,
  brought: Readonly<Record<string, string>>,
  clickId: string | undefined,
): string {
  const address = new URL(destination);
  const query = address.searchParams;
  for (const [name, value] of Object.entries(parameters)) query.set(name, value);
  for (const [name, value] of Object.entries(brought)) {
    if (!query.has(name) && name !== clickParameter) query.append(name, value);
  }
  if (clickId !== undefined) query.set(clickParameter, clickId);
  else query.delete(clickParameter);
  return address.href;
}

/** Of what a visitor brought in the query, what a link passes on: well-named, of bounded length, and not too many. */
export function passedParameters(query: Readonly<Record<string, unknown>>): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    const more = { ...passed, [name]: value };
    if (parametersShape.safeParse(more).success) passed[name] = value as string;
  }
  return passed;
}

/** Programs that fetch links to show or check them, by what they say of themselves. */
const robots =
  /bot\b|bot\/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|slack|discord|embedly|pingdom|uptime|monitor|headless|lighthouse|curl\/|wget\/|python-requests|python-urllib|go-http-client|okhttp|java\/|axios|node-fetch|libwww|scan/i;

/**
 * Whether a request of a link is a person's click: not one that looks ahead, a robot's, or one of nobody who says what it is. A
 * guess that costs a click where it is wrong; the visitor is led on all the same.
 */
export function isClick({
  method,
  headers,
}: {
  method: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}): boolean {
  if (method !== 'GET') return false;
  const ahead = [headers['purpose'], headers['sec-purpose'], headers['x-purpose'], headers['x-moz']].join(' ');
  if (/prefetch|prerender|preview/i.test(ahead)) return false;
  const agent = headers['user-agent'];
  return typeof agent === 'string' && agent !== '' && !robots.test(agent);
}
