import { sha256 } from '../../libs/kernel/sha256.js';
import { CapabilityLinks } from '../../libs/platform/index.js';

const links = new CapabilityLinks(Buffer.alloc(32, 1).toString('base64'));

describe('capability links', () => {
  test('a token gives a right to the one thing it was made for', () => {
    const token = links.token('signing', 'env_1');
    expect(links.verify('signing', token)).toBe('env_1');
    expect(links.verify('application', token)).toBeUndefined();
  });

  test('the same link is always the same, so that it need not be stored', () => {
    expect(links.token('signing', 'env_1')).toBe(links.token('signing', 'env_1'));
    expect(links.token('signing', 'env_1')).not.toBe(links.token('signing', 'env_2'));
  });

  test('what is stored instead is its hash', () => {
    const token = links.token('signing', 'env_1');
    expect(CapabilityLinks.hash(token)).toBe(sha256(token));
  });

  test('a token moved to another thing or purpose is worth nothing', () => {
    const [, , proof] = links.token('application', 'app_1').split('.');
    expect(links.verify('application', `application.app_2.${proof}`)).toBeUndefined();
    expect(links.verify('signing', `signing.app_1.${proof}`)).toBeUndefined();
  });

  test("another installation's token is worth nothing", () => {
    const others = new CapabilityLinks(Buffer.alloc(32, 2).toString('base64'));
    expect(links.verify('signing', others.token('signing', 'env_1'))).toBeUndefined();
  });

  test('a proof that was changed or cut anywhere is refused', () => {
    const [purpose, id, proof = ''] = links.token('signing', 'env_1').split('.');
    for (let at = 0; at < proof.length - 1; at++) {
      const changed = `${proof.slice(0, at)}${proof[at] === 'A' ? 'B' : 'A'}${proof.slice(at + 1)}`;
      expect(links.verify('signing', [purpose, id, changed].join('.'))).toBeUndefined();
      expect(links.verify('signing', [purpose, id, proof.slice(0, at)].join('.'))).toBeUndefined();
    }
  });

  test.each([
    '',
    '.',
    '..',
    'signing',
    'signing.env_1',
    'signing.env_1.',
    'signing..proof',
    'signing.env_1.%%%',
    '😀.😀.😀',
  ])('%j is no token', (token) => {
    expect(links.verify('signing', token)).toBeUndefined();
  });
});

describe('codes', () => {
  test('have six digits, and each challenge has its own', () => {
    const codes = Array.from({ length: 200 }, (_, number) => links.code(`rcp_1-${number}`));
    for (const code of codes) expect(code).toMatch(/^\d{6}$/);
    expect(new Set(codes).size).toBeGreaterThan(190);
    expect(links.code('rcp_1-7')).toBe(codes[7]);
  });

  test("another installation's are others", () => {
    const others = new CapabilityLinks(Buffer.alloc(32, 2).toString('base64'));
    expect(others.code('rcp_1-1')).not.toBe(links.code('rcp_1-1'));
    expect(others.digest('rcp_1', 'secret')).not.toBe(links.digest('rcp_1', 'secret'));
  });

  test('that somebody chose are kept as digests that differ by whom they are for', () => {
    expect(links.digest('rcp_1', 'secret')).toMatch(/^[0-9a-f]{64}$/);
    expect(links.digest('rcp_1', 'secret')).not.toBe(links.digest('rcp_2', 'secret'));
  });
});
