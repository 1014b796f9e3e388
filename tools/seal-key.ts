/**
 * `node dist/tools/seal-key.js FILE`: makes the key that an installation without one of its company seals with. The
 * certificate, for those who check, stands in the key's file and in `seal-certificate.pem` beside it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeSelfSignedKey } from '../libs/seals/index.js';

const years = 10;
const dayMs = 24 * 3600 * 1000;

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Which file? node dist/tools/seal-key.js FILE\n');
  process.exitCode = 1;
} else {
  makeKey(file, new Date());
}

function makeKey(keyFile: string, now: Date): void {
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + years);
  // Another machine's clock may be behind.
  const notBefore = new Date(now.getTime() - dayMs);
  const commonName = 'Pactline seal of this installation';
  const { privateKey, certificate } = makeSelfSignedKey({ commonName, notBefore, notAfter });
  write(path.join(path.dirname(keyFile), 'seal-certificate.pem'), certificate);
  write(keyFile, privateKey + certificate);
}

function write(name: string, content: string): void {
  writeFileSync(`${name}.new`, content, { mode: 0o600 });
  renameSync(`${name}.new`, name);
}
