import type { Language } from '../../../libs/kernel/language.js';

/** What the pages behind links in mails say. */
interface PageTexts {
  confirmTitle: string;
  confirmText: (program: string) => string;
  confirmButton: string;
  confirmed: string;
  confirmedText: (program: string) => string;
  over: string;
  overText: string;
  unknown: string;
  unknownText: string;
  tooMany: string;
  tooManyText: string;
  referenceTitle: (applicant: string) => string;
  referenceText: (applicant: string, program: string, company: string) => string;
  referenceDue: (date: string) => string;
  optional: string;
  noAnswer: string;
  referenceButton: string;
  thanks: string;
  thanksText: string;
  faulty: string;
  answered: string;
  answeredText: string;
}

export const pageTexts: Readonly<Record<Language, PageTexts>> = {
  en: {
    confirmTitle: 'Confirm your mail address',
    confirmText: (program) =>
      `You applied to ${program} with this mail address. Confirm that it is yours, and we begin.`,
    confirmButton: 'This is my address',
    confirmed: 'Thank you',
    confirmedText: (program) => `Your mail address is confirmed. Your application to ${program} goes on.`,
    over: 'This link has ended',
    overText: 'The time for it is over, or the application has ended. You are welcome to apply again.',
    unknown: 'There is nothing here',
    unknownText: 'The link is not complete. Please copy it whole from the mail.',
    tooMany: 'Please wait a little',
    tooManyText: 'There were too many tries. Please try again in some minutes.',
    referenceTitle: (applicant) => `A word about ${applicant}`,
    referenceText: (applicant, program, company) =>
      `${applicant} applied to ${program}, the partner program of ${company}, and named you as a reference. Your answers go to ${company} alone. You can answer once.`,
    referenceDue: (date) => `Please answer until ${date} (UTC).`,
    optional: '(optional)',
    noAnswer: 'No answer',
    referenceButton: 'Send my answers',
    thanks: 'Thank you',
    thanksText: 'Your answers have arrived.',
    faulty: 'Something is missing or not right. Please look at the marked questions.',
    answered: 'This was answered already',
    answeredText: 'A link takes one answer. Thank you for yours.',
  },
  id: {
    confirmTitle: 'Konfirmasi alamat surel Anda',
    confirmText: (program) =>
      `Anda melamar ke ${program} dengan alamat surel ini. Konfirmasikan bahwa alamat ini milik Anda, lalu kami mulai.`,
    confirmButton: 'Ini alamat saya',
    confirmed: 'Terima kasih',
    confirmedText: (program) => `Alamat surel Anda telah dikonfirmasi. Lamaran Anda ke ${program} berlanjut.`,
    over: 'Tautan ini sudah berakhir',
    overText: 'Waktunya sudah lewat, atau lamaran sudah berakhir. Silakan melamar lagi.',
    unknown: 'Tidak ada apa-apa di sini',
    unknownText: 'Tautan tidak lengkap. Salin seluruhnya dari surel.',
    tooMany: 'Mohon tunggu sebentar',
    tooManyText: 'Terlalu banyak percobaan. Coba lagi beberapa menit lagi.',
    referenceTitle: (applicant) => `Pendapat tentang ${applicant}`,
    referenceText: (applicant, program, company) =>
      `${applicant} melamar ke ${program}, program mitra ${company}, dan menyebut Anda sebagai referensi. Jawaban Anda hanya untuk ${company}. Anda dapat menjawab satu kali.`,
    referenceDue: (date) => `Mohon jawab sampai ${date} (UTC).`,
    optional: '(tidak wajib)',
    noAnswer: 'Tidak menjawab',
    referenceButton: 'Kirim jawaban',
    thanks: 'Terima kasih',
    thanksText: 'Jawaban Anda sudah kami terima.',
    faulty: 'Ada yang kurang atau tidak sesuai. Mohon periksa pertanyaan yang ditandai.',
    answered: 'Ini sudah dijawab',
    answeredText: 'Satu tautan menerima satu jawaban. Terima kasih atas jawaban Anda.',
  },
  ar: {
    confirmTitle: 'أكّد بريدك الإلكتروني',
    confirmText: (program) => `تقدّمت إلى ${program} بهذا البريد الإلكتروني. أكّد أنه لك لنبدأ.`,
    confirmButton: 'هذا بريدي',
    confirmed: 'شكرًا لك',
    confirmedText: (program) => `تم تأكيد بريدك الإلكتروني. طلبك إلى ${program} مستمر.`,
    over: 'انتهى هذا الرابط',
    overText: 'انتهت مدته أو انتهى الطلب. يسعدنا أن تتقدّم مرة أخرى.',
    unknown: 'لا يوجد شيء هنا',
    unknownText: 'الرابط غير كامل. يرجى نسخه كاملًا من الرسالة.',
    tooMany: 'يرجى الانتظار قليلًا',
    tooManyText: 'كانت المحاولات كثيرة. يرجى المحاولة بعد دقائق.',
    referenceTitle: (applicant) => `كلمة عن ${applicant}`,
    referenceText: (applicant, program, company) =>
      `تقدّم ${applicant} إلى ${program}، برنامج شركاء ${company}، وذكرك مرجعًا. تصل إجاباتك إلى ${company} وحدها. يمكنك الإجابة مرة واحدة.`,
    referenceDue: (date) => `يرجى الإجابة حتى ${date} (بالتوقيت العالمي).`,
    optional: '(اختياري)',
    noAnswer: 'بلا إجابة',
    referenceButton: 'أرسل إجاباتي',
    thanks: 'شكرًا لك',
    thanksText: 'وصلت إجاباتك.',
    faulty: 'هناك ما ينقص أو لا يصح. يرجى مراجعة الأسئلة المعلّمة.',
    answered: 'سبقت الإجابة',
    answeredText: 'يقبل الرابط إجابة واحدة. شكرًا لك.',
  },
};
