import { canonicalJson } from '../../kernel/canonical-json.js';

/**
 * The value of a JSON text whose bytes are its canonical form (RFC 8785); undefined for any other, so that no two texts
 * say the same and no reader can understand one differently.
 */
export function readCanonicalJson(content: Buffer): { value: unknown } | undefined {
  const text = content.toString('utf8');
  if (!Buffer.from(text).equals(content)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? { value } : undefined;
  } catch {
    return undefined;
  }
}
