import type { OpenAPIObject } from '@nestjs/swagger';
import type { Role } from '../../libs/identity/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { ContractingWalk, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Operation {
  method: string;
  path: string;
  roles: readonly Role[];
}

/** Bodies that the operations for partners take: right in shape, so that only the caller can be what is wrong. */
const bodies: Readonly<Record<string, (mine: Sent) => unknown>> = {
  'POST /v1/applications/{id}/verification-mail': () => ({}),
  'POST /v1/applications/{id}/information-requests/{requestId}/answer': () => ({ answer: 'not mine to answer' }),
  'POST /v1/applications/{id}/erasure': () => ({}),
  'POST /v1/applications/{id}/withdrawal': () => ({ reason: 'not mine to withdraw' }),
  'POST /v1/negotiations/{id}/proposals': ({ termsHash }) => ({ terms: {}, answersHash: termsHash }),
  'POST /v1/negotiations/{id}/acceptance': ({ termsHash }) => ({ termsHash }),
  'POST /v1/negotiations/{id}/retraction': ({ termsHash }) => ({ termsHash }),
  'POST /v1/negotiations/{id}/comments': () => ({ text: 'not mine to comment on' }),
  'POST /v1/negotiations/{id}/withdrawal': () => ({ reason: 'not mine to withdraw' }),
  'POST /v1/agreements/{id}/termination': () => ({ reason: 'not mine to end' }),
  'POST /v1/agreements/{id}/termination/withdrawal': () => ({}),
  'POST /v1/agreements/{id}/renewal/consent': ({ termsHash }) => ({ termsHash, consentVersion: '1', consent: true }),
  'POST /v1/agreements/{id}/renewal/decline': () => ({ reason: 'not mine to decline' }),
  'POST /v1/agreements/{id}/amendments': ({ termsHash }) => ({ terms: {}, baseHash: termsHash, reason: 'not mine' }),
  'POST /v1/amendments/{id}/objection': () => ({ reason: 'not mine to object to' }),
  'POST /v1/negotiations/{id}/signers': () => ({ name: 'Mallory', email: 'mallory@partner.example' }),
  'POST /v1/negotiations/{id}/signers/{signerId}/removal': () => ({}),
  'POST /v1/envelopes/{id}/signature': ({ documentHash, consentVersion }) => ({
    ...{ documentHash, consentVersion, consent: true, typedName: 'Mallory' },
  }),
  'POST /v1/envelopes/{id}/decline': () => ({ reason: 'not mine to decline' }),
  'POST /v1/disputes': ({ partnerId }) => ({
    ...{ partnerId, subject: { kind: 'missing', facts: { reference: 'order-8' } }, text: 'not mine to dispute' },
  }),
  'POST /v1/disputes/{id}/withdrawal': () => ({}),
  'POST /v1/partners/{id}/payout-details': () => ({
    kind: 'handle',
    provider: 'paypal',
    handle: 'mallory@example.com',
  }),
  'POST /v1/partners/{id}/payout-details/{detailsId}/withdrawal': () => ({}),
  'POST /v1/partners/{id}/tax-profile': () => ({
    ...{ form: 'vat', country: 'DE', legalName: 'Mallory', address: ['Elsewhere'] },
    ...{ taxId: 'DE136695976', taxIdKind: 'vat', signedOn: '2026-01-01' },
  }),
  'POST /v1/store-credits/{id}/code': () => ({}),
};

/** What the operations need to know beside the address. */
const queries: Readonly<Record<string, string>> = {
  'GET /v1/partners/{id}/receivable/entries': '?currency=USD',
  'GET /v1/negotiations/{id}/diff': '?from=1&to=1',
  'GET /v1/negotiations/{id}/redline': '?from=1&to=1',
};

/** What no product of these tests makes: nobody finds it, its owner neither. */
const notMade = ['GET /v1/partners/{id}/self-billing-papers/{paperId}/document'];

/** Operations that take a file in place of a body. */
const files = ['POST /v1/applications/{id}/attachments'];

describe('what is one partner’s own', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let owner: Sent;
  let other: Sent;
  let itemId: string;
  let agreementId: string;
  let amendmentId: string;
  let disputeId: string;
  let creditId: string;
  let operations: Operation[];
  const eventId = 'sale-of-the-owner';

  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    owner = await walk.activePartner();
    other = await walk.activePartner();
    itemId = await paid(owner.partnerId);
    const { items } = await product.ok<{ items: { id: string }[] }>(
      'GET',
      `/v1/agreements?programId=${walk.programId}&partnerId=${owner.partnerId}`,
      { token: walk.tokens.legal },
    );
    agreementId = items[0]!.id;
    const amended = { ...walk.document.terms, legal: { ...walk.document.terms.legal, governingLaw: 'another one' } };
    const { id } = await product.ok<{ id: string }>('POST', `/v1/agreements/${agreementId}/amendments`, {
      ...{ token: walk.tokens.manager, body: { terms: amended, baseHash: owner.termsHash, reason: 'A new season' } },
    });
    amendmentId = id;
    const dispute = await product.ok<{ id: string }>('POST', '/v1/disputes', {
      token: await product.token({ partnerId: owner.partnerId }),
      body: { subject: { kind: 'event', eventId }, text: 'It should be more' },
    });
    disputeId = dispute.id;
    creditId = await givenCredit(owner.partnerId);
    const { body } = await product.call<OpenAPIObject>('GET', '/openapi.json');
    operations = Object.entries(body.paths).flatMap(([path, item]) =>
      (['get', 'post', 'put', 'delete'] as const).flatMap((method) => {
        const operation = item[method] as { 'x-roles'?: Role[] } | undefined;
        const roles = operation?.['x-roles'] ?? [];
        const isForOwners = roles.includes('partner') || roles.includes('applicant');
        return isForOwners ? [{ method: method.toUpperCase(), path, roles }] : [];
      }),
    );
  }, 180_000);
  afterAll(() => product.close(), 60_000);

  /** A sale of the partner, collected, approved and settled, with its remittance advice; the payout item's id. */
  async function paid(partnerId: string): Promise<string> {
    const { programId, tokens } = walk;
    const occurredAt = new Date().toISOString();
    const sale = {
      id: eventId,
      type: 'sale',
      occurredAt,
      partner: partnerId,
      customer: 'c',
      amountMinor: 50_000,
      currency: 'USD',
    };
    await product.ok('POST', `/v1/events?programId=${programId}`, { token: tokens.service, body: sale });
    const [finance, approver] = await Promise.all([product.token('finance'), product.token('finance_approver')]);
    // Whatever vested before this instant: the sale's millisecond has to be over.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const body = { programId, cutOff: new Date().toISOString() };
    const { batchId } = await product.ok<{ batchId: string }>('POST', '/v1/payout-collections', {
      token: finance,
      body,
    });
    const batch = `/v1/payout-batches/${batchId}`;
    const { contentHash } = await product.ok<{ contentHash: string }>('POST', `${batch}/submission`, {
      token: finance,
    });
    await product.ok('POST', `${batch}/approvals`, { token: approver, body: { contentHash } });
    await product.until('the batch to complete', async () => {
      return (await product.ok<{ state: string }>('GET', batch, { token: finance })).state === 'completed';
    });
    const { items } = await product.ok<{ items: { id: string }[] }>('GET', `${batch}/items`, { token: finance });
    return items[0]!.id;
  }

  /** A store credit as the rail leaves it; its id. */
  async function givenCredit(partnerId: string): Promise<string> {
    const [id, accountId] = [newId('scr'), newId('sca')];
    await product.rows(
      `insert into store_credit_accounts (id, program_id, partner_id, idempotency_key, currency, created_at)
       values ($1, $2, $3, $1, 'USD', now())`,
      ...[accountId, walk.programId, partnerId],
    );
    await product.rows(
      `insert into store_credits (id, program_id, partner_id, account_id, idempotency_key, parameter_hash, item_id, attempt,
         batch_id, amount_minor, currency, code_hash, code_sealed, code_key_id, code_ending, state, state_since, created_at)
       values ($1, $2, $3, $4, $1, 'hash', 'itm', 1, 'bat', 500, 'USD', $1, '\\x00', 'k1', 'WXYZ', 'issued', now(), now())`,
      ...[id, walk.programId, partnerId, accountId],
    );
    return id;
  }

  function addressOf({ method, path }: Operation): string {
    const ids: Readonly<Record<string, string>> = {
      applications: owner.applicationId,
      negotiations: owner.negotiationId,
      envelopes: owner.envelopeId,
      partners: owner.partnerId,
      events: eventId,
      'payout-items': itemId,
      agreements: agreementId,
      amendments: amendmentId,
      disputes: disputeId,
      'store-credits': creditId,
    };
    const resource = path.split('/')[2] ?? '';
    const id = ids[resource];
    if (id === undefined) throw new Error(`this test has no id for ${path}: give it one`);
    const inner = {
      '{id}': id,
      '{attachmentId}': newId('att'),
      '{requestId}': newId('inf'),
      '{signerId}': `sgn_${'0'.repeat(32)}`,
      '{detailsId}': newId('pyd'),
      '{paperId}': newId('inv'),
    };
    const address = Object.entries(inner).reduce((text, [name, value]) => text.replace(name, value), path);
    if (`${method} ${path}` === 'GET /v1/disputes') return `${address}?partnerId=${owner.partnerId}`;
    if (`${method} ${path}` === 'GET /v1/store-credits') {
      return `${address}?programId=${walk.programId}&partnerId=${owner.partnerId}`;
    }
    const query = resource === 'events' ? `?programId=${walk.programId}` : (queries[`${method} ${path}`] ?? '');
    return `${address}${query}`;
  }

  function statusOf(operation: Operation, token: string): Promise<number> {
    const name = `${operation.method} ${operation.path}`;
    const body = bodies[name];
    const file = { raw: '%PDF-1.7', headers: { 'content-type': 'application/pdf' } };
    if (files.includes(name)) {
      return product.call(operation.method, addressOf(operation), { token, ...file }).then(({ status }) => status);
    }
    if (operation.method === 'POST' && !body) throw new Error(`this test has no body for ${name}: give it one`);
    return product
      .call(operation.method, addressOf(operation), { token, ...(body && { body: body(owner) }) })
      .then(({ status }) => status);
  }

  it('is there for its owner, so that what follows could fail', async () => {
    const token = await product.token({ partnerId: owner.partnerId });
    const readable = operations.filter(({ method, path, roles }) => {
      return method === 'GET' && roles.includes('partner') && !notMade.includes(`GET ${path}`);
    });
    for (const operation of readable) {
      expect({ ...operation, status: await statusOf(operation, token) }).toEqual({ ...operation, status: 200 });
    }
  });

  it('is not there for another partner, whatever it calls', async () => {
    expect(operations.length).toBeGreaterThan(10);
    const token = await product.token({ partnerId: other.partnerId });
    for (const operation of operations) {
      const expected = operation.roles.includes('partner') ? 404 : 403;
      expect({ ...operation, status: await statusOf(operation, token) }).toEqual({ ...operation, status: expected });
    }
  });

  it("is not there for the bearer of another applicant's link", async () => {
    for (const operation of operations) {
      expect({ ...operation, status: await statusOf(operation, other.token) }).toEqual({ ...operation, status: 404 });
    }
  });
});
