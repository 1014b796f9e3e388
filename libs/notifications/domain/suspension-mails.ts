import { mailTemplate } from './mail-template.js';

/** Why a partner is suspended, as `SuspensionCause` has it; the company's own words are not told. */
type Cause = 'fraud_review' | 'breach' | 'compliance' | 'payment_dispute' | 'inactivity' | 'other';

interface Suspension {
  partner: string;
  cause: Cause;
}

interface SuspensionEnd extends Suspension {
  /** How many other causes still hold the partner. */
  causesLeft: number;
}

/** The text that names each cause. */
const textOf = {
  fraud_review: 'fraudReview',
  breach: 'breach',
  compliance: 'compliance',
  payment_dispute: 'paymentDispute',
  inactivity: 'inactivity',
  other: 'other',
} as const;
const everyCause = Object.keys(textOf) as Cause[];

const causes = {
  en: {
    fraudReview: 'The cause: reported events are being reviewed.',
    breach: 'The cause: an obligation of the agreement is not kept.',
    compliance: 'The cause: a check of identity, sanctions or taxes is open.',
    paymentDispute: 'The cause: an amount is disputed.',
    inactivity: 'The cause: there was no activity for a long time.',
    other: 'The cause is known to the partner manager, who can be asked.',
  },
  id: {
    fraudReview: 'Sebabnya: peristiwa yang dilaporkan sedang ditinjau.',
    breach: 'Sebabnya: suatu kewajiban dalam perjanjian tidak dipenuhi.',
    compliance: 'Sebabnya: pemeriksaan identitas, sanksi, atau pajak belum selesai.',
    paymentDispute: 'Sebabnya: suatu jumlah dipersengketakan.',
    inactivity: 'Sebabnya: sudah lama tidak ada aktivitas.',
    other: 'Sebabnya diketahui manajer kemitraan, yang dapat ditanyai.',
  },
  ar: {
    fraudReview: 'السبب: تجري مراجعة أحداث تم الإبلاغ عنها.',
    breach: 'السبب: لم يُوفَ بالتزام من التزامات الاتفاقية.',
    compliance: 'السبب: لم يكتمل بعد فحص الهوية أو العقوبات أو الضرائب.',
    paymentDispute: 'السبب: مبلغ متنازع عليه.',
    inactivity: 'السبب: لم يكن هناك نشاط منذ مدة طويلة.',
    other: 'السبب معروف لدى مدير الشراكة، ويمكن سؤاله عنه.',
  },
} as const;

/** Mails about suspensions of a partner. */
export const suspensionMails = {
  'partner-suspended': mailTemplate({
    purpose: 'To both sides: the partner is suspended, for this cause.',
    texts: {
      en: {
        ...causes.en,
        subject: '{program}: {partner} is suspended',
        opening:
          'The partnership of {partner} is suspended. Events still count; nothing is paid out until this is over, and nothing is lost.',
      },
      id: {
        ...causes.id,
        subject: '{program}: {partner} ditangguhkan',
        opening:
          'Kemitraan {partner} ditangguhkan. Peristiwa tetap dihitung; tidak ada pembayaran sampai hal ini selesai, dan tidak ada yang hilang.',
      },
      ar: {
        ...causes.ar,
        subject: '{program}: عُلّقت شراكة {partner}',
        opening: 'عُلّقت شراكة {partner}. تبقى الأحداث محتسبة، ولا يُدفع شيء حتى ينتهي التعليق، ولا يضيع شيء.',
      },
    },
    values: ({ partner }) => ({ partner }),
    blocks: ({ cause }: Suspension) => ['opening', textOf[cause]],
    examples: [
      { partner: 'Ada Perry', cause: 'fraud_review' },
      ...everyCause.map((cause): Suspension => ({ partner: 'Ada Perry', cause })),
    ],
  }),

  'partner-suspension-ended': mailTemplate({
    purpose: 'To both sides: one cause of a suspension is over; the partner is paid again once none is left.',
    texts: {
      en: {
        ...causes.en,
        subject: '{program}: a suspension of {partner} has ended',
        opening: 'A suspension of {partner} has ended.',
        over: 'No other cause holds the partner: what was kept is paid with the next payout.',
        held: 'The partner stays suspended for another cause.',
      },
      id: {
        ...causes.id,
        subject: '{program}: satu penangguhan {partner} berakhir',
        opening: 'Satu penangguhan {partner} telah berakhir.',
        over: 'Tidak ada sebab lain yang menahan mitra: yang tertahan dibayarkan pada pembayaran berikutnya.',
        held: 'Mitra tetap ditangguhkan karena sebab lain.',
      },
      ar: {
        ...causes.ar,
        subject: '{program}: انتهى تعليق لشراكة {partner}',
        opening: 'انتهى تعليق لشراكة {partner}.',
        over: 'لا يوجد سبب آخر: يُدفع ما حُفظ مع الدفعة التالية.',
        held: 'تبقى الشراكة معلّقة لسبب آخر.',
      },
    },
    values: ({ partner }) => ({ partner }),
    blocks: ({ cause, causesLeft }: SuspensionEnd) => ['opening', textOf[cause], causesLeft === 0 ? 'over' : 'held'],
    examples: [
      { partner: 'Ada Perry', cause: 'compliance', causesLeft: 0 },
      ...everyCause.map((cause): SuspensionEnd => ({ partner: 'Ada Perry', cause, causesLeft: 1 })),
    ],
  }),
} as const;
