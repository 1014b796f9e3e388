import { mailTemplate } from './mail-template.js';

/** Mails about an agreement that is in force. */
export const agreementMails = {
  'partner-activated': mailTemplate({
    purpose: 'To the partner: active, in this tier where the terms have tiers; the signed contract is attached.',
    texts: {
      en: {
        subject: '{program}: you are active',
        opening: 'Your partnership in {program} is active: what you bring from now on counts.',
        tier: 'Your tier is {tier}.',
        attached: 'The signed contract is attached: keep your copy.',
      },
      id: {
        subject: '{program}: kemitraan Anda aktif',
        opening: 'Kemitraan Anda di {program} sudah aktif: hasil Anda mulai sekarang dihitung.',
        tier: 'Tingkat Anda adalah {tier}.',
        attached: 'Kontrak yang telah ditandatangani terlampir: simpanlah salinan Anda.',
      },
      ar: {
        subject: '{program}: شراكتك مفعّلة',
        opening: 'شراكتك في {program} مفعّلة: كل ما تحققه من الآن يُحتسب لك.',
        tier: 'مستواك هو {tier}.',
        attached: 'العقد الموقّع مرفق: احتفظ بنسختك.',
      },
    },
    values: ({ tier }) => ({ tier }),
    blocks: (facts: { tier?: string }) => ['opening', facts.tier !== undefined && 'tier', 'attached'],
    examples: [{ tier: 'bronze' }, {}],
  }),
} as const;
