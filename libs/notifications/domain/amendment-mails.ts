import { mailTemplate } from './mail-template.js';

/** Which change of which agreement a mail is about: both names, the zone that instants are told in, where it is read. */
export interface AmendmentFacts {
  company: string;
  partner: string;
  timeZone: string;
  link: string;
}

interface Proposed extends AmendmentFacts {
  proposedBy: 'company' | 'partner';
  /** The version of the agreement that would be replaced. */
  version: number;
  answerBy?: Date;
}

interface Noticed extends AmendmentFacts {
  at: Date;
  /** Until when the partner may object; absent where the program takes no objections. */
  objectBy?: Date;
}

interface InForce extends AmendmentFacts {
  version: number;
  at: Date;
}

interface Ended extends AmendmentFacts {
  why: 'withdrawn' | 'unchanged' | 'declined' | 'voided' | 'expired' | 'terminated' | 'ended';
}

const about: AmendmentFacts = {
  company: 'Crescent Records Ltd.',
  partner: 'Ada Perry',
  timeZone: 'Europe/Berlin',
  link: 'https://partners.example/v1/amendments/amd_1',
};
const at = new Date('2026-12-31T22:00:00Z');

const open = { en: 'Open the change', id: 'Buka perubahan', ar: 'افتح التعديل' } as const;
const linkTo = ({ link }: AmendmentFacts) => ({ label: 'link', link }) as const;

/** Mails about changes of an agreement in force. */
export const amendmentMails = {
  'amendment-proposed': mailTemplate({
    purpose: 'To either side: the other one proposes to change the agreement, which takes the consent of both.',
    texts: {
      en: {
        subject: '{program}: {proposer} proposes to change the agreement',
        opening: '{proposer} proposes new terms for the agreement in force (now version {version}).',
        stays:
          'Nothing changes unless both sides agree and sign. Read the terms, then accept them or propose your own.',
        until: 'An answer counts until {deadline}.',
        link: open.en,
      },
      id: {
        subject: '{program}: {proposer} mengusulkan perubahan perjanjian',
        opening: '{proposer} mengusulkan ketentuan baru untuk perjanjian yang berlaku (kini versi {version}).',
        stays:
          'Tidak ada yang berubah kecuali kedua pihak setuju dan menandatangani. Bacalah, lalu setujui atau ajukan usulan Anda.',
        until: 'Jawaban berlaku hingga {deadline}.',
        link: open.id,
      },
      ar: {
        subject: '{program}: {proposer} يقترح تعديل الاتفاقية',
        opening: 'يقترح {proposer} شروطًا جديدة للاتفاقية السارية (النسخة الحالية {version}).',
        stays: 'لا يتغير شيء ما لم يوافق الطرفان ويوقّعا. اقرأ الشروط، ثم اقبلها أو قدّم اقتراحك.',
        until: 'يُقبل الرد حتى {deadline}.',
        link: open.ar,
      },
    },
    values: (facts: Proposed, wording) => ({
      proposer: facts.proposedBy === 'company' ? facts.company : facts.partner,
      version: String(facts.version),
      deadline: facts.answerBy && wording.instant(facts.answerBy, facts.timeZone),
    }),
    blocks: (facts: Proposed) => ['opening', 'stays', facts.answerBy !== undefined && 'until', linkTo(facts)],
    examples: [
      { ...about, proposedBy: 'company', version: 1, answerBy: at },
      { ...about, proposedBy: 'partner', version: 3 },
    ],
  }),

  'change-notice': mailTemplate({
    purpose: 'To the partner, with the changes marked: terms change from a day on, without its consent being needed.',
    texts: {
      en: {
        subject: '{program}: notice that terms of your agreement change',
        opening: '{company} gives notice that terms of your agreement change. The new terms apply from {at}.',
        attached: 'The attached document marks what changes; the new terms are attached as a whole.',
        mayObject: 'If you do not agree, object before {by}: then nothing changes until both sides agree.',
        noObjection: 'Your consent is not needed for changes of this kind.',
        link: open.en,
      },
      id: {
        subject: '{program}: pemberitahuan perubahan ketentuan perjanjian Anda',
        opening: '{company} memberitahukan bahwa ketentuan perjanjian Anda berubah. Ketentuan baru berlaku mulai {at}.',
        attached: 'Dokumen terlampir menandai yang berubah; ketentuan baru dilampirkan seutuhnya.',
        mayObject:
          'Bila Anda tidak setuju, sampaikan keberatan sebelum {by}: maka tidak ada yang berubah sampai kedua pihak setuju.',
        noObjection: 'Perubahan seperti ini tidak memerlukan persetujuan Anda.',
        link: open.id,
      },
      ar: {
        subject: '{program}: إشعار بتغيير شروط اتفاقيتك',
        opening: 'تُشعرك {company} بتغيير شروط اتفاقيتك. تسري الشروط الجديدة من {at}.',
        attached: 'تبيّن الوثيقة المرفقة ما يتغير، والشروط الجديدة مرفقة كاملة.',
        mayObject: 'إذا لم توافق فاعترض قبل {by}، وعندئذ لا يتغير شيء حتى يتفق الطرفان.',
        noObjection: 'لا تحتاج تغييرات من هذا النوع إلى موافقتك.',
        link: open.ar,
      },
    },
    values: ({ company, at: from, objectBy, timeZone }: Noticed, wording) => ({
      company,
      at: wording.instant(from, timeZone),
      by: objectBy && wording.instant(objectBy, timeZone),
    }),
    blocks: (facts: Noticed) => [
      'opening',
      'attached',
      facts.objectBy === undefined ? 'noObjection' : 'mayObject',
      linkTo(facts),
    ],
    examples: [
      { ...about, at, objectBy: at },
      { ...about, at },
    ],
  }),

  'change-objected': mailTemplate({
    purpose: 'To the company: the partner objects to a change of which it got notice; it is negotiated now.',
    texts: {
      en: {
        subject: '{program}: {partner} objects to a change of terms',
        opening: '{partner} objects to the change of which it got notice.',
        now: 'The terms stay as they are. What was proposed is on the table now, and the next word is the partner’s.',
        link: open.en,
      },
      id: {
        subject: '{program}: {partner} keberatan atas perubahan ketentuan',
        opening: '{partner} keberatan atas perubahan yang telah diberitahukan.',
        now: 'Ketentuan tetap seperti semula. Usulan kini dirundingkan, dan giliran berikutnya ada pada mitra.',
        link: open.id,
      },
      ar: {
        subject: '{program}: {partner} يعترض على تغيير الشروط',
        opening: 'اعترض {partner} على التغيير الذي أُشعر به.',
        now: 'تبقى الشروط كما هي. والمقترح مطروح الآن للتفاوض، والكلمة التالية للشريك.',
        link: open.ar,
      },
    },
    values: ({ partner }: AmendmentFacts) => ({ partner }),
    blocks: (facts: AmendmentFacts) => ['opening', 'now', linkTo(facts)],
    examples: [about],
  }),

  'amendment-in-force': mailTemplate({
    purpose: 'To both sides: a new version of the agreement is settled, and from when it applies.',
    texts: {
      en: {
        subject: '{program}: new terms of the agreement with {partner}',
        opening: 'Version {version} of the agreement with {partner} is settled. Its terms apply from {at}.',
        before: 'What happened before that is paid by the terms before.',
        link: open.en,
      },
      id: {
        subject: '{program}: ketentuan baru perjanjian dengan {partner}',
        opening: 'Versi {version} perjanjian dengan {partner} telah disepakati. Ketentuannya berlaku mulai {at}.',
        before: 'Yang terjadi sebelum itu dibayar menurut ketentuan sebelumnya.',
        link: open.id,
      },
      ar: {
        subject: '{program}: شروط جديدة للاتفاقية مع {partner}',
        opening: 'استقرت النسخة {version} من الاتفاقية مع {partner}. تسري شروطها من {at}.',
        before: 'ما حدث قبل ذلك يُدفع بحسب الشروط السابقة.',
        link: open.ar,
      },
    },
    values: ({ partner, version, at: from, timeZone }: InForce, wording) => ({
      partner,
      version: String(version),
      at: wording.instant(from, timeZone),
    }),
    blocks: (facts: InForce) => ['opening', 'before', linkTo(facts)],
    examples: [{ ...about, version: 2, at }],
  }),

  'amendment-ended': mailTemplate({
    purpose: 'To both sides: a change of the agreement came to nothing, and why; the terms stay as they are.',
    texts: {
      en: {
        subject: '{program}: the terms of the agreement with {partner} stay as they are',
        withdrawn: 'The company has taken the change of which it gave notice back.',
        unchanged: 'Both sides have agreed on the terms that are in force already.',
        declined: 'The changed contract was not signed: a signer declined.',
        voided: 'The company has taken the changed contract back before it was signed by both sides.',
        expired: 'The changed contract was not signed by both sides in time.',
        terminated: 'Notice was given that ends the agreement, so the change that was on its way ends too.',
        ended: 'The agreement has ended before the change could apply.',
        stays: 'The terms of the agreement with {partner} that were in force before stay in force.',
        link: open.en,
      },
      id: {
        subject: '{program}: ketentuan perjanjian dengan {partner} tidak berubah',
        withdrawn: 'Perusahaan menarik kembali perubahan yang telah diberitahukannya.',
        unchanged: 'Kedua pihak menyepakati ketentuan yang memang sudah berlaku.',
        declined: 'Kontrak perubahan tidak ditandatangani: seorang penanda tangan menolak.',
        voided: 'Perusahaan menarik kembali kontrak perubahan sebelum ditandatangani kedua pihak.',
        expired: 'Kontrak perubahan tidak ditandatangani kedua pihak tepat waktu.',
        terminated:
          'Pemberitahuan pengakhiran perjanjian telah disampaikan, maka perubahan yang berjalan ikut berakhir.',
        ended: 'Perjanjian berakhir sebelum perubahan dapat berlaku.',
        stays: 'Ketentuan perjanjian dengan {partner} yang berlaku sebelumnya tetap berlaku.',
        link: open.id,
      },
      ar: {
        subject: '{program}: تبقى شروط الاتفاقية مع {partner} كما هي',
        withdrawn: 'سحبت الشركة التغيير الذي أشعرت به.',
        unchanged: 'اتفق الطرفان على الشروط السارية أصلًا.',
        declined: 'لم يُوقَّع العقد المعدّل: رفض أحد الموقّعين.',
        voided: 'سحبت الشركة العقد المعدّل قبل أن يوقّعه الطرفان.',
        expired: 'لم يوقّع الطرفان العقد المعدّل في الوقت المحدد.',
        terminated: 'قُدّم إشعار بإنهاء الاتفاقية، فانتهى معه التعديل الجاري.',
        ended: 'انتهت الاتفاقية قبل أن يسري التعديل.',
        stays: 'تبقى شروط الاتفاقية مع {partner} السارية من قبل سارية.',
        link: open.ar,
      },
    },
    values: ({ partner }: Ended) => ({ partner }),
    blocks: (facts: Ended) => [facts.why, 'stays', linkTo(facts)],
    examples: [
      { ...about, why: 'withdrawn' },
      { ...about, why: 'unchanged' },
      { ...about, why: 'declined' },
      { ...about, why: 'voided' },
      { ...about, why: 'expired' },
      { ...about, why: 'terminated' },
      { ...about, why: 'ended' },
    ],
  }),
} as const;
