import { changeOf, type ChangedAgreement } from './change-sentence.js';
import { mailTemplate } from './mail-template.js';
import type { MailWording } from './mail-wording.js';

/** Something with a deadline (told in an IANA zone) and a page where it is dealt with. */
interface Deadline {
  link: string;
  at: Date;
  timeZone: string;
}

interface AboutSigner {
  signer: string;
  link: string;
}

const deadline: Deadline = {
  link: 'https://partners.example/v1/envelopes/env_1',
  at: new Date('2026-03-31T22:00:00Z'),
  timeZone: 'Europe/Berlin',
};
const aboutSigner: AboutSigner = { signer: 'Dewi Lestari', link: deadline.link };
const when = ({ at, timeZone }: Deadline, wording: MailWording) => ({ deadline: wording.instant(at, timeZone) });
const whenBlocks = (facts: Deadline) => ['opening', { label: 'link', link: facts.link }] as const;
const nameOf = ({ signer }: AboutSigner) => ({ signer });
const signerBlocks = (facts: AboutSigner) => ['opening', { label: 'link', link: facts.link }] as const;
const open = { en: 'Open the envelope', id: 'Buka amplop', ar: 'افتح المغلّف' } as const;
const read = { en: 'Read and sign', id: 'Baca dan tanda tangani', ar: 'اقرأ ووقّع' } as const;

/** Mails about what happens to an envelope between its sending and its end. */
export const envelopeMails = {
  'signing-code': mailTemplate({
    purpose: 'To a signer: the one-time code that proves who it is.',
    texts: {
      en: {
        subject: '{program}: your code to open the contract',
        opening: 'Your code is {code}. It is good for {minutes} minutes, and once.',
        warning: 'If you did not ask for it, somebody else has your link: tell us.',
      },
      id: {
        subject: '{program}: kode Anda untuk membuka kontrak',
        opening: 'Kode Anda adalah {code}. Kode ini berlaku {minutes} menit, dan hanya sekali.',
        warning: 'Jika Anda tidak memintanya, ada orang lain yang memegang tautan Anda: beri tahu kami.',
      },
      ar: {
        subject: '{program}: رمزك لفتح العقد',
        opening: 'رمزك هو {code}. يصلح لمدة {minutes} دقيقة ولمرة واحدة.',
        warning: 'إن لم تطلبه فقد يكون رابطك لدى شخص آخر: أخبرنا.',
      },
    },
    values: (facts: { code: string; minutes: number }) => ({ code: facts.code, minutes: String(facts.minutes) }),
    blocks: () => ['opening', 'warning'],
    examples: [{ code: '012345', minutes: 10 }],
  }),

  'signature-expiring': mailTemplate({
    purpose: 'To a signer who has still to sign: the time is nearly over.',
    texts: {
      en: {
        subject: '{program}: the time to sign is nearly over',
        opening: 'The partner agreement can be signed until {deadline}. After that it can no longer be signed.',
        link: read.en,
      },
      id: {
        subject: '{program}: waktu untuk menandatangani hampir habis',
        opening: 'Perjanjian kemitraan dapat ditandatangani hingga {deadline}. Setelah itu tidak dapat lagi.',
        link: read.id,
      },
      ar: {
        subject: '{program}: مهلة التوقيع توشك أن تنتهي',
        opening: 'يمكن توقيع اتفاقية الشراكة حتى {deadline}، ولا يمكن توقيعها بعد ذلك.',
        link: read.ar,
      },
    },
    values: when,
    blocks: whenBlocks,
    examples: [deadline],
  }),

  'countersignature-expiring': mailTemplate({
    purpose: 'To who has still to countersign: the time is nearly over.',
    texts: {
      en: {
        subject: '{program}: the time to countersign is nearly over',
        opening: 'The partner has signed. The envelope expires on {deadline} unless it is countersigned before.',
        link: open.en,
      },
      id: {
        subject: '{program}: waktu untuk menandatangani balik hampir habis',
        opening: 'Mitra telah menandatangani. Amplop berakhir pada {deadline} jika belum ditandatangani balik.',
        link: open.id,
      },
      ar: {
        subject: '{program}: مهلة التوقيع المقابل توشك أن تنتهي',
        opening: 'وقّع الشريك. تنتهي صلاحية المغلّف في {deadline} ما لم يُوقَّع توقيعًا مقابلًا قبل ذلك.',
        link: open.ar,
      },
    },
    values: when,
    blocks: whenBlocks,
    examples: [deadline],
  }),

  'countersignature-overdue': mailTemplate({
    purpose: 'To whom the program names: the countersignature is overdue.',
    texts: {
      en: {
        subject: '{program}: a countersignature is overdue',
        opening: 'The partner has signed, and the countersignature was due on {deadline}.',
        link: open.en,
      },
      id: {
        subject: '{program}: tanda tangan balik terlambat',
        opening: 'Mitra telah menandatangani, dan tanda tangan balik jatuh tempo pada {deadline}.',
        link: open.id,
      },
      ar: {
        subject: '{program}: التوقيع المقابل متأخر',
        opening: 'وقّع الشريك، وكان التوقيع المقابل مستحقًا في {deadline}.',
        link: open.ar,
      },
    },
    values: when,
    blocks: whenBlocks,
    examples: [deadline],
  }),

  'envelope-extended': mailTemplate({
    purpose: 'To those who sign: there is more time.',
    texts: {
      en: {
        subject: '{program}: there is more time to sign the partner agreement',
        opening: 'The partner agreement can now be signed until {deadline}.',
      },
      id: {
        subject: '{program}: waktu menandatangani perjanjian kemitraan diperpanjang',
        opening: 'Perjanjian kemitraan kini dapat ditandatangani hingga {deadline}.',
      },
      ar: {
        subject: '{program}: مُدِّدت مهلة توقيع اتفاقية الشراكة',
        opening: 'يمكن الآن توقيع اتفاقية الشراكة حتى {deadline}.',
      },
    },
    values: when,
    blocks: () => ['opening'],
    examples: [deadline],
  }),

  'envelope-superseded': mailTemplate({
    purpose: 'To those who were asked to sign: a corrected contract takes the place of the one they have.',
    texts: {
      en: {
        subject: '{program}: a corrected partner agreement follows',
        opening:
          'What the partner agreement said of a signer was wrong. A corrected one follows; this one is not to be signed.',
      },
      id: {
        subject: '{program}: perjanjian kemitraan yang dikoreksi menyusul',
        opening:
          'Keterangan penanda tangan dalam perjanjian kemitraan keliru. Yang dikoreksi menyusul; yang ini tidak perlu ditandatangani.',
      },
      ar: {
        subject: '{program}: ستصلك اتفاقية شراكة مصححة',
        opening: 'كانت بيانات أحد الموقّعين في اتفاقية الشراكة خاطئة. ستصلك نسخة مصححة، ولا توقَّع هذه.',
      },
    },
    values: () => ({}),
    blocks: (_facts: Record<string, never>) => ['opening'],
    examples: [{}],
  }),

  'signature-bounced': mailTemplate({
    purpose: 'To legal: the mail to a signer came back.',
    texts: {
      en: {
        subject: '{program}: a request to sign did not arrive',
        opening: 'The mail to {signer} came back. Reminders are paused until the address is corrected.',
        link: open.en,
      },
      id: {
        subject: '{program}: permintaan tanda tangan tidak sampai',
        opening: 'Surel kepada {signer} kembali. Pengingat dihentikan sampai alamatnya dikoreksi.',
        link: open.id,
      },
      ar: {
        subject: '{program}: لم يصل طلب التوقيع',
        opening: 'ارتدّت الرسالة إلى {signer}. التذكيرات متوقفة حتى يُصحَّح العنوان.',
        link: open.ar,
      },
    },
    values: nameOf,
    blocks: signerBlocks,
    examples: [aboutSigner],
  }),

  'signer-locked': mailTemplate({
    purpose: 'To legal: a signer gave too many wrong codes.',
    texts: {
      en: {
        subject: '{program}: a signer is locked out',
        opening:
          '{signer} gave too many wrong codes and can no longer open the contract. Find out why before you unlock it.',
        link: open.en,
      },
      id: {
        subject: '{program}: seorang penanda tangan terkunci',
        opening:
          '{signer} terlalu sering memasukkan kode yang salah dan tidak dapat lagi membuka kontrak. Cari tahu sebabnya sebelum membukanya.',
        link: open.id,
      },
      ar: {
        subject: '{program}: مُنع أحد الموقّعين من الدخول',
        opening: 'أدخل {signer} رموزًا خاطئة كثيرة ولم يعد بإمكانه فتح العقد. اعرف السبب قبل السماح له من جديد.',
        link: open.ar,
      },
    },
    values: nameOf,
    blocks: signerBlocks,
    examples: [aboutSigner],
  }),

  'seal-blocked': mailTemplate({
    purpose: 'To legal: a contract cannot be sealed.',
    texts: {
      en: {
        subject: '{program}: a contract cannot be sealed',
        key: 'The key for electronic seals is missing or has expired. The contract goes on by itself once there is one.',
        check: 'A sealed contract does not pass its check. It is held back until you have it tried again.',
        link: open.en,
      },
      id: {
        subject: '{program}: kontrak tidak dapat disegel',
        key: 'Kunci segel elektronik tidak ada atau sudah kedaluwarsa. Kontrak berlanjut sendiri setelah kunci tersedia.',
        check: 'Kontrak yang disegel tidak lolos pemeriksaan. Kontrak ditahan sampai Anda meminta untuk dicoba lagi.',
        link: open.id,
      },
      ar: {
        subject: '{program}: تعذّر ختم عقد',
        key: 'مفتاح الأختام الإلكترونية مفقود أو منتهي الصلاحية. يتابع العقد من تلقاء نفسه عند توفر المفتاح.',
        check: 'لم يجتز عقد مختوم فحصه. وهو موقوف حتى تطلب إعادة المحاولة.',
        link: open.ar,
      },
    },
    values: () => ({}),
    blocks: (facts: { isKey: boolean; link: string }) => [
      facts.isKey ? 'key' : 'check',
      { label: 'link', link: facts.link },
    ],
    examples: [
      { isKey: true, link: deadline.link },
      { isKey: false, link: deadline.link },
    ],
  }),

  'signing-stuck': mailTemplate({
    purpose: 'To legal: a step of an envelope does not come to its end.',
    texts: {
      en: {
        subject: '{program}: an envelope is stuck',
        opening: 'An envelope does not get on: the step "{step}" has been tried for a while. It goes on being tried.',
        link: open.en,
      },
      id: {
        subject: '{program}: sebuah amplop tersendat',
        opening:
          'Sebuah amplop tidak berlanjut: langkah "{step}" sudah beberapa lama dicoba. Langkah ini terus dicoba.',
        link: open.id,
      },
      ar: {
        subject: '{program}: مغلّف متعطل',
        opening: 'مغلّف لا يتقدم: الخطوة "{step}" قيد المحاولة منذ فترة، وستستمر المحاولة.',
        link: open.ar,
      },
    },
    values: ({ step }: { step: string; link: string }) => ({ step }),
    blocks: (facts) => ['opening', { label: 'link', link: facts.link }],
    examples: [{ step: 'seal_partner', link: deadline.link }],
  }),

  'contract-executed': mailTemplate({
    purpose:
      'To everyone who signed: both sides have signed, of a change as of a first contract; contract and evidence are attached.',
    texts: {
      en: {
        subject: '{program}: the partner agreement is signed by both sides',
        opening:
          'The partner agreement is signed by both sides. Attached are the sealed contract and, in a file of its own, the evidence of how it was signed. Keep both.',
        change: changeOf.en,
      },
      id: {
        subject: '{program}: perjanjian kemitraan telah ditandatangani kedua pihak',
        opening:
          'Perjanjian kemitraan telah ditandatangani kedua pihak. Terlampir kontrak yang disegel dan, dalam berkas tersendiri, bukti penandatanganannya. Simpan keduanya.',
        change: changeOf.id,
      },
      ar: {
        subject: '{program}: وقّع الطرفان اتفاقية الشراكة',
        opening: 'وقّع الطرفان اتفاقية الشراكة. مرفق العقد المختوم، وفي ملف مستقل إثبات كيفية توقيعه. احتفظ بهما.',
        change: changeOf.ar,
      },
    },
    values: ({ changedVersion }: Partial<ChangedAgreement>) => ({ version: changedVersion?.toString() }),
    blocks: (facts: Partial<ChangedAgreement>) => ['opening', facts.changedVersion !== undefined && 'change'],
    examples: [{}, { changedVersion: 1 }],
  }),

  'contract-timestamped': mailTemplate({
    purpose: 'To everyone who signed: the time-stamp that was missing is there; the papers that carry it are attached.',
    texts: {
      en: {
        subject: '{program}: the partner agreement now carries its time-stamp',
        opening:
          'The time-stamp of the partner agreement, which was not to be had when it was signed, is there. The attached papers carry it: keep them in place of the first ones.',
      },
      id: {
        subject: '{program}: perjanjian kemitraan kini memuat stempel waktunya',
        opening:
          'Stempel waktu perjanjian kemitraan, yang belum tersedia saat penandatanganan, kini ada. Berkas terlampir memuatnya: simpan sebagai pengganti yang pertama.',
      },
      ar: {
        subject: '{program}: اتفاقية الشراكة تحمل الآن ختمها الزمني',
        opening:
          'توفر الختم الزمني لاتفاقية الشراكة بعد أن تعذّر الحصول عليه عند التوقيع. الأوراق المرفقة تحمله: احتفظ بها بدل الأولى.',
      },
    },
    values: () => ({}),
    blocks: (_facts: Record<string, never>) => ['opening'],
    examples: [{}],
  }),
} as const;
