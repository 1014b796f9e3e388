import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { currencyCodes } from '../../../libs/kernel/currency.js';
import { newStripeId, type SandboxContext } from '../exchange.js';
import { invalidFields, notFound, refused } from './errors.js';
import { v2ReadHandler, v2WriteHandler, type V2Executed, type V2Request } from './exchange.js';
import { allowOnly, currencyOf, metadataOf, objectIn, requiredText, textIn, v2Page, wholeNumber } from './fields.js';
import type { PaymentStatus, SandboxPayment, ThinEvent } from './objects.js';
import { financialAccountBody, paymentBody } from './presenter.js';

const payments = '/v2/money_management/outbound_payments';

const largestAmount = 999_999_999_999;

/** Every financial account is open but this one. */
const closedFinancialAccount = 'fa_test_closed';

/** Where a payment may go from each status: `posted` is not the end, since a bank may give it back. */
const moves: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  processing: ['posted', 'failed', 'canceled'],
  posted: ['returned'],
  failed: [],
  canceled: [],
  returned: [],
};

const moveSchema = z.strictObject({
  status: z.enum(['posted', 'failed', 'returned']),
  reason: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional(),
});

export function outboundPaymentRoutes(app: FastifyInstance, context: SandboxContext): void {
  const present = (id: string) => paymentBody(paymentIn(context, id));
  app.post(payments, v2WriteHandler(context, { execute: (request) => createPayment(context, request), present }));
  app.post(
    `${payments}/:id/cancel`,
    v2WriteHandler(context, { execute: ({ id }) => ({ id, changes: moved(context, id, 'canceled') }), present }),
  );
  app.get(
    payments,
    v2ReadHandler(context, (request) => listPayments(context, request)),
  );
  app.get(
    `${payments}/:id`,
    v2ReadHandler(context, ({ id }) => present(id)),
  );
  app.get(
    '/v2/money_management/financial_accounts/:id',
    v2ReadHandler(context, ({ id }) => {
      const amounts = currencyCodes.map(
        (code) => [code.toLowerCase(), availableFunds(context, code.toLowerCase())] as const,
      );
      return financialAccountBody(id, id === closedFinancialAccount ? 'closed' : 'open', amounts);
    }),
  );
  // What banks do in their own time, on demand: no part of Stripe's API.
  app.post<{ Params: { id: string } }>('/sandbox/outbound_payments/:id/move', async (request, reply) => {
    const parsed = moveSchema.safeParse(request.body);
    if (!parsed.success) return reply.status(400).send({ errors: ['a status and, where it has one, a reason'] });
    await move(context, request.params.id, parsed.data.status, parsed.data.reason);
    return present(request.params.id);
  });
}

/** Goes on with payments that an earlier process had not posted yet. */
export function resumePosting(context: SandboxContext): void {
  for (const { id, status } of context.store.state.v2.payments.values()) {
    if (status === 'processing') postLater(context, id);
  }
}

function createPayment(context: SandboxContext, { body }: V2Request): V2Executed {
  allowOnly(body, 'amount', 'description', 'from', 'metadata', 'recipient_notification', 'statement_descriptor', 'to');
  const { value, currency: asked } = objectIn(body, 'amount');
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > largestAmount) {
    throw invalidFields('amount.value must be a whole number above zero.');
  }
  const currency = currencyOf(String(asked));
  const from = objectIn(body, 'from');
  const to = objectIn(body, 'to');
  const financialAccount = requiredText(from, 'financial_account');
  if (financialAccount === closedFinancialAccount) {
    throw refused('financial_account_not_open', 'The financial account is not open.');
  }
  if (requiredText(from, 'currency') !== currency) throw invalidFields('The sandbox converts no currency.');
  const recipient = context.store.state.v2.recipients.get(requiredText(to, 'recipient'));
  if (!recipient) throw notFound('recipient');
  if (!recipient.takesBankPayments) throw refused('capability_not_enabled', 'The recipient cannot be paid yet.');
  const methodId = textIn(to, 'payout_method') ?? recipient.payoutMethods[currency];
  const method = methodId === undefined ? undefined : context.store.state.v2.payoutMethods.get(methodId);
  if (method?.recipient !== recipient.id || method.currency !== currency) {
    throw refused('invalid_payout_method', 'The recipient has no such payout method.');
  }
  if (BigInt(value) > availableFunds(context, currency)) {
    throw refused('insufficient_funds', 'The financial account does not hold enough.');
  }
  const payment: SandboxPayment = {
    id: newStripeId('obp'),
    createdMs: context.clock.now().getTime(),
    amount: value,
    currency,
    financialAccount,
    recipient: recipient.id,
    payoutMethod: method.id,
    description: textIn(body, 'description'),
    metadata: metadataOf(body),
    status: 'processing',
    reason: undefined,
    transitions: {},
  };
  postLater(context, payment.id);
  return { id: payment.id, changes: changesOf(context, payment, 'created') };
}

/** What is left of the financial account, in Stripe's smallest unit of the currency (lower case). */
function availableFunds({ store, openingBalance }: SandboxContext, currency: string): bigint {
  const flow = store.state.v2.flows.get(currency);
  return openingBalance - (flow?.sent ?? 0n) + (flow?.back ?? 0n);
}

function listPayments(context: SandboxContext, { query }: V2Request): Record<string, unknown> {
  const { v2 } = context.store.state;
  const recipient = query.get('recipient');
  const statuses = [...query].filter(([name]) => /^status(\[\d*\])?$/.test(name)).map(([, value]) => value);
  const bound = (name: string) => wholeNumber(query, `created[${name}]`, Number.MAX_SAFE_INTEGER);
  const [from, after, before] = [bound('gte'), bound('gt'), bound('lt')];
  const found = (recipient === null ? [...v2.payments.values()] : v2.paymentsTo(recipient)).filter((payment) => {
    const created = payment.createdMs / 1000;
    return (
      (statuses.length === 0 || statuses.includes(payment.status)) &&
      (from === undefined || created >= from) &&
      (after === undefined || created > after) &&
      (before === undefined || created < before)
    );
  });
  return v2Page(found.reverse(), { query, path: payments }, paymentBody);
}

function postLater(context: SandboxContext, id: string): void {
  const { postAfterMs } = context;
  if (postAfterMs === undefined) return;
  const timer = setTimeout(() => {
    // It may have been canceled or failed meanwhile; a store that is closed takes it up at its next start.
    move(context, id, 'posted').catch(() => undefined);
  }, postAfterMs);
  timer.unref();
}

async function move(context: SandboxContext, id: string, status: PaymentStatus, reason?: string): Promise<void> {
  const changes = moved(context, id, status, reason);
  await context.store.commit(changes);
  for (const change of changes) if (change.kind === 'event') context.webhooks.send(change.event);
}

function moved(context: SandboxContext, id: string, status: PaymentStatus, reason?: string) {
  const payment = paymentIn(context, id);
  if (payment.status === 'canceled' && status === 'canceled') {
    throw refused('already_canceled', 'The payment is canceled already.');
  }
  if (!moves[payment.status].includes(status)) {
    throw refused('not_cancelable', `A payment that is ${payment.status} cannot become ${status}.`);
  }
  const transitions = { ...payment.transitions, [status]: context.clock.now().getTime() };
  const why = status === 'failed' || status === 'returned' ? (reason ?? 'unknown_failure') : undefined;
  return changesOf(context, { ...payment, status, reason: why, transitions }, status);
}

function changesOf(context: SandboxContext, payment: SandboxPayment, what: PaymentStatus | 'created') {
  const event: ThinEvent = {
    id: newStripeId('evt'),
    createdMs: context.clock.now().getTime(),
    type: `v2.money_management.outbound_payment.${what}`,
    paymentId: payment.id,
    texts: Object.values(payment.metadata),
  };
  return [{ kind: 'payment', payment } as const, { kind: 'event', event } as const];
}

function paymentIn({ store }: SandboxContext, id: string): SandboxPayment {
  const payment = store.state.v2.payments.get(id);
  if (!payment) throw notFound('outbound payment');
  return payment;
}
