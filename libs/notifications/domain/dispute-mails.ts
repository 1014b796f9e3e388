import { mailTemplate } from './mail-template.js';

/** A dispute of a partner; `dueAt` is when the company has to answer. */
interface DisputeFacts {
  partner: string;
  dueAt: Date;
  timeZone: string;
  link: string;
}

interface DisputeReminder extends DisputeFacts {
  isOverdue: boolean;
}

interface DisputeAnswer {
  outcome: 'upheld' | 'rejected';
  /** The words of the company. */
  answer: string;
  /** Minor units of `currency`, more or less than 0; undefined where nothing is booked. */
  adjustmentMinor: bigint | undefined;
  currency: string;
  link: string;
}

const link = 'https://partners.example/v1/disputes/dsp_1';
const example = { partner: 'Ada Perry', dueAt: new Date('2026-03-15T09:00:00Z'), timeZone: 'Etc/UTC', link };

/** Mails about disputes. */
export const disputeMails = {
  'dispute-opened': mailTemplate({
    purpose: 'To the company: a partner questions what it has earned.',
    texts: {
      en: {
        subject: '{program}: {partner} disputes an amount',
        opening: '{partner} questions what it has earned. An answer is due by {dueAt}.',
        link: 'Open the dispute',
      },
      id: {
        subject: '{program}: {partner} menyengketakan suatu jumlah',
        opening: '{partner} mempertanyakan hasil yang diperolehnya. Jawaban harus diberikan paling lambat {dueAt}.',
        link: 'Buka sengketa',
      },
      ar: {
        subject: '{program}: اعتراض من {partner} على مبلغ',
        opening: 'تعترض {partner} على ما كسبته. آخر موعد للرد {dueAt}.',
        link: 'افتح الاعتراض',
      },
    },
    values: ({ partner, dueAt, timeZone }, wording) => ({ partner, dueAt: wording.instant(dueAt, timeZone) }),
    blocks: ({ link: address }: DisputeFacts) => ['opening', { label: 'link', link: address }],
    examples: [example],
  }),

  'dispute-reminder': mailTemplate({
    purpose: 'To the company: the answer to a dispute is due soon, or overdue.',
    texts: {
      en: {
        subject: '{program}: the dispute of {partner} waits for an answer',
        soon: 'The answer to the dispute of {partner} is due by {dueAt}.',
        overdue: 'The answer to the dispute of {partner} was due by {dueAt} and is overdue.',
        link: 'Open the dispute',
      },
      id: {
        subject: '{program}: sengketa {partner} menunggu jawaban',
        soon: 'Jawaban atas sengketa {partner} harus diberikan paling lambat {dueAt}.',
        overdue: 'Jawaban atas sengketa {partner} seharusnya diberikan paling lambat {dueAt} dan sudah terlambat.',
        link: 'Buka sengketa',
      },
      ar: {
        subject: '{program}: اعتراض {partner} ينتظر الرد',
        soon: 'آخر موعد للرد على اعتراض {partner} هو {dueAt}.',
        overdue: 'كان آخر موعد للرد على اعتراض {partner} هو {dueAt}، وقد تأخر الرد.',
        link: 'افتح الاعتراض',
      },
    },
    values: ({ partner, dueAt, timeZone }, wording) => ({ partner, dueAt: wording.instant(dueAt, timeZone) }),
    blocks: ({ isOverdue, link: address }: DisputeReminder) => [
      isOverdue ? 'overdue' : 'soon',
      { label: 'link', link: address },
    ],
    examples: [
      { ...example, isOverdue: false },
      { ...example, isOverdue: true },
    ],
  }),

  'dispute-answered': mailTemplate({
    purpose: 'To the partner: the company has answered its dispute.',
    texts: {
      en: {
        subject: '{program}: the answer to your dispute',
        upheld: 'We have looked into your dispute, and you were right.',
        rejected: 'We have looked into your dispute and found nothing to correct.',
        answer: 'The answer: {answer}',
        credited: 'We have added {amount} to what you have to come.',
        debited: 'We have taken {amount} off what you have to come.',
        link: 'Open the dispute',
      },
      id: {
        subject: '{program}: jawaban atas sengketa Anda',
        upheld: 'Kami telah meninjau sengketa Anda, dan Anda benar.',
        rejected: 'Kami telah meninjau sengketa Anda dan tidak menemukan hal yang perlu dikoreksi.',
        answer: 'Jawabannya: {answer}',
        credited: 'Kami telah menambahkan {amount} ke jumlah yang akan Anda terima.',
        debited: 'Kami telah mengurangi {amount} dari jumlah yang akan Anda terima.',
        link: 'Buka sengketa',
      },
      ar: {
        subject: '{program}: الرد على اعتراضك',
        upheld: 'راجعنا اعتراضك، وكنت على حق.',
        rejected: 'راجعنا اعتراضك ولم نجد ما يستدعي التصحيح.',
        answer: 'الرد: {answer}',
        credited: 'أضفنا {amount} إلى مستحقاتك.',
        debited: 'خصمنا {amount} من مستحقاتك.',
        link: 'افتح الاعتراض',
      },
    },
    values: ({ answer, adjustmentMinor, currency }, wording) => ({
      answer,
      amount:
        adjustmentMinor === undefined
          ? undefined
          : wording.money(adjustmentMinor < 0n ? -adjustmentMinor : adjustmentMinor, currency),
    }),
    blocks: ({ outcome, adjustmentMinor, link: address }: DisputeAnswer) => [
      outcome,
      'answer',
      adjustmentMinor !== undefined && (adjustmentMinor > 0n ? 'credited' : 'debited'),
      { label: 'link', link: address },
    ],
    examples: [
      { outcome: 'upheld', answer: 'The order was missing.', adjustmentMinor: 1_250n, currency: 'USD', link },
      { outcome: 'upheld', answer: 'It was paid twice.', adjustmentMinor: -1_250n, currency: 'USD', link },
      { outcome: 'upheld', answer: 'The wording is corrected.', adjustmentMinor: undefined, currency: 'USD', link },
      { outcome: 'rejected', answer: 'The order was refunded.', adjustmentMinor: undefined, currency: 'USD', link },
    ],
  }),
} as const;
