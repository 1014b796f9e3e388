import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { der } from '../../libs/seals/cms/der.js';

/** A change to the query before it is answered: how a wrong answer comes about. */
export type QueryChange = (query: Buffer) => Buffer;

export const testPolicy = '1.3.6.1.4.1.55555.1.1';

const configuration = (folder: string): string => `
[ca]
default_ca = test_ca
[test_ca]
database = ${folder}/index.txt
new_certs_dir = ${folder}/certificates
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[signing_only]
basicConstraints = critical, CA:false
extendedKeyUsage = emailProtection
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[request]
distinguished_name = name
[name]
[tsa]
default_tsa = test_tsa
[test_tsa]
serial = ${folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = ${testPolicy}
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

/**
 * A certificate authority and time-stamp certificates made by OpenSSL, in a folder of its own; tokens come from
 * `openssl ts`.
 */
export class TestAuthority {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'pactline-tsa-'));
  private readonly servers: Server[] = [];

  constructor() {
    mkdirSync(this.file('certificates'));
    writeFileSync(this.file('index.txt'), '');
    writeFileSync(this.file('serial'), '01\n');
    writeFileSync(this.file('openssl.cnf'), configuration(this.folder));
    this.request('root');
    this.openssl(
      ...['ca', '-batch', '-notext', '-selfsign', '-config', this.file('openssl.cnf'), '-extensions', 'authority'],
      ...['-startdate', '20200101000000Z', '-enddate', '20500101000000Z', '-keyfile', this.file('root.key')],
      ...['-in', this.file('root.csr'), '-out', this.file('root.pem')],
    );
    this.issue('stamping', 'stamping', '20200101000000Z', '20400101000000Z');
  }

  /** The root's certificate in PEM. */
  get root(): string {
    return readFileSync(this.file('root.pem'), 'utf8');
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Makes a key and a certificate by the root, in force between these instants (`YYYYMMDDHHMMSSZ`). */
  issue(name: string, extensions: string, from: string, until: string): void {
    this.request(name);
    this.openssl(
      ...['ca', '-batch', '-notext', '-config', this.file('openssl.cnf'), '-extensions', extensions],
      ...['-startdate', from, '-enddate', until, '-cert', this.file('root.pem'), '-keyfile', this.file('root.key')],
      ...['-in', this.file(`${name}.csr`), '-out', this.file(`${name}.pem`)],
    );
  }

  /** Serves time-stamps by this certificate over HTTP; the address. */
  async serve(name = 'stamping', change: QueryChange = (query) => query): Promise<string> {
    return this.serveBy((query) => this.reply(name, change(query)));
  }

  /** Serves time-stamps that are signed anew, by this certificate, as `openssl cms -sign` does it with these options. */
  async serveSigned(name: string, ...options: string[]): Promise<string> {
    return this.serveBy((query) => this.signedReply(name, query, options));
  }

  /** Serves an answer that is none; nothing at all where it is absent. */
  async serveInstead(answer?: { status: number; body: Buffer }): Promise<string> {
    const server = createServer((request, response) => {
      request.resume();
      if (answer) request.on('end', () => response.writeHead(answer.status).end(answer.body));
    });
    return this.listen(server);
  }

  /** An address at which nobody listens. */
  async nobody(): Promise<string> {
    const url = await this.serveInstead();
    await new Promise((resolve) => this.servers.pop()?.close(resolve));
    return url;
  }

  close(): void {
    for (const server of this.servers) server.close().closeAllConnections();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async serveBy(answer: (query: Buffer) => Buffer): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('content-type', 'application/timestamp-reply');
        response.end(answer(Buffer.concat(chunks)));
      });
    });
    return this.listen(server);
  }

  private signedReply(name: string, query: Buffer, options: readonly string[]): Buffer {
    this.reply('stamping', query);
    const [token, info, signed] = ['token.der', 'info.der', 'signed.der'].map((each) => this.file(each));
    this.openssl('ts', '-reply', '-in', this.file('reply.tsr'), '-token_out', '-out', token!);
    this.openssl('cms', '-verify', '-noverify', '-binary', '-inform', 'DER', '-in', token!, '-out', info!);
    this.openssl(
      ...['cms', '-sign', '-binary', '-nodetach', '-econtent_type', '1.2.840.113549.1.9.16.1.4', '-md', 'sha256'],
      ...['-in', info!, '-signer', this.file(`${name}.pem`), '-inkey', this.file(`${name}.key`)],
      ...['-outform', 'DER', '-out', signed!, ...options],
    );
    return der.sequence(der.sequence(der.small(0)), readFileSync(signed!));
  }

  private async listen(server: Server): Promise<string> {
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  private request(name: string): void {
    this.openssl(
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-config', this.file('openssl.cnf')],
      ...['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.csr`)],
    );
  }

  private reply(name: string, query: Buffer): Buffer {
    writeFileSync(this.file('query.tsq'), query);
    this.openssl(
      ...['ts', '-reply', '-config', this.file('openssl.cnf'), '-queryfile', this.file('query.tsq')],
      ...['-signer', this.file(`${name}.pem`), '-inkey', this.file(`${name}.key`), '-out', this.file('reply.tsr')],
    );
    return readFileSync(this.file('reply.tsr'));
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}
