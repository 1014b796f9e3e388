import { mailTemplate } from './mail-template.js';

/** How many holds wait for the role that is written to. */
interface WaitingHolds {
  count: number;
  link: string;
}

const values = ({ count }: WaitingHolds) => ({ count: String(count) });
const blocks = ({ link }: WaitingHolds) => ['opening', { label: 'link' as const, link }] as const;
const examples = [{ count: 3, link: 'https://partners.example/v1/holds' }] as const;

/** Mails to the company about holds of what events have earned. */
export const holdMails = {
  'line-holds-placed': mailTemplate({
    purpose: 'To the owner: rules hold events of partners, which wait for a decision.',
    texts: {
      en: {
        subject: '{program}: {count} new holds',
        opening: 'Rules of the program hold what {count} events have earned. It is not paid until somebody decides.',
        link: 'Look at the holds',
      },
      id: {
        subject: '{program}: {count} penahanan baru',
        opening:
          'Aturan program menahan hasil dari {count} peristiwa. Hasil itu tidak dibayarkan sampai ada yang memutuskan.',
        link: 'Lihat penahanan',
      },
      ar: {
        subject: '{program}: عمليات تعليق جديدة ({count})',
        opening: 'علّقت قواعد البرنامج ما كسبته أحداث عددها {count}. لا يُدفع شيء منه حتى يُتخذ قرار.',
        link: 'اطّلع على عمليات التعليق',
      },
    },
    values,
    blocks,
    examples,
  }),

  'line-holds-overdue': mailTemplate({
    purpose: 'To the owner, again and again: holds have expired and still wait for a decision.',
    texts: {
      en: {
        subject: '{program}: {count} holds wait for a decision',
        opening:
          'The time to decide about {count} holds is over. They go on holding, and nothing is paid or taken back until somebody decides.',
        link: 'Look at the holds',
      },
      id: {
        subject: '{program}: {count} penahanan menunggu keputusan',
        opening:
          'Waktu untuk memutuskan {count} penahanan telah lewat. Penahanan tetap berlaku, dan tidak ada yang dibayarkan atau ditarik sampai ada yang memutuskan.',
        link: 'Lihat penahanan',
      },
      ar: {
        subject: '{program}: عمليات تعليق تنتظر قرارًا ({count})',
        opening: 'انتهت مهلة البتّ في عمليات تعليق عددها {count}. يستمر التعليق، ولا يُدفع شيء ولا يُسترد حتى يُتخذ قرار.',
        link: 'اطّلع على عمليات التعليق',
      },
    },
    values,
    blocks,
    examples,
  }),
} as const;
