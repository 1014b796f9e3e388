import {
  attemptOfEndToEndId,
  endToEndIdOf,
  type BankReport,
  type PaymentStatus,
} from '../../../bank-files/domain/index.js';

/** What one line of a report is about. */
export type FactTarget =
  | { level: 'file'; messageId: string }
  | { level: 'part'; partId: string; messageId?: string }
  | { level: 'payment'; endToEndId: string }
  | { level: 'trace'; trace: string }
  | { level: 'nothing' };

/** One thing that a report says, in the order in which it is applied: of a payment before what is said of all of them. */
export interface ReportedFact {
  place: string;
  kind: 'payment_status' | 'part_status' | 'file_status' | 'debit' | 'return' | 'credit' | 'notice';
  target: FactTarget;
  /** What it does to the payments that it is about; undefined where it moves nothing. */
  action?: 'accept' | 'settle' | 'reject' | 'return';
  code?: string;
  reason?: string;
  amountMinor?: bigint;
  currency?: string;
  /** For what was booked as one. */
  payments?: number;
  /** The bank's own reference of a movement, which counts once in whichever report. */
  movement?: string;
  isBooked?: boolean;
  /** Whether it comes back as it was sent or not at all: ACH knows no partial return. */
  isWhole?: boolean;
}

const actions = { accepted: 'accept', settled: 'settle', rejected: 'reject' } as const;

/** What a report says, as facts. */
export function reportedFacts(report: BankReport): ReportedFact[] {
  switch (report.kind) {
    case 'pain.002': {
      const { originalMessageId: messageId, group, parts } = report;
      const payments = parts.flatMap(({ transactions }) => transactions);
      return [
        ...payments.map(({ place, endToEndId, status, amount }) => {
          return {
            place,
            kind: 'payment_status' as const,
            target: paymentTarget(endToEndId),
            ...statusOf(status),
            ...amount,
          };
        }),
        ...parts.flatMap(({ place, paymentInformationId, status }) => {
          const target = { level: 'part' as const, partId: paymentInformationId, messageId };
          return status ? [{ place, kind: 'part_status' as const, target, ...statusOf(status) }] : [];
        }),
        {
          place: '/Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts',
          kind: 'file_status',
          target: { level: 'file', messageId },
          ...(group ? statusOf(group) : {}),
        },
      ];
    }
    case 'camt.054':
      return report.entries.map((entry) => {
        const { place, amountMinor, currency, direction, returnReason, bankReference, isBooked, payments } = entry;
        const isReturn = direction === 'credit' && returnReason !== undefined;
        return {
          ...{ place, amountMinor, currency, isBooked },
          kind: isReturn ? ('return' as const) : direction,
          target: entryTarget(entry),
          ...(isReturn
            ? { action: 'return' as const }
            : direction === 'debit' && !returnReason
              ? { action: 'settle' as const }
              : {}),
          ...(returnReason === undefined ? {} : { reason: returnReason }),
          ...(payments === undefined ? {} : { payments }),
          movement: bankReference ?? `${entry.bookedOn ?? ''}/${amountMinor}`,
        };
      });
    case 'nacha-return':
      return [
        ...report.returns.map(({ place, originalTrace, reasonCode, amountMinor, bankReference }) => {
          const target = { level: 'trace' as const, trace: originalTrace };
          const money = { amountMinor, currency: 'USD', movement: bankReference, isBooked: true, isWhole: true };
          return { place, kind: 'return' as const, target, action: 'return' as const, reason: reasonCode, ...money };
        }),
        ...report.changes.map(({ place, originalTrace, changeCode }) => {
          return {
            place,
            kind: 'notice' as const,
            target: { level: 'trace' as const, trace: originalTrace },
            code: changeCode,
          };
        }),
      ];
  }
}

function statusOf({ code, meaning, reason }: PaymentStatus): Pick<ReportedFact, 'code' | 'reason' | 'action'> {
  const action = meaning === 'received' || meaning === 'partly' ? undefined : actions[meaning];
  return { code, ...(action === undefined ? {} : { action }), ...(reason === undefined ? {} : { reason }) };
}

function entryTarget(entry: { endToEndId?: string; paymentInformationId?: string; messageId?: string }): FactTarget {
  if (entry.endToEndId !== undefined) return paymentTarget(entry.endToEndId);
  if (entry.paymentInformationId !== undefined) return { level: 'part', partId: entry.paymentInformationId };
  return entry.messageId === undefined ? { level: 'nothing' } : { level: 'file', messageId: entry.messageId };
}

/** Banks may write ids in capitals: ours mean the same then. */
function paymentTarget(endToEndId: string): FactTarget {
  const attempt = attemptOfEndToEndId(endToEndId);
  return { level: 'payment', endToEndId: attempt ? endToEndIdOf(attempt.itemId, attempt.attempt) : endToEndId };
}
