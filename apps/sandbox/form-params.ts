import { invalidRequest } from './stripe-error.js';

/** Stripe's bounds for metadata: keys, characters of a key, characters of a value. */
const metadataLimits = { keys: 50, keyLength: 40, valueLength: 500 };

/** What a form-encoded body or a query says; nested names keep their brackets (`metadata[item]`, `created[gte]`). */
export class FormParams {
  private readonly pairs: ReadonlyMap<string, string>;

  /** @throws StripeApiError 400 where a name is there twice */
  constructor(encoded: string) {
    const pairs = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(encoded)) {
      if (pairs.has(name)) throw invalidRequest('A parameter was given twice.', undefined, name);
      pairs.set(name, value);
    }
    this.pairs = pairs;
  }

  /** Refuses every parameter whose first name is not in the list, as Stripe does. */
  allowOnly(...names: readonly string[]): void {
    for (const name of this.pairs.keys()) {
      const first = name.split('[', 1)[0] ?? name;
      if (!names.includes(first)) throw invalidRequest('Received unknown parameter.', 'parameter_unknown', first);
    }
  }

  /** Undefined where the parameter is missing; an empty one is refused. */
  optional(name: string): string | undefined {
    const value = this.pairs.get(name);
    if (value === '') throw invalidRequest(`${name} must not be empty.`, 'parameter_invalid_empty', name);
    return value;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw invalidRequest(`Missing required param: ${name}.`, 'parameter_missing', name);
    return value;
  }

  /** A whole number within bounds; undefined where the parameter is missing. */
  integer(name: string, least: number, most: number): number | undefined {
    const text = this.optional(name);
    if (text === undefined) return undefined;
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (Number.isNaN(value)) throw invalidRequest(`Invalid integer: ${name}.`, 'parameter_invalid_integer', name);
    if (value < least) throw invalidRequest(`${name} is too small.`, 'parameter_invalid_integer', name);
    if (value > most) throw invalidRequest(`${name} is too large.`, 'parameter_invalid_integer', name);
    return value;
  }

  /** The `metadata[…]` parameters; empty values unset a key, so they are left out. */
  metadata(): Record<string, string> {
    const entries = new Map<string, string>();
    for (const [name, value] of this.pairs) {
      const key = /^metadata\[([^[\]]+)\]$/.exec(name)?.[1];
      if (key === undefined) {
        if (name.startsWith('metadata[')) throw invalidRequest('Metadata cannot be nested.', undefined, 'metadata');
        continue;
      }
      if (key.length > metadataLimits.keyLength || value.length > metadataLimits.valueLength) {
        throw invalidRequest('A metadata key or value is too long.', undefined, name);
      }
      if (value !== '') entries.set(key, value);
    }
    if (entries.size > metadataLimits.keys) throw invalidRequest('Too many metadata keys.', undefined, 'metadata');
    return Object.fromEntries(entries);
  }

  values(): string[] {
    return [...this.pairs.values()];
  }

  /** The same text for the same parameters, whatever order they came in. */
  fingerprint(): string {
    return JSON.stringify([...this.pairs].sort(([left], [right]) => (left < right ? -1 : 1)));
  }
}
