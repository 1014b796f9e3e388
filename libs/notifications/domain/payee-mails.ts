import { mailTemplate } from './mail-template.js';

interface Payee {
  partner: string;
}

interface DetailsChange extends Payee {
  /** What has happened to the change. The details themselves are never told by mail. */
  stage: 'asked' | 'approved' | 'rejected' | 'withdrawn';
}

const partner = 'Ada Perry';

/** Mails about where a partner is paid to. */
export const payeeMails = {
  'payout-details-change': mailTemplate({
    purpose:
      'To the partner, at the address from before: its payout details are to change, or the change was decided on.',
    texts: {
      en: {
        subject: '{program}: the payout details of {partner}',
        asked: 'Somebody has asked to change where payments to {partner} go. Nothing is paid until this is decided.',
        approved: 'The payout details of {partner} were approved. A change waits for some time before it is used.',
        rejected: 'The payout details that were asked for {partner} were rejected: those from before stay.',
        withdrawn: 'The change of the payout details of {partner} was taken back: those from before stay.',
        warning: 'If you did not ask for this, take the change back or tell us at once.',
      },
      id: {
        subject: '{program}: data pembayaran {partner}',
        asked:
          'Ada permintaan untuk mengubah tujuan pembayaran kepada {partner}. Tidak ada yang dibayarkan sampai hal ini diputuskan.',
        approved: 'Data pembayaran {partner} telah disetujui. Perubahan menunggu beberapa waktu sebelum dipakai.',
        rejected: 'Data pembayaran yang diminta untuk {partner} ditolak: data sebelumnya tetap berlaku.',
        withdrawn: 'Perubahan data pembayaran {partner} ditarik kembali: data sebelumnya tetap berlaku.',
        warning: 'Jika bukan Anda yang memintanya, tarik kembali perubahan itu atau segera beri tahu kami.',
      },
      ar: {
        subject: '{program}: بيانات الدفع لـ {partner}',
        asked: 'طُلب تغيير الوجهة التي تُرسل إليها مدفوعات {partner}. لن يُدفع شيء حتى يُبتّ في الطلب.',
        approved: 'تمت الموافقة على بيانات الدفع لـ {partner}. ينتظر التغيير بعض الوقت قبل استخدامه.',
        rejected: 'رُفضت بيانات الدفع المطلوبة لـ {partner}، وتبقى البيانات السابقة.',
        withdrawn: 'سُحب تغيير بيانات الدفع لـ {partner}، وتبقى البيانات السابقة.',
        warning: 'إن لم تطلب ذلك فاسحب التغيير أو أبلغنا فورًا.',
      },
    },
    values: ({ partner: name }) => ({ partner: name }),
    blocks: ({ stage }: DetailsChange) => [stage, (stage === 'asked' || stage === 'approved') && 'warning'],
    examples: [
      { partner, stage: 'asked' },
      { partner, stage: 'approved' },
      { partner, stage: 'rejected' },
      { partner, stage: 'withdrawn' },
    ],
  }),

  'payout-details-waiting': mailTemplate({
    purpose: 'To finance: payout details of a partner wait for an approval.',
    texts: {
      en: {
        subject: '{program}: payout details of {partner} wait for approval',
        opening: 'The payout details of {partner} wait for an approval by somebody who did not enter them.',
      },
      id: {
        subject: '{program}: data pembayaran {partner} menunggu persetujuan',
        opening: 'Data pembayaran {partner} menunggu persetujuan dari orang yang tidak memasukkannya.',
      },
      ar: {
        subject: '{program}: بيانات الدفع لـ {partner} تنتظر الموافقة',
        opening: 'تنتظر بيانات الدفع لـ {partner} موافقة شخص لم يُدخلها.',
      },
    },
    values: ({ partner: name }) => ({ partner: name }),
    blocks: (_facts: Payee) => ['opening'],
    examples: [{ partner }],
  }),
} as const;
