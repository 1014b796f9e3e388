import canonicalizeModule from 'canonicalize';

// The package is CommonJS and exports the function itself, while its types declare an ES default export.
const canonicalize = canonicalizeModule as unknown as (input: unknown) => string | undefined;

/**
 * The RFC 8785 text of a JSON value: the same for every order of keys and way to write a number. Throws for what JSON
 * cannot hold (undefined, NaN, infinities) and for strings with lone surrogates, which UTF-8 would silently change.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('the value has no JSON text');
  if (/\\u[dD][89a-fA-F]/.test(text) && hasLoneSurrogate(value)) throw new TypeError('a string has a lone surrogate');
  return text;
}

/** JSON.stringify escapes lone surrogates, so only a text with such an escape needs this walk. */
function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Cs}/u.test(value);
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(([key, item]) => hasLoneSurrogate(key) || hasLoneSurrogate(item));
}
