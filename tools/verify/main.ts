import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  KeyFileSource,
  readCertificates,
  sealFields,
  verifyContract,
  type VerificationReport,
} from '../../libs/seals/index.js';
import { homeFolder } from '../embedded/project.mjs';
import { describeReport } from './report-text.js';

const usage = `Usage: npm run verify -- FILE.pdf [--evidence E.pdf] [--certificate C.pem] [--authority A.pem] [--json]
  --evidence E.pdf     the evidence certificate that belongs to the contract
  --certificate C.pem  the certificates that seals are trusted by; default: those of this installation
  --authority A.pem    the certificates that time-stamps are trusted by; default: those of TSA_CERTIFICATES
  --json               prints the whole report as JSON
Exits with 0 when all holds, 1 when anything does not, 2 when a file or an option cannot be used.
`;

/** Where the command writes; the process's own streams, or a test's. */
export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

const allHolds = 0;
const refused = 1;
const unusable = 2;

/** A command line or a file that cannot be used, with a message for people. */
class UsageError extends Error {}

/** `verify`: checks a signed contract with no server, no database and no network. Gives the exit code. */
export async function main(
  argv: readonly string[],
  streams: Streams = process,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  try {
    const options = readOptions(argv);
    if (!options) {
      streams.stdout.write(usage);
      return allHolds;
    }
    const report = await verifyFiles(options, environment);
    streams.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report, options));
    return report.valid ? allHolds : refused;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.stderr.write(`verify: ${error.message}\n`);
    return unusable;
  }
}

interface Options {
  contract: string;
  evidence?: string | undefined;
  certificate?: string | undefined;
  authority?: string | undefined;
  json: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { evidence: text, certificate: text, authority: text, json: flag, help: flag };
  const { values, positionals } = parsed(() => parseArgs({ args: [...argv], options, allowPositionals: true }));
  if (values.help) return undefined;
  const [contract, ...surplus] = positionals;
  if (contract === undefined || surplus.length > 0) throw new UsageError(`which file?\n${usage}`);
  const { evidence, certificate, authority, json = false } = values;
  return { contract, evidence, certificate, authority, json };
}

function parsed<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

async function verifyFiles(options: Options, environment: NodeJS.ProcessEnv): Promise<VerificationReport> {
  const { certificate, authority = environment['TSA_CERTIFICATES'] || undefined } = options;
  return verifyContract(readBytes(options.contract), {
    ...(options.evidence !== undefined && { evidence: readBytes(options.evidence) }),
    trusted: certificate === undefined ? await ownCertificates(environment) : [readPem(certificate)],
    timestampAuthorities: authority === undefined ? [] : [readPem(authority)],
    fields: [sealFields.partner, sealFields.company],
  });
}

/** The certificates that this installation's own seals are trusted by, its issuer's not among them; none where it has no key. */
async function ownCertificates(environment: NodeJS.ProcessEnv): Promise<(string | Uint8Array)[]> {
  const { SEAL_KEY_FILE, SEAL_KEY_PASSPHRASE, SEAL_TRUSTED_CERTIFICATES } = environment;
  const file = SEAL_KEY_FILE || path.join(homeFolder(environment), 'keys', 'seal.pem');
  const settings = { SEAL_KEY_FILE: file, SEAL_KEY_PASSPHRASE, NODE_ENV: 'development' };
  const own = await new KeyFileSource({ ...settings, SEAL_KEY_SELF_SIGNED_ALLOWED: true }).load().then(
    ({ certificates }) => certificates.slice(0, 1),
    () => [],
  );
  return SEAL_TRUSTED_CERTIFICATES ? [...own, readPem(SEAL_TRUSTED_CERTIFICATES)] : own;
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function readPem(file: string): Buffer {
  const content = readBytes(file);
  try {
    readCertificates(content);
    return content;
  } catch {
    throw new UsageError(`${file} holds no certificate`);
  }
}
