import { changeOf, type ChangedAgreement } from './change-sentence.js';
import { mailTemplate } from './mail-template.js';
import type { MailWording } from './mail-wording.js';

/** A request to sign, and what a reminder repeats of it: the link, and until when (IANA zone) it can be used. */
interface SignatureRequest extends Partial<ChangedAgreement> {
  link: string;
  expiresAt: Date;
  timeZone: string;
}

interface EndedEnvelope {
  reason?: string;
}

const request: SignatureRequest = {
  link: 'https://partners.example/v1/signing/t',
  expiresAt: new Date('2026-03-31T22:00:00Z'),
  timeZone: 'Europe/Berlin',
};
const requests: readonly [SignatureRequest, SignatureRequest] = [request, { ...request, changedVersion: 2 }];
const asked = ({ expiresAt, timeZone, changedVersion }: SignatureRequest, wording: MailWording) => ({
  expiry: wording.instant(expiresAt, timeZone),
  version: changedVersion?.toString(),
});
const askBlocks = (facts: SignatureRequest) =>
  ['opening', facts.changedVersion !== undefined && 'change', { label: 'link', link: facts.link }, 'until'] as const;
const reasonOf = ({ reason }: EndedEnvelope) => ({ reason });
const endBlocks = (facts: EndedEnvelope) => ['opening', facts.reason !== undefined && 'reason'] as const;
const ends: readonly [EndedEnvelope, EndedEnvelope] = [{ reason: 'The rate is wrong.' }, {}];

const reason = { en: 'The reason: {reason}', id: 'Alasannya: {reason}', ar: 'السبب: {reason}' } as const;

/** Mails about an envelope: the requests to sign it, and its end without a contract. */
export const signatureMails = {
  'signature-requested': mailTemplate({
    purpose: 'To a signer: the contract is ready. The link is personal: whoever has it can sign.',
    texts: {
      en: {
        subject: '{program}: please sign the partner agreement',
        opening: 'The partner agreement is ready for your signature.',
        change: changeOf.en,
        link: 'Read and sign',
        until: 'You can sign until {expiry}. The link is yours alone: do not pass it on.',
      },
      id: {
        subject: '{program}: mohon tanda tangani perjanjian kemitraan',
        opening: 'Perjanjian kemitraan siap Anda tanda tangani.',
        change: changeOf.id,
        link: 'Baca dan tanda tangani',
        until: 'Anda dapat menandatangani hingga {expiry}. Tautan ini hanya untuk Anda: jangan diteruskan.',
      },
      ar: {
        subject: '{program}: يرجى توقيع اتفاقية الشراكة',
        opening: 'اتفاقية الشراكة جاهزة لتوقيعك.',
        change: changeOf.ar,
        link: 'اقرأ ووقّع',
        until: 'يمكنك التوقيع حتى {expiry}. هذا الرابط لك وحدك: لا تشاركه مع أحد.',
      },
    },
    values: asked,
    blocks: askBlocks,
    examples: requests,
  }),

  'signature-reminder': mailTemplate({
    purpose: 'To a signer who has not signed yet.',
    texts: {
      en: {
        subject: '{program}: reminder to sign the partner agreement',
        opening: 'The partner agreement still waits for your signature.',
        change: changeOf.en,
        link: 'Read and sign',
        until: 'The request expires on {expiry}.',
      },
      id: {
        subject: '{program}: pengingat untuk menandatangani perjanjian kemitraan',
        opening: 'Perjanjian kemitraan masih menunggu tanda tangan Anda.',
        change: changeOf.id,
        link: 'Baca dan tanda tangani',
        until: 'Permintaan ini berakhir pada {expiry}.',
      },
      ar: {
        subject: '{program}: تذكير بتوقيع اتفاقية الشراكة',
        opening: 'ما زالت اتفاقية الشراكة بانتظار توقيعك.',
        change: changeOf.ar,
        link: 'اقرأ ووقّع',
        until: 'تنتهي صلاحية الطلب في {expiry}.',
      },
    },
    values: asked,
    blocks: askBlocks,
    examples: requests,
  }),

  'countersignature-requested': mailTemplate({
    purpose: 'To the company: the partner has signed, the countersignature is missing.',
    texts: {
      en: {
        subject: '{program}: please countersign the partner agreement',
        opening: 'The partner has signed the partner agreement. It is concluded once it is countersigned.',
        change: changeOf.en,
        link: 'Open the envelope',
        until: 'The envelope expires on {expiry}.',
      },
      id: {
        subject: '{program}: mohon tanda tangani balik perjanjian kemitraan',
        opening: 'Mitra telah menandatangani perjanjian kemitraan. Perjanjian sah setelah Anda tanda tangani balik.',
        change: changeOf.id,
        link: 'Buka amplop',
        until: 'Amplop ini berakhir pada {expiry}.',
      },
      ar: {
        subject: '{program}: يرجى التوقيع المقابل على اتفاقية الشراكة',
        opening: 'وقّع الشريك اتفاقية الشراكة، وتنعقد بعد التوقيع المقابل عليها.',
        change: changeOf.ar,
        link: 'افتح المغلّف',
        until: 'تنتهي صلاحية المغلّف في {expiry}.',
      },
    },
    values: asked,
    blocks: askBlocks,
    examples: requests,
  }),

  'countersignature-reminder': mailTemplate({
    purpose: 'To the company: the countersignature is still missing.',
    texts: {
      en: {
        subject: '{program}: reminder to countersign the partner agreement',
        opening: 'The partner has signed the partner agreement. It is concluded once it is countersigned.',
        change: changeOf.en,
        link: 'Open the envelope',
        until: 'The envelope expires on {expiry}.',
      },
      id: {
        subject: '{program}: pengingat untuk menandatangani balik perjanjian kemitraan',
        opening: 'Mitra telah menandatangani perjanjian kemitraan. Perjanjian sah setelah Anda tanda tangani balik.',
        change: changeOf.id,
        link: 'Buka amplop',
        until: 'Amplop ini berakhir pada {expiry}.',
      },
      ar: {
        subject: '{program}: تذكير بالتوقيع المقابل على اتفاقية الشراكة',
        opening: 'وقّع الشريك اتفاقية الشراكة، وتنعقد بعد التوقيع المقابل عليها.',
        change: changeOf.ar,
        link: 'افتح المغلّف',
        until: 'تنتهي صلاحية المغلّف في {expiry}.',
      },
    },
    values: asked,
    blocks: askBlocks,
    examples: requests,
  }),

  'envelope-declined': mailTemplate({
    purpose: 'To the company: the partner has declined to sign.',
    texts: {
      en: {
        subject: '{program}: the partner agreement was not signed (declined)',
        opening:
          'The signature of the partner agreement was declined. This contract has no effect, and links to it no longer work.',
        reason: reason.en,
      },
      id: {
        subject: '{program}: perjanjian kemitraan tidak ditandatangani (ditolak)',
        opening:
          'Penandatanganan perjanjian kemitraan ditolak. Kontrak ini tidak berlaku, dan tautannya tidak berfungsi lagi.',
        reason: reason.id,
      },
      ar: {
        subject: '{program}: لم تُوقَّع اتفاقية الشراكة (رُفضت)',
        opening: 'رُفض توقيع اتفاقية الشراكة. هذا العقد غير سارٍ، وروابطه لم تعد تعمل.',
        reason: reason.ar,
      },
    },
    values: reasonOf,
    blocks: endBlocks,
    examples: ends,
  }),

  'envelope-voided': mailTemplate({
    purpose: 'To the signer: the company has taken the contract back.',
    texts: {
      en: {
        subject: '{program}: the partner agreement was not signed (voided)',
        opening:
          'The partner agreement was taken back before it was fully signed. This contract has no effect, and links to it no longer work.',
        reason: reason.en,
      },
      id: {
        subject: '{program}: perjanjian kemitraan tidak ditandatangani (dibatalkan)',
        opening:
          'Perjanjian kemitraan ditarik kembali sebelum ditandatangani lengkap. Kontrak ini tidak berlaku, dan tautannya tidak berfungsi lagi.',
        reason: reason.id,
      },
      ar: {
        subject: '{program}: لم تُوقَّع اتفاقية الشراكة (أُلغيت)',
        opening: 'سُحبت اتفاقية الشراكة قبل اكتمال توقيعها. هذا العقد غير سارٍ، وروابطه لم تعد تعمل.',
        reason: reason.ar,
      },
    },
    values: reasonOf,
    blocks: endBlocks,
    examples: ends,
  }),

  'envelope-expired': mailTemplate({
    purpose: 'To the signer: the time to sign has passed.',
    texts: {
      en: {
        subject: '{program}: the partner agreement was not signed (expired)',
        opening:
          'The time to sign the partner agreement has passed. This contract has no effect, and links to it no longer work.',
        reason: reason.en,
      },
      id: {
        subject: '{program}: perjanjian kemitraan tidak ditandatangani (kedaluwarsa)',
        opening:
          'Waktu untuk menandatangani perjanjian kemitraan telah lewat. Kontrak ini tidak berlaku, dan tautannya tidak berfungsi lagi.',
        reason: reason.id,
      },
      ar: {
        subject: '{program}: لم تُوقَّع اتفاقية الشراكة (انتهت المهلة)',
        opening: 'انقضت مهلة توقيع اتفاقية الشراكة. هذا العقد غير سارٍ، وروابطه لم تعد تعمل.',
        reason: reason.ar,
      },
    },
    values: reasonOf,
    blocks: endBlocks,
    examples: ends,
  }),
} as const;
