import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../tools/verify/main.js';
import { evidenceOf, sealedEvidence } from '../support/evidence.js';
import { sealTwice, testKeyPem, unsealedContract } from '../support/seals.js';

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pactline-verify-'));
  const d0 = await unsealedContract();
  const { d1, d2 } = await sealTwice(d0);
  write('contract.pdf', d2);
  write('half.pdf', d1);
  write('evidence.pdf', await sealedEvidence(evidenceOf({ d0, d1, d2 })));
  write('certificate.pem', testKeyPem.certificate);
  mkdirSync(file('home/keys'), { recursive: true });
  write('home/keys/seal.pem', testKeyPem.privateKey + testKeyPem.certificate);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => path.join(folder, name);
const write = (name: string, content: string | Uint8Array): void => writeFileSync(file(name), content);

/** The command's exit code and what it wrote. */
async function verify(
  args: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; error: string }> {
  const written = { out: '', error: '' };
  const streams = {
    stdout: { write: (text: string) => void (written.out += text) },
    stderr: { write: (text: string) => void (written.error += text) },
  };
  const code = await main(args, streams, { PACTLINE_HOME: file('nowhere'), ...environment });
  return { code, ...written };
}

describe('npm run verify', () => {
  it('exits with 0 and says so where all holds', async () => {
    const trusted = ['--certificate', file('certificate.pem')];
    const { code, out } = await verify([file('contract.pdf'), '--evidence', file('evidence.pdf'), ...trusted]);
    expect(code).toBe(0);
    expect(out).toMatch(/VALID: both seals hold to the end of the file, .* all agrees with the evidence[.]\n$/);
    expect(out).toContain(
      'Seal        CompanySeal: Crescent Records Ltd., at 2026-03-01T10:00:00.000Z by its own word; covers the whole file',
    );
    const alone = await verify([file('contract.pdf'), ...trusted]);
    expect(alone.code).toBe(0);
    expect(alone.out).toContain('Evidence    not given: nothing was compared with it');
  });

  it('trusts the installation’s own key without being told', async () => {
    expect((await verify([file('contract.pdf')], { PACTLINE_HOME: file('home') })).code).toBe(0);
    expect((await verify([file('contract.pdf')], { SEAL_KEY_FILE: file('home/keys/seal.pem') })).code).toBe(0);
    expect((await verify([file('contract.pdf')], { SEAL_TRUSTED_CERTIFICATES: file('certificate.pem') })).code).toBe(0);
    const stranger = await verify([file('contract.pdf')]);
    expect(stranger.code).toBe(1);
    expect(stranger.out).toContain('[unknown-certificate]');
    expect(stranger.out).toMatch(/NOT VALID: 2 things do not hold[.]\n$/);
  });

  it('exits with 1 and names the reason where anything does not hold', async () => {
    const { code, out } = await verify([file('half.pdf'), '--certificate', file('certificate.pem')]);
    expect(code).toBe(1);
    expect(out).toContain('REFUSED     The seal CompanySeal is missing. [seal-missing]');
    expect(out).toMatch(/NOT VALID: 1 thing does not hold[.]\n$/);
  });

  it('prints the whole report as JSON', async () => {
    const { code, out } = await verify([file('half.pdf'), '--json', '--certificate', file('certificate.pem')]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ valid: false, findings: [{ code: 'seal-missing' }] });
  });

  it.each([
    [[], /which file/],
    [['missing.pdf'], /missing.pdf cannot be read \(ENOENT\)/],
    [['contract.pdf', '--certificate', 'contract.pdf'], /contract.pdf holds no certificate/],
    [['contract.pdf', '--unknown'], /--unknown/],
    [['contract.pdf', 'half.pdf'], /which file/],
  ])('exits with 2 for %j', async (args, message) => {
    const placed = args.map((argument) => (argument.startsWith('--') ? argument : file(argument)));
    const { code, error } = await verify(placed);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });
});
