import { exampleId as id, type EventDescription } from './event-description.js';

const payment = { batchId: id('bat'), partnerId: id('prt') };
const credit = { itemId: id('itm'), batchId: id('bat') };
const link = { linkId: id('lnk') };
const coupon = { couponCodeId: id('cpn'), code: 'SPRING25AB' };
const details = { detailsId: id('pyd'), version: 2, effectiveAt: null };

/** The events of holds, disputes, bank and tax data, and payouts; part of `eventTypes`. */
export const moneyEvents = {
  'line_hold.placed': {
    description: 'What an event has earned is held, by a rule or by a person: it does not vest until somebody decides.',
    data: { cause: 'burst', expiresAt: '2026-03-15T09:00:00.000Z' },
  },
  'line_hold.overdue': {
    description: 'Nobody has decided about a hold in time: it goes on holding, and its owner was asked again.',
    data: { cause: 'burst', ownerRole: 'finance' },
  },
  'line_hold.extended': { description: 'There is more time to decide about a hold.', data: { cause: 'burst' } },
  'line_hold.released': { description: 'A hold was released: what was held vests.', data: { cause: 'burst' } },
  'line_hold.rejected': {
    description: 'A hold was decided against the partner: what the event had earned is taken back by a void.',
    data: { cause: 'burst' },
  },

  'dispute.opened': {
    description: 'A partner questions what an event has earned, or that something is missing.',
    data: { subject: 'event', dueAt: '2026-03-15T09:00:00.000Z' },
  },
  'dispute.reminded': {
    description: 'A dispute waits for its answer, and the company was reminded.',
    data: { isOverdue: false },
  },
  'dispute.awaiting_approval': {
    description: 'A dispute is answered by an adjustment that a second person has to approve.',
  },
  'dispute.sent_back': { description: 'The adjustment of a dispute was refused: it has to be answered anew.' },
  'dispute.upheld': {
    description: 'A dispute was decided for the partner, with the adjustment that was booked.',
    data: { adjustment: { amountMinor: 1_250, currency: 'USD' } },
  },
  'dispute.rejected': { description: 'A dispute was decided against the partner.' },
  'dispute.withdrawn': { description: 'A partner took its dispute back.' },

  'write_off.proposed': { description: 'Somebody proposes to give up what a partner owes.' },
  'write_off.approved': { description: 'What a partner owed was given up.' },
  'write_off.refused': { description: 'A write-off was refused: the partner still owes.' },
  'write_off.withdrawn': { description: 'A proposal to write off was taken back.' },

  'partner.link_created': { description: 'A partner has a link; a click on it is a touch of the partner.', data: link },
  'partner.link_ended': { description: 'A link of a partner was ended: its clicks count no more.', data: link },
  'partner.coupon_code_created': {
    description: 'A partner has a coupon code; its use is a touch of the partner.',
    data: coupon,
  },
  'partner.coupon_code_ended': {
    description: 'A coupon code of a partner was ended: its use counts no more.',
    data: coupon,
  },
  'partner.event_share_changed': {
    description: 'A partner has another share of a conversion, or none: a touch came late.',
    data: { conversionId: 'order-1' },
  },

  'partner.payout_details_asked': {
    description:
      'Payout details of a partner were entered; a change waits for its approval, and payments wait with it.',
    data: details,
  },
  'partner.payout_details_approved': {
    description: 'Payout details were approved: they are used from `effectiveAt` on.',
    data: { ...details, effectiveAt: '2026-03-04T00:00:00.000Z' },
  },
  'partner.payout_details_rejected': { description: 'Payout details were rejected.', data: details },
  'partner.payout_details_withdrawn': { description: 'Payout details were taken back.', data: details },
  'partner.tax_profile_made': {
    description: 'A partner has a new tax profile.',
    data: { taxProfileId: id('tax'), version: 1, form: 'w9' },
  },
  'partner.screening_hit': {
    description: 'A name of a partner stands on the list of sanctions: nothing is paid until a person decides.',
    data: { hitId: id('hit') },
  },
  'partner.screening_decided': {
    description: 'A person has decided whether a partner is who stands on the list of sanctions.',
    data: { hitId: id('hit'), decision: 'cleared' },
  },

  'payout_account.opened': {
    description: "A partner's account at the payment rail is open.",
    data: { rail: 'stripe' },
  },
  'payout_account.details_told': {
    description: 'The payment rail knows the bank account at which a partner is paid now.',
    data: { rail: 'stripe-global-payouts', detailsId: id('pyd') },
  },
  'payout_account.details_refused': {
    description:
      "The payment rail does not take a partner's bank account: its payouts are held until there is another one.",
    data: { rail: 'stripe-global-payouts', detailsId: id('pyd'), code: 'invalid_account_number' },
  },
  'payout_batch.drafted': {
    description: 'A batch of payouts was collected.',
    data: { cutOff: '2026-03-31T22:00:00.000Z', items: 12, totalMinor: 480_000, carriedMinor: 1_250, carried: {} },
  },
  'payout_batch.frozen': { description: 'A batch was submitted: it waits for its approval.' },
  'payout_batch.in_approval': { description: 'A batch was approved by one of the people that it needs.' },
  'payout_batch.approval_blocked': { description: 'Nobody is left who may approve a batch.' },
  'payout_batch.approved': { description: 'A batch has all approvals that it needs.' },
  'payout_batch.released': { description: 'A batch was released: it is being paid.' },
  'payout_batch.processing': {
    description: 'The first payments of a batch are on their way, or some are tried again.',
  },
  'payout_batch.paused': { description: 'No more payments of a batch are sent for now.' },
  'payout_batch.resumed': { description: 'A paused batch goes on.' },
  'payout_batch.recalled': { description: 'A batch was taken back before its release: nothing of it is paid.' },
  'payout_batch.rejected': { description: 'A batch was rejected: nothing of it is paid.' },
  'payout_batch.cancelled': { description: 'The draft of a batch was cancelled.' },
  'payout_batch.completed': { description: 'All of a batch is paid.', data: { unpaid: 0 } },
  'payout_batch.partial': { description: 'A batch has ended, and some of it is not paid.', data: { unpaid: 1 } },
  'payout_batch.reconciled': { description: "A batch was held against the rail's report." },
  'payout_batch.closed': { description: 'A batch is closed: its books agree, or each difference is explained.' },
  'payout_item.retried': { description: 'A failed payment is tried again.', data: payment },
  'payout_item.submitted': { description: 'The rail has taken a payment.', data: payment },
  'payout_item.settled': { description: 'A payment has arrived.', data: payment },
  'payout_item.unknown': { description: 'The rail did not say what became of a payment.', data: payment },
  'payout_item.failed': { description: 'The rail refused a payment; its money is held.', data: payment },
  'payout_item.returned': { description: 'A payment came back; its money is held.', data: payment },
  'payout_item.held_released': { description: 'Held money is free for the next collection.', data: payment },

  'bank_file.prepared': {
    description: 'A payment file for the bank was made.',
    data: { batchId: id('bat'), payments: 12 },
  },
  'bank_file.handed_over': { description: 'A payment file was handed to the bank.', data: { batchId: id('bat') } },
  'bank_file.acknowledged': { description: 'The bank has taken a payment file.', data: { batchId: id('bat') } },
  'bank_file.rejected': { description: 'The bank has rejected a whole payment file.', data: { batchId: id('bat') } },
  'bank_report.received': {
    description: 'A report of the bank was applied; `open` of its entries need a person.',
    data: { kind: 'camt.054', entries: 12, open: 1 },
  },
  'store_credit.issued': { description: 'A partner was given store credit.', data: credit },
  'store_credit.redeemed': { description: 'Store credit was redeemed.', data: credit },
  'store_credit.voided': { description: 'Store credit was taken back before anybody redeemed it.', data: credit },
} as const satisfies Record<`${string}.${string}`, EventDescription>;
