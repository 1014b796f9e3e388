import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { canonicalJson } from '../../kernel/canonical-json.js';
import type { FieldError } from '../../kernel/domain-error.js';
import { keepNewest } from '../../kernel/keep-newest.js';
import { LinearPattern, PatternError } from './form-pattern.js';

/** A JSON Schema (draft 2020-12) of one object, as far as programs may use it in their application form. */
export interface FormSchema {
  type: 'object';
  properties: Record<string, Record<string, unknown>>;
  required?: string[];
  [keyword: string]: unknown;
}

const dialect = 'https://json-schema.org/draft/2020-12/schema';
const maxCharacters = 65_536;
const maxDepth = 8;
const maxSchemas = 500;
const maxExpanded = 2_000;
const formats = ['date', 'time', 'date-time', 'duration', 'email', 'uri', 'hostname', 'uuid'] as const;
const propertyName = /^[a-z][a-zA-Z0-9_]{0,39}$/;
const localReference = /^#\/\$defs\/([A-Za-z][A-Za-z0-9_-]{0,63})$/;

type Holds = 'value' | 'schema' | 'schemas' | 'named schemas';

/** What a form's schema may say, and what stands behind each word. Everything else is refused. */
const keywords: Readonly<Record<string, Holds>> = {
  ...Object.fromEntries(
    (
      '$schema $comment title description default examples type enum const required minLength maxLength pattern format ' +
      'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems uniqueItems minProperties ' +
      'maxProperties dependentRequired $ref'
    )
      .split(' ')
      .map((word) => [word, 'value' as const]),
  ),
  ...Object.fromEntries(
    'items additionalProperties not if then else contains'.split(' ').map((word) => [word, 'schema' as const]),
  ),
  ...Object.fromEntries('prefixItems allOf anyOf oneOf'.split(' ').map((word) => [word, 'schemas' as const])),
  properties: 'named schemas',
  $defs: 'named schemas',
};

let shared: Ajv2020 | undefined;

/** What the work gives, with the one ajv of this process: it compiles the draft's own schema once, which takes it longest. */
function withAjv<T>(schema: object, work: (ajv: Ajv2020) => T): T {
  shared ??= newAjv();
  try {
    return work(shared);
  } finally {
    // It would keep every schema that it has ever seen.
    shared.removeSchema(schema);
  }
}

/** An ajv that knows the draft, the formats above, and patterns that run in linear time. */
function newAjv(): Ajv2020 {
  const regExp = Object.assign((pattern: string) => new LinearPattern(pattern), { code: 'linearPattern' });
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    code: { regExp },
  });
  // The package is CommonJS: its function is the default of its default.
  addFormats.default(ajv, {
    mode: 'fast',
    formats: [...formats],
  });
  return ajv;
}

/**
 * What is wrong with a schema that a program brings; nothing where it may be used. Bounded are its size, its depth and
 * what its references unfold to; refused are references to elsewhere or in circles, unknown words, and patterns that
 * need trying again.
 */
export function formSchemaErrors(input: unknown): FieldError[] {
  if (!isObject(input)) return [{ pointer: '', message: 'must be a JSON Schema of an object' }];
  if (JSON.stringify(input).length > maxCharacters) {
    return [{ pointer: '', message: `must be at most ${maxCharacters} characters of JSON` }];
  }
  const errors = new SchemaWalk().errors(input);
  if (errors.length > 0) return errors;
  return withAjv(input, (ajv) => {
    if (ajv.validateSchema(input) !== true) return schemaErrors(ajv.errors ?? []);
    try {
      ajv.compile(input);
      return [];
    } catch (error) {
      return [{ pointer: '', message: `cannot be used: ${error instanceof Error ? error.message : 'unknown'}` }];
    }
  });
}

const compiled = new Map<string, ValidateFunction>();
const maxCompiled = 200;

/** A function that checks answers against a schema which `formSchemaErrors` found nothing in; compiled once. */
export function formValidator(schema: FormSchema): ValidateFunction {
  const key = canonicalJson(schema);
  const known = compiled.get(key);
  if (known) return known;
  const made = withAjv(schema, (ajv) => ajv.compile(schema));
  keepNewest(compiled, key, made, maxCompiled);
  return made;
}

/** One walk over a schema: its words, its bounds, its references. */
class SchemaWalk {
  private readonly found: FieldError[] = [];
  private schemas = 0;
  private readonly references = new Map<string, string[]>();
  private readonly sizes = new Map<string, number>();

  errors(root: Record<string, unknown>): FieldError[] {
    if (root['type'] !== 'object' || !isObject(root['properties'])) {
      this.fault('', 'must be of type object, with properties');
    }
    if ((root['$schema'] ?? dialect) !== dialect) this.fault('/$schema', `must be ${dialect}`);
    const definitions = isObject(root['$defs']) ? Object.keys(root['$defs']) : [];
    this.schema(root, '', 0, '');
    for (const [, targets] of this.references) {
      for (const target of targets) {
        if (!definitions.includes(target)) this.fault('', `refers to #/$defs/${target}, which is not there`);
      }
    }
    if (this.found.length === 0 && this.unfolded('', new Set()) > maxExpanded) {
      this.fault('', `unfolds to more than ${maxExpanded} schemas by its references`);
    }
    return this.found;
  }

  private schema(node: unknown, pointer: string, depth: number, owner: string): void {
    if (typeof node === 'boolean') return;
    this.schemas += 1;
    this.sizes.set(owner, (this.sizes.get(owner) ?? 0) + 1);
    if (!isObject(node)) return this.fault(pointer, 'must be a schema');
    if (depth > maxDepth) return this.fault(pointer, `lies deeper than ${maxDepth} schemas`);
    if (this.schemas > maxSchemas) return this.fault(pointer, `is one of more than ${maxSchemas} schemas`);
    for (const [word, value] of Object.entries(node)) {
      this.word({ word, value, at: `${pointer}/${escapePointer(word)}`, depth, owner });
    }
  }

  private word({ word, value, at, depth, owner }: Word): void {
    const holds = keywords[word];
    if (!Object.hasOwn(keywords, word) || holds === undefined)
      return this.fault(at, 'is not a word that forms may use');
    if (word === '$defs' && depth > 0) return this.fault(at, 'belong to the top of the schema');
    if (holds === 'schema') return this.schema(value, at, depth + 1, owner);
    if (holds === 'schemas') {
      if (!Array.isArray(value)) return this.fault(at, 'must be a list of schemas');
      return value.forEach((part, index) => this.schema(part, `${at}/${index}`, depth + 1, owner));
    }
    if (holds === 'named schemas') return this.named(word, value, at, depth, owner);
    return this.value(word, value, at, owner);
  }

  private named(word: string, value: unknown, at: string, depth: number, owner: string): void {
    if (!isObject(value)) return this.fault(at, 'must be an object of schemas');
    for (const [name, part] of Object.entries(value)) {
      const pointer = `${at}/${escapePointer(name)}`;
      if (word === 'properties' && (!propertyName.test(name) || name in Object.prototype)) {
        this.fault(pointer, 'must be a short name in letters, digits and underscores');
      }
      this.schema(part, pointer, depth + 1, word === '$defs' ? name : owner);
    }
  }

  private value(word: string, value: unknown, at: string, owner: string): void {
    if (word === '$ref') {
      const [, target] = localReference.exec(String(value)) ?? [];
      if (target === undefined) return this.fault(at, 'must refer to a definition of this schema: #/$defs/…');
      this.references.set(owner, [...(this.references.get(owner) ?? []), target]);
    }
    if (word === 'format' && !(formats as readonly unknown[]).includes(value)) {
      this.fault(at, `must be one of ${formats.join(', ')}`);
    }
    if (word === 'enum' && Array.isArray(value) && value.length > 1_000) this.fault(at, 'has more than 1000 values');
    if (word === 'pattern') this.pattern(value, at);
  }

  private pattern(value: unknown, at: string): void {
    try {
      new LinearPattern(String(value));
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.fault(at, error.message);
    }
  }

  /** How many schemas a definition (or the top, '') is once all its references are written out. */
  private unfolded(owner: string, above: ReadonlySet<string>): number {
    const own = this.sizes.get(owner) ?? 0;
    let sum = own;
    for (const target of this.references.get(owner) ?? []) {
      if (above.has(target) || target === owner) {
        this.fault(`/$defs/${target}`, 'refers to itself in a circle');
        return 0;
      }
      sum += this.unfolded(target, new Set([...above, owner, target]));
      if (sum > maxExpanded) return sum;
    }
    return sum;
  }

  private fault(pointer: string, message: string): void {
    if (this.found.length < 100) this.found.push({ pointer, message });
  }
}

interface Word {
  word: string;
  value: unknown;
  at: string;
  depth: number;
  owner: string;
}

function schemaErrors(errors: readonly ErrorObject[]): FieldError[] {
  return errors.map(({ instancePath, message = 'is not valid' }) => ({ pointer: instancePath, message }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901: `~` and `/` in a name are escaped. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
