import { termsSchema } from './terms-schema.js';

/**
 * Patterns over terms documents: JSON pointers (RFC 6901) in which `*` stands for any one element of a list or name of a
 * field. Guardrails and the list of material fields are written in them.
 */

/** The parts of a pointer or pattern, with their escapes undone. */
export function pointerTokens(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** One part as it is written in a pointer, with the slash before it. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function isAt(token: string, name: string): boolean {
  return token === '*' || token === name;
}

/** The values of a document at a pattern, with their pointers. */
export function valuesAt(document: unknown, pattern: string): { pointer: string; value: unknown }[] {
  let found: { pointer: string; value: unknown }[] = [{ pointer: '', value: document }];
  for (const token of pointerTokens(pattern)) found = found.flatMap((at) => childrenOf(at, token));
  return found;
}

function childrenOf(
  { pointer, value }: { pointer: string; value: unknown },
  token: string,
): { pointer: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => isAt(token, name))
    .map(([name, child]) => ({ pointer: pointer + pointerStep(name), value: child as unknown }));
}

/** Whether what a pointer names is at, below or around what a pattern names: a change of the one is a change of the other. */
export function touches(pattern: string, pointer: string): boolean {
  const [wanted, given] = [pointerTokens(pattern), pointerTokens(pointer)];
  const length = Math.min(wanted.length, given.length);
  return wanted.slice(0, length).every((token, index) => isAt(token, given[index] ?? ''));
}

interface SchemaNode {
  $ref?: string;
  type?: string;
  properties?: Record<string, unknown>;
  items?: unknown;
  additionalProperties?: unknown;
  allOf?: { then?: unknown }[];
}

/** Whether some terms document could have something at this pattern (`''` is the whole): else it would say nothing. */
export function isTermsPattern(pattern: string): boolean {
  if (pattern !== '' && !pattern.startsWith('/')) return false;
  let nodes: SchemaNode[] = resolved(termsSchema);
  for (const token of pointerTokens(pattern)) {
    nodes = nodes.flatMap((node) => schemaChildren(node, token)).flatMap(resolved);
  }
  return nodes.length > 0;
}

/** The node itself, and the kinds that it may be. */
function resolved(node: SchemaNode): SchemaNode[] {
  if (node.$ref !== undefined) {
    const definitions = termsSchema.$defs as unknown as Record<string, SchemaNode>;
    const target = definitions[node.$ref.replace('#/$defs/', '')];
    return target ? resolved(target) : [];
  }
  return [node, ...(node.allOf ?? []).flatMap(({ then }) => (then ? resolved(then as SchemaNode) : []))];
}

function schemaChildren(node: SchemaNode, token: string): SchemaNode[] {
  const isIndex = token === '*' || /^(0|[1-9]\d*)$/.test(token);
  const named = Object.entries(node.properties ?? {})
    .filter(([name]) => isAt(token, name))
    .map(([, child]) => child);
  const others = [
    ...(node.type === 'array' && isIndex ? [node.items] : []),
    ...(typeof node.additionalProperties === 'object' ? [node.additionalProperties] : []),
  ];
  return [...named, ...others].filter((child): child is SchemaNode => typeof child === 'object' && child !== null);
}
