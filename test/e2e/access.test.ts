import type { OpenAPIObject } from '@nestjs/swagger';
import { demoUsers, roles, type CompanyRole, type Role } from '../../libs/identity/index.js';
import { newId, type IdPrefix } from '../../libs/kernel/ids.js';
import { startTestApi, type ApiAnswer, type TestApi } from '../support/api.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const companyRoles = Object.keys(demoUsers) as CompanyRole[];
const idPrefixes: Readonly<Record<string, IdPrefix>> = {
  programs: 'prg',
  applications: 'app',
  partners: 'prt',
  negotiations: 'neg',
  envelopes: 'env',
  documents: 'doc',
  'payout-batches': 'bat',
  'payout-items': 'itm',
  'api-keys': 'key',
  mails: 'mal',
  webhooks: 'whk',
};

interface Operation {
  name: string;
  method: string;
  /** With an id that could exist and doesn't, in place of each parameter. */
  address: string;
  roles: readonly Role[];
  hasSecurity: boolean;
  operationId: string | undefined;
  hasSummary: boolean;
}

/** Every operation of the API's own description: an endpoint that is added later is covered without a line here. */
function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      const prefix = idPrefixes[path.split('/')[2] ?? ''] ?? 'evt';
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        address: path.replaceAll(/\{[^}]+\}/g, () => newId(prefix)),
        roles: (operation as unknown as { 'x-roles'?: Role[] })['x-roles'] ?? [],
        hasSecurity: (operation.security ?? []).length > 0,
        operationId: operation.operationId,
        hasSummary: Boolean(operation.summary),
      };
    }),
  );
}

describe('every endpoint', () => {
  let api: TestApi;
  let operations: Operation[];
  let partner: string;

  beforeAll(async () => {
    api = await startTestApi();
    const { body } = await api.call<OpenAPIObject>('GET', '/openapi.json');
    operations = operationsOf(body);
    partner = await api.token({ partnerId: newId('prt') });
  });
  afterAll(() => api.close());

  const call = (operation: Operation, token?: string): Promise<ApiAnswer> =>
    api.call(operation.method, operation.address, {
      ...(token !== undefined && { token }),
      ...(operation.method !== 'GET' && { body: {} }),
    });
  const closed = (): Operation[] => operations.filter(({ hasSecurity }) => hasSecurity);

  /** The operations that answer otherwise, with what they answered. */
  async function otherThan(
    expected: number[],
    those: Operation[],
    token?: (operation: Operation) => Promise<string | undefined>,
  ): Promise<string[]> {
    const wrong: string[] = [];
    for (const operation of those) {
      const answer = await call(operation, await token?.(operation));
      if (!expected.includes(answer.status))
        wrong.push(`${operation.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    return wrong;
  }

  it('is in the description with an id of its own, a summary and its roles', () => {
    expect(operations.length).toBeGreaterThan(5);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    expect(operations.filter(({ operationId, hasSummary }) => !operationId || !hasSummary)).toEqual([]);
    const undeclared = operations.filter((operation) => operation.hasSecurity !== operation.roles.length > 0);
    expect(undeclared.map(({ name }) => name)).toEqual([]);
    expect(operations.flatMap((operation) => operation.roles).filter((role) => !roles.includes(role))).toEqual([]);
  });

  it('with roles answers 401 without a token and with a bad one', async () => {
    expect(await otherThan([401], closed())).toEqual([]);
    expect(await otherThan([401], closed(), () => Promise.resolve('nonsense'))).toEqual([]);
  });

  it.each(companyRoles)('answers 403 to %s where that role is not listed', async (role) => {
    const token = await api.token(role);
    expect(
      await otherThan(
        [403],
        closed().filter((operation) => !operation.roles.includes(role)),
        () => Promise.resolve(token),
      ),
    ).toEqual([]);
  });

  it('answers 403 to a service key without the scope', async () => {
    const { body } = await api.call('POST', '/v1/api-keys', {
      token: await api.token('admin'),
      body: { name: 'x', roles: ['service:nothing.read'], expiresAt: new Date(Date.now() + 60_000).toISOString() },
    });
    expect(await otherThan([403], closed(), () => Promise.resolve(String(body['secret'])))).toEqual([]);
  });

  it('answers 403 to a partner where partners are not listed, and shows it nothing of others where they are', async () => {
    const [listed, unlisted] = [
      closed().filter(isForPartners),
      closed().filter((operation) => !isForPartners(operation)),
    ];
    expect(await otherThan([403], unlisted, () => Promise.resolve(partner))).toEqual([]);
    // Lists are empty; what has an id isn't there; bodies of others' making are refused.
    const wrong: string[] = [];
    for (const operation of listed) {
      const { status, body, text } = await call(operation, partner);
      const isEmptyList = status === 200 && (body['items'] as unknown[] | undefined)?.length === 0;
      if (!isEmptyList && ![400, 403, 404].includes(status))
        wrong.push(`${operation.name}: ${status} ${text.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('answers a caller that has its role in other programs alone as if there were nothing', async () => {
    const elsewhere = newId('prg');
    const wrong: string[] = [];
    for (const operation of closed()) {
      for (const role of companyRoles.filter((one) => operation.roles.includes(one))) {
        const { status, body, text } = await call(operation, await api.token(role, { programId: elsewhere }));
        const isEmptyCalendar = status === 200 && text.startsWith('BEGIN:VCALENDAR') && !text.includes('BEGIN:VEVENT');
        const isEmptyList = status === 200 && ((body?.['items'] as unknown[] | undefined) ?? [0]).length === 0;
        // A body of a type that nobody may send says nothing of what there is.
        if (!isEmptyList && !isEmptyCalendar && ![400, 403, 404, 415].includes(status))
          wrong.push(`${operation.name} as ${role}: ${status} ${text.slice(0, 200)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('never answers 500 to an empty body, to a wrong one, or to ids of nothing', async () => {
    const wrong: string[] = [];
    for (const operation of operations) {
      for (const body of [{}, [], 'x', null, { a: 1 }]) {
        const role = companyRoles.find((one) => operation.roles.includes(one));
        const token = role ? await api.token(role) : undefined;
        const answer = await api.call(operation.method, operation.address, {
          ...(token !== undefined && { token }),
          ...(operation.method !== 'GET' && { body }),
        });
        if (answer.status >= 500)
          wrong.push(`${operation.name} ${JSON.stringify(body)}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

function isForPartners(operation: Operation): boolean {
  return operation.roles.includes('partner');
}
