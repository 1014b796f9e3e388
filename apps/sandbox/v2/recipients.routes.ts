import type { FastifyInstance } from 'fastify';
import { newStripeId, type SandboxContext } from '../exchange.js';
import { invalidFields, notFound } from './errors.js';
import { v2ReadHandler, v2WriteHandler, type V2Executed, type V2Request } from './exchange.js';
import { allowOnly, currencyOf, metadataOf, objectIn, requiredText, textIn, v2Page } from './fields.js';
import type { SandboxPayoutMethod, SandboxRecipient } from './objects.js';
import { payoutMethodBody, recipientBody, setupIntentBody } from './presenter.js';

const accounts = '/v2/core/accounts';
const setupIntents = '/v2/money_management/outbound_setup_intents';
const payoutMethods = '/v2/money_management/payout_methods';

/** What may be said of an account; most of it is taken and forgotten, since it would be personal data. */
const accountFields = [
  ...['account_token', 'configuration', 'contact_email', 'contact_phone', 'dashboard', 'defaults', 'display_name'],
  ...['identity', 'include', 'metadata'],
];

/** Recipients and where they are paid. */
export function recipientRoutes(app: FastifyInstance, context: SandboxContext): void {
  const { v2 } = context.store.state;
  const present = (id: string) => recipientBody(recipientIn(context, id));
  app.post(accounts, v2WriteHandler(context, { execute: (request) => createRecipient(context, request), present }));
  app.post(
    `${accounts}/:id`,
    v2WriteHandler(context, { execute: (request) => updateRecipient(context, request), present }),
  );
  app.get(
    accounts,
    v2ReadHandler(context, ({ query }) => {
      return v2Page([...v2.recipients.values()].reverse(), { query, path: accounts }, recipientBody);
    }),
  );
  app.get(
    `${accounts}/:id`,
    v2ReadHandler(context, ({ id }) => present(id)),
  );
  app.post(
    setupIntents,
    v2WriteHandler(context, {
      execute: (request) => setUpBankAccount(context, request),
      present: (id) => setupIntentBody(v2.payoutMethods.get(id)!),
    }),
  );
  app.get(
    `${payoutMethods}/:id`,
    v2ReadHandler(context, ({ id }) => {
      const method = v2.payoutMethods.get(id);
      if (!method) throw notFound('payout method');
      return payoutMethodBody(method);
    }),
  );
}

export function recipientIn({ store }: SandboxContext, id: string): SandboxRecipient {
  const recipient = store.state.v2.recipients.get(id);
  if (!recipient) throw notFound('account');
  return recipient;
}

/** The hosted form is filled in at once here: a recipient that asks for bank payments can be paid in its currency. */
function createRecipient(context: SandboxContext, { body }: V2Request): V2Executed {
  allowOnly(body, ...accountFields);
  const recipientConfiguration = objectIn(objectIn(body, 'configuration'), 'recipient');
  const capabilities = objectIn(objectIn(recipientConfiguration, 'capabilities'), 'bank_accounts');
  const takesBankPayments = objectIn(capabilities, 'local')['requested'] === true;
  const country = textIn(objectIn(body, 'identity'), 'country') ?? 'US';
  if (!/^[A-Z]{2}$/.test(country)) throw invalidFields('identity.country must be two letters.');
  const currency = currencyOf(textIn(objectIn(body, 'defaults'), 'currency') ?? 'usd');
  const createdMs = context.clock.now().getTime();
  const id = newStripeId('acct');
  const method = { id: newStripeId('pm'), createdMs, recipient: id, country, currency, last4: '6789' };
  const recipient: SandboxRecipient = {
    id,
    createdMs,
    country,
    currency,
    takesBankPayments,
    payoutMethods: takesBankPayments ? { [currency]: method.id } : {},
    metadata: metadataOf(body),
  };
  const added = takesBankPayments ? [{ kind: 'payout_method', payoutMethod: method } as const] : [];
  return { id, changes: [...added, { kind: 'recipient', recipient }] };
}

function updateRecipient(context: SandboxContext, { body, id }: V2Request): V2Executed {
  allowOnly(body, ...accountFields);
  const recipient = recipientIn(context, id);
  const chosen = objectIn(objectIn(body, 'defaults'), 'payout_methods');
  const payoutMethods = { ...recipient.payoutMethods };
  for (const [currency, methodId] of Object.entries(chosen)) {
    const method = context.store.state.v2.payoutMethods.get(String(methodId));
    if (method?.recipient !== id || method.currency !== currency) throw invalidFields('No such payout method.');
    payoutMethods[currency] = method.id;
  }
  return { id, changes: [{ kind: 'recipient', recipient: { ...recipient, payoutMethods } }] };
}

function setUpBankAccount(context: SandboxContext, { body, context: recipientId }: V2Request): V2Executed {
  allowOnly(body, 'payout_method', 'payout_method_data', 'usage_intent');
  const recipient = recipientIn(context, recipientId);
  const data = objectIn(body, 'payout_method_data');
  if (requiredText(data, 'type') !== 'bank_account') throw invalidFields('Only bank accounts can be set up.');
  const bankAccount = objectIn(data, 'bank_account');
  const payoutMethod: SandboxPayoutMethod = {
    id: newStripeId('pm'),
    createdMs: context.clock.now().getTime(),
    recipient: recipient.id,
    country: requiredText(bankAccount, 'country'),
    currency: currencyOf(requiredText(bankAccount, 'currency')),
    last4: requiredText(bankAccount, 'account_number').slice(-4),
  };
  return { id: payoutMethod.id, changes: [{ kind: 'payout_method', payoutMethod }] };
}
