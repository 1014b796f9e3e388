import type { FastifyInstance } from 'fastify';
import { isCurrency } from '../../libs/kernel/currency.js';
import {
  newStripeId,
  readHandler,
  writeHandler,
  type EndpointRequest,
  type Executed,
  type SandboxContext,
} from './exchange.js';
import { listPage, listParams } from './lists.js';
import { accountBody } from './presenter.js';
import { invalidRequest, resourceMissing } from './stripe-error.js';

/** What may be said of an account; most of it is taken and forgotten, since it would be personal data. */
const accountParams = [
  ...['business_profile', 'business_type', 'capabilities', 'company', 'controller', 'country', 'default_currency'],
  ...['email', 'external_account', 'individual', 'metadata', 'settings', 'tos_acceptance', 'type'],
];

const accountTypes = ['standard', 'express', 'custom', 'none'];

export function accountRoutes(app: FastifyInstance, context: SandboxContext): void {
  const { accounts } = context.store.state;
  app.post('/v1/accounts', writeHandler(context, createAccount(context)));
  app.get(
    '/v1/accounts',
    readHandler(context, ({ params }) => {
      params.allowOnly(...listParams);
      return listPage(accounts.values(), params, '/v1/accounts', accountBody);
    }),
  );
  app.get(
    '/v1/accounts/:id',
    readHandler(context, ({ params, id }) => {
      params.allowOnly();
      const account = accounts.get(id);
      if (!account) throw resourceMissing('account', 'id', 404);
      return accountBody(account);
    }),
  );
}

function createAccount({ clock }: SandboxContext) {
  return ({ params }: EndpointRequest): (() => Executed) => {
    params.allowOnly(...accountParams);
    const type = params.optional('type') ?? 'none';
    if (!accountTypes.includes(type)) throw invalidRequest('Invalid account type.', undefined, 'type');
    const country = params.optional('country') ?? 'US';
    if (!/^[A-Z]{2}$/.test(country)) throw invalidRequest('Invalid country.', 'country_unsupported', 'country');
    const currency = params.optional('default_currency') ?? 'usd';
    if (!isCurrency(currency.toUpperCase())) throw invalidRequest('Invalid currency.', undefined, 'default_currency');
    const metadata = params.metadata();
    return () => {
      const created = Math.floor(clock.now().getTime() / 1000);
      const account = { id: newStripeId('acct'), created, type, country, default_currency: currency, metadata };
      return { body: accountBody(account), changes: [{ kind: 'account', account }] };
    };
  };
}
