import { mailTemplate } from './mail-template.js';
import type { MailWording } from './mail-wording.js';

/** Whose turn it is, who proposed (the other side's name), which round (from 1), and where the terms are read. */
interface ProposedTerms {
  recipient: 'partner' | 'company';
  proposedBy: string;
  round: number;
  link: string;
  answerBy?: Deadline;
}

/** Until when an answer counts, and the IANA zone in which that is told. */
interface Deadline {
  at: Date;
  timeZone: string;
}

/** What happened on the other side, to a round (from 1), and where the terms are read. */
interface RoundNews {
  side: string;
  round: number;
  link: string;
}

const deadline: Deadline = { at: new Date('2026-03-31T22:00:00Z'), timeZone: 'Europe/Berlin' };
const deadlineOf = (wording: MailWording, { answerBy }: { answerBy?: Deadline }) => ({
  deadline: answerBy && wording.instant(answerBy.at, answerBy.timeZone),
});
const until = {
  en: 'An answer counts until {deadline}.',
  id: 'Jawaban berlaku hingga {deadline}.',
  ar: 'يُقبل الرد حتى {deadline}.',
} as const;
const openTerms = { en: 'Open the terms', id: 'Buka ketentuan', ar: 'افتح الشروط' } as const;
const reasonGiven = { en: 'The reason: {reason}', id: 'Alasannya: {reason}', ar: 'السبب: {reason}' } as const;

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
        until: until.en,
        link: openTerms.en,
      },
      id: {
        subject: '{program}: {proposer} mengusulkan ketentuan',
        opening: '{proposer} mengusulkan ketentuan untuk {program} (versi {round}).',
        toPartner: 'Bacalah, lalu setujui atau ajukan usulan Anda sendiri.',
        toCompany: 'Tinjaulah, lalu setujui atau balas dengan usulan.',
        until: until.id,
        link: openTerms.id,
      },
      ar: {
        subject: '{program}: {proposer} اقترح شروطًا',
        opening: 'اقترح {proposer} شروطًا لبرنامج {program} (النسخة {round}).',
        toPartner: 'اقرأها، ثم اقبلها أو قدّم اقتراحك.',
        toCompany: 'راجِعها، ثم اقبلها أو رُدّ باقتراح.',
        until: until.ar,
        link: openTerms.ar,
      },
    },
    values: ({ proposedBy, round, ...facts }, wording) => {
      return { proposer: proposedBy, round: String(round), ...deadlineOf(wording, facts) };
    },
    blocks: (facts: ProposedTerms) => [
      'opening',
      facts.recipient === 'partner' ? 'toPartner' : 'toCompany',
      facts.answerBy !== undefined && 'until',
      { label: 'link', link: facts.link },
    ],
    examples: [
      { recipient: 'partner', proposedBy: 'Crescent Records Ltd.', round: 3, link },
      { recipient: 'company', proposedBy: 'Ada Perry', round: 2, link, answerBy: deadline },
    ],
  }),

  'terms-retracted': mailTemplate({
    purpose: 'To either side: the other one has taken its proposal back; the version before it stands again.',
    texts: {
      en: {
        subject: '{program}: {side} has taken version {round} back',
        opening: '{side} has taken version {round} of the terms back. Version {standing} stands again.',
        until: until.en,
        link: openTerms.en,
      },
      id: {
        subject: '{program}: {side} menarik kembali versi {round}',
        opening: '{side} menarik kembali versi {round} dari ketentuan. Versi {standing} berlaku lagi sebagai usulan.',
        until: until.id,
        link: openTerms.id,
      },
      ar: {
        subject: '{program}: {side} سحب النسخة {round}',
        opening: 'سحب {side} النسخة {round} من الشروط. وعادت النسخة {standing} مطروحة.',
        until: until.ar,
        link: openTerms.ar,
      },
    },
    values: ({ side, round, standing, ...facts }, wording) => {
      return { side, round: String(round), standing: String(standing), ...deadlineOf(wording, facts) };
    },
    blocks: (facts: RoundNews & { standing: number; answerBy?: Deadline }) => [
      'opening',
      facts.answerBy !== undefined && 'until',
      { label: 'link', link: facts.link },
    ],
    examples: [
      { side: 'Ada Perry', round: 4, standing: 3, link },
      { side: 'Ada Perry', round: 2, standing: 1, link, answerBy: deadline },
    ],
  }),

  'terms-expiring': mailTemplate({
    purpose: 'To the side whose turn it is: the time to answer the terms is running out.',
    texts: {
      en: {
        subject: '{program}: your answer to version {round} is still open',
        opening: 'Version {round} of the terms for {program} waits for your answer. Without one, the negotiation ends.',
        until: until.en,
        link: openTerms.en,
      },
      id: {
        subject: '{program}: jawaban Anda atas versi {round} masih ditunggu',
        opening: 'Versi {round} dari ketentuan {program} menunggu jawaban Anda. Tanpa jawaban, negosiasi berakhir.',
        until: until.id,
        link: openTerms.id,
      },
      ar: {
        subject: '{program}: ما زلنا ننتظر ردك على النسخة {round}',
        opening: 'النسخة {round} من شروط {program} تنتظر ردك. وإن لم يصل رد، ينتهي التفاوض.',
        until: until.ar,
        link: openTerms.ar,
      },
    },
    values: ({ round, ...facts }, wording) => ({ round: String(round), ...deadlineOf(wording, facts) }),
    blocks: (facts: { round: number; link: string; answerBy?: Deadline }) => [
      'opening',
      facts.answerBy !== undefined && 'until',
      { label: 'link', link: facts.link },
    ],
    examples: [
      { round: 2, link, answerBy: deadline },
      { round: 2, link },
    ],
  }),

  'negotiation-withdrawn': mailTemplate({
    purpose: 'To either side: the other one has withdrawn from the negotiation.',
    texts: {
      en: {
        subject: '{program}: {side} has withdrawn from the negotiation',
        opening: '{side} has withdrawn from the negotiation. Nothing that was in force before has changed.',
        reason: reasonGiven.en,
      },
      id: {
        subject: '{program}: {side} mengundurkan diri dari negosiasi',
        opening: '{side} mengundurkan diri dari negosiasi. Apa yang berlaku sebelumnya tidak berubah.',
        reason: reasonGiven.id,
      },
      ar: {
        subject: '{program}: {side} انسحب من التفاوض',
        opening: 'انسحب {side} من التفاوض. ولم يتغير شيء مما كان ساريًا من قبل.',
        reason: reasonGiven.ar,
      },
    },
    values: ({ side, reason }) => ({ side, reason }),
    blocks: (facts: { side: string; reason?: string }) => ['opening', facts.reason !== undefined && 'reason'],
    examples: [{ side: 'Ada Perry' }, { side: 'Crescent Records Ltd.', reason: 'We are too far apart.' }],
  }),

  'negotiation-lapsed': mailTemplate({
    purpose: 'To both sides: the round on the table was not answered in time.',
    texts: {
      en: {
        subject: '{program}: the negotiation has ended without an answer',
        opening:
          'Version {round} of the terms was not answered in time, so the negotiation has ended. Nothing that was in force before has changed.',
        link: openTerms.en,
      },
      id: {
        subject: '{program}: negosiasi berakhir tanpa jawaban',
        opening:
          'Versi {round} dari ketentuan tidak dijawab tepat waktu, sehingga negosiasi berakhir. Apa yang berlaku sebelumnya tidak berubah.',
        link: openTerms.id,
      },
      ar: {
        subject: '{program}: انتهى التفاوض دون رد',
        opening:
          'لم يصل رد على النسخة {round} من الشروط في الوقت المحدد، فانتهى التفاوض. ولم يتغير شيء مما كان ساريًا من قبل.',
        link: openTerms.ar,
      },
    },
    values: ({ round }) => ({ round: String(round) }),
    blocks: (facts: { round: number; link: string }) => ['opening', { label: 'link', link: facts.link }],
    examples: [{ round: 3, link }],
  }),

  'negotiation-commented': mailTemplate({
    purpose: 'To either side: the other one has written a comment that it may read.',
    texts: {
      en: {
        subject: '{program}: {side} has commented on the terms',
        opening: '{side} has written a comment on version {round} of the terms.',
        link: 'Read the comments',
      },
      id: {
        subject: '{program}: {side} mengomentari ketentuan',
        opening: '{side} menulis komentar atas versi {round} dari ketentuan.',
        link: 'Baca komentar',
      },
      ar: {
        subject: '{program}: {side} علّق على الشروط',
        opening: 'كتب {side} تعليقًا على النسخة {round} من الشروط.',
        link: 'اقرأ التعليقات',
      },
    },
    values: ({ side, round }) => ({ side, round: String(round) }),
    blocks: (facts: RoundNews) => ['opening', { label: 'link', link: facts.link }],
    examples: [{ side: 'Ada Perry', round: 2, link }],
  }),

  'approval-wanted': mailTemplate({
    purpose: 'To a role of the company: a move in a negotiation waits for its approval.',
    texts: {
      en: {
        subject: '{program}: terms for {partner} wait for your approval',
        proposal:
          'A proposal of terms for {partner} is outside of what its author may offer alone. It waits for your approval.',
        acceptance:
          'The acceptance of terms that {partner} proposed is outside of what its author may agree to alone. It waits for your approval.',
        until: until.en,
        link: 'See what waits',
      },
      id: {
        subject: '{program}: ketentuan untuk {partner} menunggu persetujuan Anda',
        proposal:
          'Usulan ketentuan untuk {partner} melampaui wewenang pengusulnya. Usulan itu menunggu persetujuan Anda.',
        acceptance:
          'Penerimaan ketentuan yang diusulkan {partner} melampaui wewenang pihak yang menerimanya. Penerimaan itu menunggu persetujuan Anda.',
        until: until.id,
        link: 'Lihat yang menunggu',
      },
      ar: {
        subject: '{program}: شروط {partner} تنتظر موافقتك',
        proposal: 'اقتراح الشروط لـ {partner} يتجاوز صلاحية من أعدّه، وهو ينتظر موافقتك.',
        acceptance: 'قبول الشروط التي اقترحها {partner} يتجاوز صلاحية من قبلها، وهو ينتظر موافقتك.',
        until: until.ar,
        link: 'اطّلع على ما ينتظر',
      },
    },
    values: ({ partner, ...facts }, wording) => ({ partner, ...deadlineOf(wording, facts) }),
    blocks: (facts: { move: 'proposal' | 'acceptance'; partner: string; link: string; answerBy?: Deadline }) => [
      facts.move,
      facts.answerBy !== undefined && 'until',
      { label: 'link', link: facts.link },
    ],
    examples: [
      { move: 'proposal', partner: 'Ada Perry', link },
      { move: 'acceptance', partner: 'Ada Perry', link, answerBy: deadline },
    ],
  }),
} as const;
