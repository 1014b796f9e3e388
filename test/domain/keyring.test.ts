import { canonicalJson } from '../../libs/kernel/canonical-json.js';
import { isId, newId } from '../../libs/kernel/ids.js';
import { Keyring } from '../../libs/kernel/keyring.js';

const old = `old:${Buffer.alloc(32, 1).toString('base64')}`;
const current = `current:${Buffer.alloc(32, 2).toString('base64')}`;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytes = (of: string): Uint8Array => Buffer.from(of);

describe('keyring', () => {
  test('reads back what it wrote, and never writes the same twice', () => {
    const keyring = Keyring.parse(current);
    const sealed = keyring.encrypt(bytes('a secret'));
    expect(text(keyring.decrypt(sealed, 'current'))).toBe('a secret');
    expect(text(sealed)).not.toContain('a secret');
    expect(Buffer.compare(sealed, keyring.encrypt(bytes('a secret')))).not.toBe(0);
  });

  test('an empty text is a text', () => {
    const keyring = Keyring.parse(current);
    expect(text(keyring.decrypt(keyring.encrypt(bytes('')), 'current'))).toBe('');
  });

  test('rotates: the first key writes, the others still read', () => {
    const before = Keyring.parse(old);
    const sealed = before.encrypt(bytes('from before'));
    const rotated = Keyring.parse(`${current},${old}`);
    expect(rotated.activeKeyId).toBe('current');
    expect(text(rotated.decrypt(sealed, 'old'))).toBe('from before');
    expect(() => before.decrypt(rotated.encrypt(bytes('new')), 'current')).toThrow('no key with id current');
  });

  test('refuses what was changed, cut or read in another context', () => {
    const keyring = Keyring.parse(current);
    const sealed = Buffer.from(keyring.encrypt(bytes('a secret'), 'mail'));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => keyring.decrypt(changed, 'current', 'mail')).toThrow();
    }
    expect(() => keyring.decrypt(sealed.subarray(0, -1), 'current', 'mail')).toThrow();
    expect(() => keyring.decrypt(new Uint8Array(), 'current', 'mail')).toThrow();
    expect(() => keyring.decrypt(sealed, 'current', 'payload')).toThrow();
    expect(() => Keyring.parse(`${current.replace('current', 'old')}`).decrypt(sealed, 'current', 'mail')).toThrow();
  });

  test.each([
    ['', 'an id'],
    ['current', 'not 32 bytes'],
    [`current:${Buffer.alloc(16).toString('base64')}`, 'key current is not 32 bytes'],
    [`:${Buffer.alloc(32).toString('base64')}`, 'an id'],
    [`cur rent:${Buffer.alloc(32).toString('base64')}`, 'an id'],
    [`${current},${current}`, 'key id current is there twice'],
    [`${current},`, 'an id'],
  ])('%j is refused', (variable, message) => {
    expect(() => Keyring.parse(variable)).toThrow(message);
  });

  test('no refusal repeats a key', () => {
    const short = Buffer.alloc(31, 7).toString('base64');
    expect(() => Keyring.parse(`current:${short}`)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(short) as string }),
    );
  });
});

describe('ids', () => {
  test('are opaque, unique and sort by the time they were made', async () => {
    const first = newId('prt');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = newId('prt');
    expect(first).toMatch(/^prt_[0-9a-f]{32}$/);
    expect([second, first].sort()).toEqual([first, second]);
    expect(new Set(Array.from({ length: 1_000 }, () => newId('evt'))).size).toBe(1_000);
  });

  test('are known by their prefix and form', () => {
    const id = newId('prt');
    expect(isId('prt', id)).toBe(true);
    for (const other of [
      newId('prg'),
      id.toUpperCase(),
      `${id}0`,
      id.slice(0, -1),
      ` ${id}`,
      `${id}\n`,
      id.replace('_', '-'),
      `prt_${'g'.repeat(32)}`,
      `prt_${'/'.repeat(32)}`,
      '',
    ]) {
      expect(isId('prt', other)).toBe(false);
    }
  });
});

describe('canonical JSON', () => {
  test('is the same for every order of keys and way to write a number', () => {
    expect(canonicalJson({ b: 1, a: [1.0, 'x', null] })).toBe('{"a":[1,"x",null],"b":1}');
    expect(canonicalJson(JSON.parse('{"a":1e2}'))).toBe(canonicalJson(JSON.parse('{"a":100.0}')));
    expect(canonicalJson({ é: 1, z: 2 })).toBe('{"z":2,"é":1}');
  });

  test.each([undefined, NaN, Infinity, () => 1])('%p has none', (value) => {
    expect(() => canonicalJson(value)).toThrow();
  });

  test('a lone surrogate is refused, wherever it is; its escape written out is a text like any other', () => {
    for (const value of ['\ud800', ['\udfff'], { '\ud800': 1 }, { a: { b: 'x\udc00' } }]) {
      expect(() => canonicalJson(value)).toThrow('lone surrogate');
    }
    expect(canonicalJson('\\ud800')).toBe('"\\\\ud800"');
    expect(canonicalJson('😀')).toBe('"😀"');
  });
});
