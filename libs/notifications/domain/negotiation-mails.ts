import { mailTemplate } from './mail-template.js';

/** Whose turn it is, who proposed (the other side's name), which round (from 1), and where the terms are read. */
interface ProposedTerms {
  recipient: 'partner' | 'company';
  proposedBy: string;
  round: number;
  link: string;
}

const link = 'https://partners.example/v1/negotiations/neg_1';

/** Mails about terms on the table. */
export const negotiationMails = {
  'terms-proposed': mailTemplate({
    purpose: 'To either side: the other one has proposed terms.',
    texts: {
      en: {
        subject: '{program}: {proposer} has proposed terms',
        opening: '{proposer} has proposed terms for {program} (version {round}).',
        toPartner: 'Read them, then accept them or propose your own.',
        toCompany: 'Review them, then accept them or answer with a proposal.',
        link: 'Open the terms',
      },
      id: {
        subject: '{program}: {proposer} mengusulkan ketentuan',
        opening: '{proposer} mengusulkan ketentuan untuk {program} (versi {round}).',
        toPartner: 'Bacalah, lalu setujui atau ajukan usulan Anda sendiri.',
        toCompany: 'Tinjaulah, lalu setujui atau balas dengan usulan.',
        link: 'Buka ketentuan',
      },
      ar: {
        subject: '{program}: {proposer} اقترح شروطًا',
        opening: 'اقترح {proposer} شروطًا لبرنامج {program} (النسخة {round}).',
        toPartner: 'اقرأها، ثم اقبلها أو قدّم اقتراحك.',
        toCompany: 'راجِعها، ثم اقبلها أو رُدّ باقتراح.',
        link: 'افتح الشروط',
      },
    },
    values: ({ proposedBy, round }) => ({ proposer: proposedBy, round: String(round) }),
    blocks: (facts: ProposedTerms) => [
      'opening',
      facts.recipient === 'partner' ? 'toPartner' : 'toCompany',
      { label: 'link', link: facts.link },
    ],
    examples: [
      { recipient: 'partner', proposedBy: 'Crescent Records Ltd.', round: 3, link },
      { recipient: 'company', proposedBy: 'Ada Perry', round: 2, link },
    ],
  }),
} as const;
