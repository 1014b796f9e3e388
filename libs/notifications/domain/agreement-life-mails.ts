import { mailTemplate } from './mail-template.js';
import type { MailWording } from './mail-wording.js';

/** Which agreement a mail is about: its partner's name, the zone that instants are told in, and where it is read. */
export interface AgreementFacts {
  partner: string;
  timeZone: string;
  link: string;
}

type Side = 'company' | 'partner';

interface Notice extends AgreementFacts {
  outcome: 'renews' | 'ends' | 'awaits_consent';
  at: Date;
  /** Until when notice can be given for that; absent once that is over. */
  lastNoticeAt?: Date;
}

interface Term extends AgreementFacts {
  from: Date;
  until: Date;
}

interface Offer extends Term {
  recipient: Side;
}

interface Declined extends AgreementFacts {
  side: Side;
  at: Date;
}

interface Termination extends AgreementFacts {
  side: Side;
  kind: 'ordinary' | 'for_cause';
  at: Date;
}

interface TakenBack extends AgreementFacts {
  side: Side;
  /** When the agreement ends by its terms; absent where they renew it. */
  at?: Date;
}

interface Ended extends AgreementFacts {
  at: Date;
  cause: 'term' | 'no_consent' | 'notice' | 'for_cause';
}

const about: AgreementFacts = {
  partner: 'Ada Perry',
  timeZone: 'Europe/Berlin',
  link: 'https://partners.example/v1/agreements/agr_1',
};
const at = new Date('2026-12-31T22:00:00Z');
const until = new Date('2027-12-31T22:00:00Z');

const open = { en: 'Open the agreement', id: 'Buka perjanjian', ar: 'افتح الاتفاقية' } as const;
const linkTo = ({ link }: AgreementFacts) => ({ label: 'link', link }) as const;
const instants = (facts: AgreementFacts, wording: MailWording, times: Readonly<Record<string, Date | undefined>>) => ({
  partner: facts.partner,
  ...Object.fromEntries(
    Object.entries(times).map(([name, time]) => [name, time && wording.instant(time, facts.timeZone)]),
  ),
});

/** Mails about the terms of an agreement in force, and about its end. */
export const agreementLifeMails = {
  'agreement-notice': mailTemplate({
    purpose: 'To both sides, some time before: the agreement will renew itself or end.',
    texts: {
      en: {
        subject: '{program}: the term of the agreement with {partner} ends soon',
        renews: 'The agreement with {partner} renews itself for another term on {at}.',
        lastNotice: 'Notice that ends it then can be given until {lastNotice}.',
        ends: 'The agreement with {partner} ends on {at}.',
        awaitsConsent:
          'The agreement with {partner} ends on {at} unless the partner agrees before to the renewal that is offered.',
        link: open.en,
      },
      id: {
        subject: '{program}: masa perjanjian dengan {partner} segera berakhir',
        renews: 'Perjanjian dengan {partner} diperpanjang otomatis untuk satu masa lagi pada {at}.',
        lastNotice: 'Pemberitahuan untuk mengakhirinya saat itu dapat disampaikan hingga {lastNotice}.',
        ends: 'Perjanjian dengan {partner} berakhir pada {at}.',
        awaitsConsent:
          'Perjanjian dengan {partner} berakhir pada {at}, kecuali mitra menyetujui perpanjangan yang ditawarkan sebelum itu.',
        link: open.id,
      },
      ar: {
        subject: '{program}: مدة الاتفاقية مع {partner} تنتهي قريبًا',
        renews: 'تتجدد الاتفاقية مع {partner} تلقائيًا لمدة أخرى في {at}.',
        lastNotice: 'يمكن تقديم إشعار بإنهائها في ذلك الموعد حتى {lastNotice}.',
        ends: 'تنتهي الاتفاقية مع {partner} في {at}.',
        awaitsConsent: 'تنتهي الاتفاقية مع {partner} في {at} ما لم يوافق الشريك قبل ذلك على التجديد المعروض.',
        link: open.ar,
      },
    },
    values: (facts: Notice, wording) => instants(facts, wording, { at: facts.at, lastNotice: facts.lastNoticeAt }),
    blocks: (facts: Notice) => [
      facts.outcome === 'awaits_consent' ? 'awaitsConsent' : facts.outcome,
      facts.lastNoticeAt !== undefined && 'lastNotice',
      linkTo(facts),
    ],
    examples: [
      { ...about, outcome: 'renews', at, lastNoticeAt: new Date('2026-12-01T22:00:00Z') },
      { ...about, outcome: 'ends', at },
      { ...about, outcome: 'awaits_consent', at },
    ],
  }),

  'agreement-renewed': mailTemplate({
    purpose: 'To both sides: the agreement goes on for another term.',
    texts: {
      en: {
        subject: '{program}: the agreement with {partner} is renewed',
        opening: 'The agreement with {partner} is renewed on the same terms, from {from} until {until}.',
        link: open.en,
      },
      id: {
        subject: '{program}: perjanjian dengan {partner} diperpanjang',
        opening: 'Perjanjian dengan {partner} diperpanjang dengan ketentuan yang sama, dari {from} hingga {until}.',
        link: open.id,
      },
      ar: {
        subject: '{program}: تم تجديد الاتفاقية مع {partner}',
        opening: 'جُدّدت الاتفاقية مع {partner} بالشروط نفسها، من {from} حتى {until}.',
        link: open.ar,
      },
    },
    values: (facts: Term, wording) => instants(facts, wording, { from: facts.from, until: facts.until }),
    blocks: (facts: Term) => ['opening', linkTo(facts)],
    examples: [{ ...about, from: at, until }],
  }),

  'agreement-renewal-offered': mailTemplate({
    purpose: 'To the partner: another term is offered and needs its consent; to the company: it was offered.',
    texts: {
      en: {
        subject: '{program}: renewal of the agreement with {partner}',
        opening: 'The agreement with {partner} can be renewed on the same terms, from {from} until {until}.',
        toPartner: 'It is renewed only if you agree before it ends. If you do not, it ends then.',
        toCompany: 'The partner has been asked for its consent. Until it agrees, the offer can be taken back.',
        link: 'Read the terms',
      },
      id: {
        subject: '{program}: perpanjangan perjanjian dengan {partner}',
        opening:
          'Perjanjian dengan {partner} dapat diperpanjang dengan ketentuan yang sama, dari {from} hingga {until}.',
        toPartner:
          'Perjanjian hanya diperpanjang bila Anda setuju sebelum masanya berakhir. Bila tidak, perjanjian berakhir saat itu.',
        toCompany: 'Mitra telah dimintai persetujuan. Selama mitra belum setuju, tawaran dapat ditarik kembali.',
        link: 'Baca ketentuan',
      },
      ar: {
        subject: '{program}: تجديد الاتفاقية مع {partner}',
        opening: 'يمكن تجديد الاتفاقية مع {partner} بالشروط نفسها، من {from} حتى {until}.',
        toPartner: 'لا تُجدَّد إلا إذا وافقت قبل انتهائها، وإلا فإنها تنتهي في ذلك الموعد.',
        toCompany: 'طُلبت موافقة الشريك. ويمكن سحب العرض ما لم يوافق عليه.',
        link: 'اقرأ الشروط',
      },
    },
    values: (facts: Offer, wording) => instants(facts, wording, { from: facts.from, until: facts.until }),
    blocks: (facts: Offer) => ['opening', facts.recipient === 'partner' ? 'toPartner' : 'toCompany', linkTo(facts)],
    examples: [
      { ...about, recipient: 'partner', from: at, until },
      { ...about, recipient: 'company', from: at, until },
    ],
  }),

  'agreement-renewal-declined': mailTemplate({
    purpose: 'To both sides: the agreement is not renewed.',
    texts: {
      en: {
        subject: '{program}: the agreement with {partner} is not renewed',
        byPartner: '{partner} does not agree to the renewal: the agreement ends on {at}.',
        byCompany: 'The offer to renew the agreement with {partner} was taken back: it ends on {at}.',
        link: open.en,
      },
      id: {
        subject: '{program}: perjanjian dengan {partner} tidak diperpanjang',
        byPartner: '{partner} tidak menyetujui perpanjangan: perjanjian berakhir pada {at}.',
        byCompany: 'Tawaran perpanjangan perjanjian dengan {partner} ditarik kembali: perjanjian berakhir pada {at}.',
        link: open.id,
      },
      ar: {
        subject: '{program}: لن تُجدَّد الاتفاقية مع {partner}',
        byPartner: 'لم يوافق {partner} على التجديد: تنتهي الاتفاقية في {at}.',
        byCompany: 'سُحب عرض تجديد الاتفاقية مع {partner}: تنتهي الاتفاقية في {at}.',
        link: open.ar,
      },
    },
    values: (facts: Declined, wording) => instants(facts, wording, { at: facts.at }),
    blocks: (facts: Declined) => [facts.side === 'partner' ? 'byPartner' : 'byCompany', linkTo(facts)],
    examples: [
      { ...about, side: 'partner', at },
      { ...about, side: 'company', at },
    ],
  }),

  'agreement-termination-given': mailTemplate({
    purpose: 'To both sides: notice was given, and when the agreement ends by it.',
    texts: {
      en: {
        subject: '{program}: notice to end the agreement with {partner}',
        byPartner: '{partner} has given notice: the agreement ends on {at}.',
        byCompany: 'The company has given notice to {partner}: the agreement ends on {at}.',
        forCause: 'The company has ended the agreement with {partner} for cause, on {at}.',
        earned: 'What is earned before that is still paid.',
        link: open.en,
      },
      id: {
        subject: '{program}: pemberitahuan pengakhiran perjanjian dengan {partner}',
        byPartner: '{partner} menyampaikan pemberitahuan: perjanjian berakhir pada {at}.',
        byCompany: 'Perusahaan menyampaikan pemberitahuan kepada {partner}: perjanjian berakhir pada {at}.',
        forCause: 'Perusahaan mengakhiri perjanjian dengan {partner} karena alasan penting, pada {at}.',
        earned: 'Yang diperoleh sebelum itu tetap dibayarkan.',
        link: open.id,
      },
      ar: {
        subject: '{program}: إشعار بإنهاء الاتفاقية مع {partner}',
        byPartner: 'قدّم {partner} إشعارًا بالإنهاء: تنتهي الاتفاقية في {at}.',
        byCompany: 'قدّمت الشركة إلى {partner} إشعارًا بالإنهاء: تنتهي الاتفاقية في {at}.',
        forCause: 'أنهت الشركة الاتفاقية مع {partner} لسبب موجب، في {at}.',
        earned: 'يبقى ما كُسب قبل ذلك مستحق الدفع.',
        link: open.ar,
      },
    },
    values: (facts: Termination, wording) => instants(facts, wording, { at: facts.at }),
    blocks: (facts: Termination) => {
      const by = facts.side === 'partner' ? 'byPartner' : 'byCompany';
      return [facts.kind === 'for_cause' ? 'forCause' : by, 'earned', linkTo(facts)];
    },
    examples: [
      { ...about, side: 'partner', kind: 'ordinary', at },
      { ...about, side: 'company', kind: 'ordinary', at },
      { ...about, side: 'company', kind: 'for_cause', at },
    ],
  }),

  'agreement-termination-taken-back': mailTemplate({
    purpose: 'To both sides: notice was taken back before it took effect.',
    texts: {
      en: {
        subject: '{program}: notice to {partner} or from it was taken back',
        byPartner: '{partner} has taken its notice back: the agreement goes on.',
        byCompany: 'The company has taken back its notice to {partner}: the agreement goes on.',
        until: 'As things stand, it ends on {at}.',
        link: open.en,
      },
      id: {
        subject: '{program}: pemberitahuan kepada atau dari {partner} ditarik kembali',
        byPartner: '{partner} menarik kembali pemberitahuannya: perjanjian berlanjut.',
        byCompany: 'Perusahaan menarik kembali pemberitahuannya kepada {partner}: perjanjian berlanjut.',
        until: 'Menurut keadaan saat ini, perjanjian berakhir pada {at}.',
        link: open.id,
      },
      ar: {
        subject: '{program}: سُحب إشعار إنهاء الاتفاقية مع {partner}',
        byPartner: 'سحب {partner} إشعاره: تستمر الاتفاقية.',
        byCompany: 'سحبت الشركة إشعارها إلى {partner}: تستمر الاتفاقية.',
        until: 'وهي تنتهي بحسب الوضع الحالي في {at}.',
        link: open.ar,
      },
    },
    values: (facts: TakenBack, wording) => instants(facts, wording, { at: facts.at }),
    blocks: (facts: TakenBack) => [
      facts.side === 'partner' ? 'byPartner' : 'byCompany',
      facts.at !== undefined && 'until',
      linkTo(facts),
    ],
    examples: [
      { ...about, side: 'partner', at },
      { ...about, side: 'company' },
    ],
  }),

  'agreement-ended': mailTemplate({
    purpose: 'To both sides: the agreement has ended, and why.',
    texts: {
      en: {
        subject: '{program}: the agreement with {partner} has ended',
        term: 'The agreement with {partner} ended with its term, on {at}.',
        noConsent: 'The agreement with {partner} ended with its term, on {at}: its renewal was not agreed on.',
        notice: 'The agreement with {partner} ended by notice, on {at}.',
        forCause: 'The agreement with {partner} was ended for cause, on {at}.',
        earned: 'What happens from then on earns nothing. What was earned before is still paid.',
        link: open.en,
      },
      id: {
        subject: '{program}: perjanjian dengan {partner} telah berakhir',
        term: 'Perjanjian dengan {partner} berakhir bersama masanya, pada {at}.',
        noConsent: 'Perjanjian dengan {partner} berakhir bersama masanya, pada {at}: perpanjangannya tidak disepakati.',
        notice: 'Perjanjian dengan {partner} berakhir karena pemberitahuan, pada {at}.',
        forCause: 'Perjanjian dengan {partner} diakhiri karena alasan penting, pada {at}.',
        earned: 'Yang terjadi sejak saat itu tidak menghasilkan apa pun. Yang diperoleh sebelumnya tetap dibayarkan.',
        link: open.id,
      },
      ar: {
        subject: '{program}: انتهت الاتفاقية مع {partner}',
        term: 'انتهت الاتفاقية مع {partner} بانتهاء مدتها في {at}.',
        noConsent: 'انتهت الاتفاقية مع {partner} بانتهاء مدتها في {at}: لم يُتفق على تجديدها.',
        notice: 'انتهت الاتفاقية مع {partner} بموجب إشعار في {at}.',
        forCause: 'أُنهيت الاتفاقية مع {partner} لسبب موجب في {at}.',
        earned: 'ما يحدث بعد ذلك لا يُكسب شيئًا، ويبقى ما كُسب قبله مستحق الدفع.',
        link: open.ar,
      },
    },
    values: (facts: Ended, wording) => instants(facts, wording, { at: facts.at }),
    blocks: (facts: Ended) => {
      const causes = { term: 'term', no_consent: 'noConsent', notice: 'notice', for_cause: 'forCause' } as const;
      return [causes[facts.cause], 'earned', linkTo(facts)];
    },
    examples: [
      { ...about, at, cause: 'term' },
      { ...about, at, cause: 'no_consent' },
      { ...about, at, cause: 'notice' },
      { ...about, at, cause: 'for_cause' },
    ],
  }),

  'agreement-checkpoint': mailTemplate({
    purpose: 'To the partner manager: obligations of the partner are to be checked.',
    texts: {
      en: {
        subject: '{program}: obligations of {partner} to be checked',
        opening: 'It is time to check whether {partner} keeps these obligations: {obligations}.',
        link: open.en,
      },
      id: {
        subject: '{program}: kewajiban {partner} perlu diperiksa',
        opening: 'Sudah waktunya memeriksa apakah {partner} memenuhi kewajiban ini: {obligations}.',
        link: open.id,
      },
      ar: {
        subject: '{program}: التزامات {partner} بحاجة إلى مراجعة',
        opening: 'حان وقت التحقق من وفاء {partner} بهذه الالتزامات: {obligations}.',
        link: open.ar,
      },
    },
    values: ({ partner, obligations }) => ({ partner, obligations }),
    blocks: (facts: AgreementFacts & { obligations: string }) => ['opening', linkTo(facts)],
    examples: [{ ...about, obligations: 'disclosure, monthly-report' }],
  }),
} as const;
