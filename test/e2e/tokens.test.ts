import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { localIssuer, TokenVerifier, type Principal } from '../../libs/identity/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { CapabilityLinks } from '../../libs/platform/index.js';
import { MemoryLog, startTestApi, type ApiAnswer, type TestApi } from '../support/api.js';
import { ProbeModule } from '../support/probe.js';
import { SetClock } from '../support/set-clock.js';

const issuer = 'https://login.example.com/';
const audience = 'pactline-test';
const soon = '10 minutes';

/** The company's own provider: a server that publishes its keys. */
class Provider {
  readonly keys: { key: CryptoKey; jwk: JWK }[] = [];
  private readonly server: Server = createServer((_request, response) => {
    if (this.isBroken) response.writeHead(500).end();
    else
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) }));
  });
  isBroken = false;

  async start(): Promise<string> {
    await this.add('RS256', 'first');
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/keys`;
  }

  async add(algorithm: string, kid: string): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    this.keys.push({ key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } });
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve, reject) => this.server.close((error) => (error ? reject(error) : resolve())));
  }
}

describe('bearer tokens', () => {
  const provider = new Provider();
  const log = new MemoryLog();
  let api: TestApi;
  let owner: Client;
  let localKey: JWK;

  beforeAll(async () => {
    const jwksUrl = await provider.start();
    api = await startTestApi(
      {
        AUTH_ISSUER: issuer,
        AUTH_AUDIENCE: audience,
        AUTH_JWKS_URL: jwksUrl,
        AUTH_ROLES_CLAIM: 'realm_access.roles',
        AUTH_PARTNER_CLAIM: 'https://example.com/partner',
      },
      { extraModules: [ProbeModule], logger: log },
    );
    localKey = JSON.parse(readFileSync(api.env.AUTH_LOCAL_ISSUER_FILE!, 'utf8')) as JWK;
    owner = new Client({ connectionString: api.database.migrationUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await api.close();
    await provider.stop();
  });

  const me = (token?: string, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    api.call('GET', '/v1/probes/me', { ...(token !== undefined && { token }), headers });

  /** A good token of the provider, except for what the test makes of it. */
  async function signed(
    claims: JWTPayload = {},
    { key = provider.keys[0]!.key, header = {} }: { key?: CryptoKey; header?: Record<string, string> } = {},
  ): Promise<string> {
    const token = new SignJWT({ realm_access: { roles: ['finance'] }, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'first', ...header })
      .setIssuer(claims.iss ?? issuer)
      .setAudience(claims.aud ?? audience)
      .setIssuedAt()
      .setExpirationTime(claims.exp ?? soon);
    if (!('sub' in claims)) token.setSubject('user-1');
    return token.sign(key);
  }

  it("of the company's provider name who calls, its roles and its programs", async () => {
    const program = newId('prg');
    const roles = [
      'finance',
      `legal@${program}`,
      'service:events.write',
      'offline_access',
      'partner',
      'applicant',
      'legal@x',
      'service',
    ];
    const { status, body } = await me(await signed({ realm_access: { roles } }));
    expect(status).toBe(200);
    expect(body['principal']).toEqual({
      id: 'user-1',
      kind: 'user',
      roles: [
        { role: 'finance', programId: '*' },
        { role: 'legal', programId: program },
        { role: 'service', programId: '*', scope: 'events.write' },
      ],
    });
    expect(body['actor']).toEqual({ actorId: 'user-1', requestId: expect.stringMatching(/^req_/) as string });
  });

  it('make a partner by the claim of its own alone', async () => {
    const partnerId = newId('prt');
    const { body } = await me(await signed({ realm_access: undefined, 'https://example.com/partner': partnerId }));
    expect(body['principal']).toEqual({
      id: 'user-1',
      kind: 'user',
      roles: [{ role: 'partner', programId: '*' }],
      partnerId,
    });
    expect((await me(await signed({ realm_access: {}, 'https://example.com/partner': 'x' }))).status).toBe(403);
  });

  it('are good with a key that the provider has added since', async () => {
    await provider.add('ES256', 'second');
    const token = await signed({}, { key: provider.keys[1]!.key, header: { alg: 'ES256', kid: 'second' } });
    // The keys are fetched again for an unknown one, though not at once after the last time.
    while ((await me(token)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 500));
  }, 30_000);

  const refused: [string, () => Promise<string>][] = [
    ['has expired', () => signed({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['is not valid yet', () => signed({ nbf: Math.floor(Date.now() / 1000) + 600 })],
    ['is from another issuer', () => signed({ iss: 'https://other.example.com/' })],
    ['claims the local issuer, signed by the provider', () => signed({ iss: localIssuer })],
    ['is for another audience', () => signed({ aud: 'other' })],
    ['names no one', () => signed({ sub: undefined })],
    ['names the system', () => signed({ sub: 'system' })],
    ['names someone with characters that no id has', () => signed({ sub: 'a\u0000b' })],
    ['names someone without end', () => signed({ sub: 'x'.repeat(256) })],
    ['is signed by a foreign key', async () => signed({}, { key: (await generateKeyPair('RS256')).privateKey })],
    [
      'is signed by an unknown key',
      async () => signed({}, { key: (await generateKeyPair('RS256')).privateKey, header: { kid: 'unknown' } }),
    ],
    ['is not signed', () => Promise.resolve(unsigned())],
    ['is signed by a secret that is the public key', () => symmetric()],
    ['was changed', async () => changed(await signed())],
    ['was changed after it was found valid', async () => changed(await known())],
    ['has another signature than when it was found valid', async () => resigned(await known())],
    ['has no end', () => endless()],
    ['is of the local issuer with another key', () => local()],
    ['is no token', () => Promise.resolve('nonsense')],
    ['is empty inside', () => Promise.resolve('..')],
    ['is too long', () => Promise.resolve('x'.repeat(8_000))],
    ['is an unknown API key', () => Promise.resolve('pak_unknown')],
    ['is an application link with a wrong proof', () => Promise.resolve(`application.${newId('app')}.AAAA`)],
    ['is a link to an application that is gone', () => Promise.resolve(links().token('application', newId('app')))],
    ['is a link for signing', () => Promise.resolve(links().token('signing', newId('env')))],
  ];

  it.each(refused)('are refused with 401 when one %s', async (_why, make) => {
    const token = await make();
    const { status, body, headers, text } = await me(token);
    expect([status, body['code'], headers.get('www-authenticate')]).toEqual([401, 'unauthenticated', 'Bearer']);
    expect(text).not.toContain(token);
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer ', 'Bearer a b', 'token'])(
    'are refused with 401 for the header %j',
    async (authorization) => {
      expect((await me(undefined, { authorization })).status).toBe(401);
    },
  );

  it('are needed: 401 without one, 403 without a role of ours', async () => {
    expect((await me()).status).toBe(401);
    expect((await me(await signed({ realm_access: { roles: ['other'] } }))).status).toBe(403);
  });

  it('cannot be judged while the keys cannot be fetched: 503', async () => {
    const other = new Provider();
    const jwksUrl = await other.start();
    other.isBroken = true;
    const broken = await startTestApi(
      { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: jwksUrl },
      { extraModules: [ProbeModule], logger: new MemoryLog() },
    );
    const token = await signed();
    try {
      expect((await broken.call('GET', '/v1/probes/me', { token })).status).toBe(503);
      await other.stop();
      expect((await broken.call('GET', '/v1/probes/me', { token })).status).toBe(503);
    } finally {
      await broken.close();
    }
  });

  it('that were found valid are good until they expire, and not a moment longer', async () => {
    const clock = new SetClock();
    const exp = Math.floor(clock.set(new Date().toISOString()).getTime() / 1000) + 8;
    const verifier = await TokenVerifier.from({ ...api.env, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience }, clock);
    const token = await signed({ exp });
    const at = (seconds: number): Promise<Principal> => {
      clock.set(new Date((exp + seconds) * 1000).toISOString());
      return verifier.verify(token);
    };
    // Clocks may differ by ten seconds.
    for (const seconds of [-8, -1, 9]) expect((await at(seconds)).id).toBe('user-1');
    for (const seconds of [10, 11, 60]) await expect(at(seconds)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('of the local issuer name demo users', async () => {
    const { body } = await me(await api.token('finance_approver'));
    expect(body['principal']).toEqual({
      id: 'usr_farid-approver',
      kind: 'user',
      roles: [{ role: 'finance_approver', programId: '*' }],
      person: { name: 'Farid Approver', email: 'farid.approver@company.example' },
    });
  });

  it.each([
    [
      'both',
      { name: ' Ada Perry ', email: 'ada@company.example' },
      { name: 'Ada Perry', email: 'ada@company.example' },
    ],
    ['one', { email: 'ada@company.example' }, { email: 'ada@company.example' }],
    ['what is no text, is empty, too long, or holds control characters', { name: 7, email: '  ' }, undefined],
    ['more than is ever printed', { name: 'x'.repeat(201), email: 'a\u0000b' }, undefined],
  ])('say who their user is: %s', async (_what, claims, person) => {
    const { status, body } = await me(await signed({ realm_access: { roles: ['finance'] }, ...claims }));
    expect(status).toBe(200);
    expect((body['principal'] as { person?: object }).person).toEqual(person);
  });

  it('of a service open only what their scope says', async () => {
    const token = (scope: string): Promise<string> => signed({ realm_access: { roles: [`service:${scope}`] } });
    const read = async (scope: string): Promise<number> => (await me(await token(scope))).status;
    const write = async (scope: string): Promise<number> =>
      (await api.call('POST', '/v1/probes', { token: await token(scope), body: { name: 'a' } })).status;
    expect([await read('probes.read'), await read('probes.write'), await read('events.read'), await read('*')]).toEqual(
      [200, 403, 403, 200],
    );
    expect([await write('probes.read'), await write('probes.write')]).toEqual([403, 201]);
  });

  it('of an application link act for the applicant, and for the partner once there is one', async () => {
    const { applicationId, programId } = await anApplication();
    const token = links().token('application', applicationId);
    const applicant = { role: 'applicant', programId };
    expect((await me(token)).body['principal']).toEqual({
      id: applicationId,
      kind: 'link',
      roles: [applicant],
      applicationId,
    });
    const partnerId = newId('prt');
    await owner.query(
      `insert into partners (id, program_id, application_id, person_id, reference, stage, created_at)
       select $1, program_id, id, person_id, id, 'contracting', now() from applications where id = $2`,
      [partnerId, applicationId],
    );
    expect((await me(token)).body['principal']).toEqual({
      id: applicationId,
      kind: 'link',
      roles: [applicant, { role: 'partner', programId }],
      applicationId,
      partnerId,
    });
  });

  it('of an application link may stand in the address of a GET, and nothing else may', async () => {
    const { applicationId } = await anApplication();
    const link = links().token('application', applicationId);
    const at = (method: string, token: string): Promise<ApiAnswer> =>
      api.call(method, `/v1/probes${method === 'GET' ? '/me' : ''}?token=${encodeURIComponent(token)}`, {});
    expect((await at('GET', link)).status).toBe(200);
    expect((await at('POST', link)).status).toBe(401);
    expect((await at('GET', await signed())).status).toBe(401);
    expect((await api.call('GET', `/v1/probes/list?token=${link}&limit=2`)).body).toMatchObject({ limit: 2 });
  });

  it('never reach the log', async () => {
    const token = await signed();
    const { applicationId } = await anApplication();
    const link = links().token('application', applicationId);
    await me(token);
    await api.call('GET', `/v1/probes/me?token=${link}`);
    expect(log.text()).toContain('/v1/probes/me');
    expect(log.text()).not.toContain(token.slice(-40));
    expect(log.text()).not.toContain(link.slice(-40));
  });

  function links(): CapabilityLinks {
    return new CapabilityLinks(api.env.LINK_SECRET);
  }

  function unsigned(): string {
    return new UnsecuredJWT({ realm_access: { roles: ['admin'] } })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('user-1')
      .setExpirationTime(soon)
      .encode();
  }

  function symmetric(): Promise<string> {
    return new SignJWT({ realm_access: { roles: ['admin'] } })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('user-1')
      .setExpirationTime(soon)
      .sign(Buffer.from(JSON.stringify(provider.keys[0]!.jwk)));
  }

  /** A token that the API has just let through. */
  async function known(): Promise<string> {
    const token = await signed();
    expect((await me(token)).status).toBe(200);
    return token;
  }

  function resigned(token: string): string {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    return `${header}.${payload}.${signature.slice(0, 40)}${signature[40] === 'A' ? 'B' : 'A'}${signature.slice(41)}`;
  }

  function changed(token: string): string {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
    const raised = Buffer.from(JSON.stringify({ ...claims, realm_access: { roles: ['admin'] } })).toString('base64url');
    return `${header}.${raised}.${signature}`;
  }

  function endless(): Promise<string> {
    return new SignJWT({ realm_access: { roles: ['finance'] } })
      .setProtectedHeader({ alg: 'RS256', kid: 'first' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('user-1')
      .sign(provider.keys[0]!.key);
  }

  async function local(): Promise<string> {
    const { privateKey } = await generateKeyPair('ES256');
    return new SignJWT({ realm_access: { roles: ['admin'] } })
      .setProtectedHeader({ alg: 'ES256', kid: localKey.kid! })
      .setIssuer(localIssuer)
      .setAudience(audience)
      .setSubject('usr_x')
      .setExpirationTime(soon)
      .sign(privateKey);
  }

  async function anApplication(): Promise<{ applicationId: string; programId: string }> {
    const [programId, personId, applicationId] = [newId('prg'), newId('per'), newId('app')];
    await owner.query(`insert into programs (id, slug, current_version, created_at) values ($1, $1, 1, now())`, [
      programId,
    ]);
    await owner.query(`insert into persons (id, program_id, name) values ($1, $2, 'Anna')`, [personId, programId]);
    await owner.query(
      `insert into applications (id, program_id, program_version, person_id, stage, decision_due_at, created_at, stage_since)
       values ($1, $2, 1, $3, 'in_review', now(), now(), now())`,
      [applicationId, programId, personId],
    );
    return { applicationId, programId };
  }
});
