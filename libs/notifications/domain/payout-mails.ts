import { mailTemplate } from './mail-template.js';

/** A settled payment: `amountMinor` is in minor units of `currency`. */
interface SettledPayment {
  amountMinor: bigint;
  currency: string;
  settledAt: Date;
  timeZone: string;
  link: string;
}

/** Mails about money that was paid. */
export const payoutMails = {
  'remittance-advice': mailTemplate({
    purpose: 'To the partner: a payment is settled and its advice can be read.',
    texts: {
      en: {
        subject: '{program}: {amount} paid',
        opening:
          'We have paid you {amount}, settled on {settledAt}. The remittance advice lists what it is made of, line by line.',
        link: 'Open the remittance advice',
      },
      id: {
        subject: '{program}: {amount} telah dibayarkan',
        opening:
          'Kami telah membayar Anda {amount}, selesai pada {settledAt}. Surat pemberitahuan pembayaran merincinya baris demi baris.',
        link: 'Buka pemberitahuan pembayaran',
      },
      ar: {
        subject: '{program}: تم دفع {amount}',
        opening: 'دفعنا لك {amount}، وتمت التسوية في {settledAt}. يبيّن إشعار الدفع تفاصيل المبلغ سطرًا بسطر.',
        link: 'افتح إشعار الدفع',
      },
    },
    values: ({ amountMinor, currency, settledAt, timeZone }, wording) => ({
      amount: wording.money(amountMinor, currency),
      settledAt: wording.instant(settledAt, timeZone),
    }),
    blocks: (facts: SettledPayment) => ['opening', { label: 'link', link: facts.link }],
    examples: [
      {
        amountMinor: 123_456n,
        currency: 'USD',
        settledAt: new Date('2026-03-31T22:00:00Z'),
        timeZone: 'Etc/UTC',
        link: 'https://partners.example/v1/payout-items/itm_1/remittance-advice',
      },
    ],
  }),
} as const;
