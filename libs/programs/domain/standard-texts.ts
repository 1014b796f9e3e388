import type { Language } from '../../kernel/language.js';
import type { PartnerType } from './partner-type.js';

/** The questions that every form asks in the same words, unless a program has its own. */
export type StandardQuestion =
  'name' | 'email' | 'phone' | 'company' | 'country' | 'webSites' | 'partnerType' | 'language' | 'references';

interface QuestionText {
  label: string;
  help?: string;
  placeholder?: string;
}

export const standardQuestions: Readonly<Record<Language, Readonly<Record<StandardQuestion, QuestionText>>>> = {
  en: {
    name: { label: 'Your name' },
    email: { label: 'Mail address', help: 'We send you a link to confirm it.', placeholder: 'name@example.org' },
    phone: { label: 'Phone number', help: 'With the country code.', placeholder: '+44 20 7946 0958' },
    company: { label: 'Company' },
    country: { label: 'Country' },
    webSites: { label: 'Web sites', help: 'Where you reach people: up to ten addresses.', placeholder: 'https://' },
    partnerType: { label: 'What kind of partner are you?' },
    language: { label: 'The language that we write to you in' },
    references: { label: 'References', help: 'People who know your work. We may ask them by mail.' },
  },
  id: {
    name: { label: 'Nama Anda' },
    email: {
      label: 'Alamat surel',
      help: 'Kami mengirim tautan untuk mengonfirmasinya.',
      placeholder: 'nama@example.org',
    },
    phone: { label: 'Nomor telepon', help: 'Dengan kode negara.', placeholder: '+62 812 3456 789' },
    company: { label: 'Perusahaan' },
    country: { label: 'Negara' },
    webSites: {
      label: 'Situs web',
      help: 'Tempat Anda menjangkau orang: paling banyak sepuluh alamat.',
      placeholder: 'https://',
    },
    partnerType: { label: 'Anda mitra jenis apa?' },
    language: { label: 'Bahasa surat dari kami' },
    references: {
      label: 'Referensi',
      help: 'Orang yang mengenal pekerjaan Anda. Kami dapat bertanya lewat surel.',
    },
  },
  ar: {
    name: { label: 'اسمك' },
    email: { label: 'البريد الإلكتروني', help: 'نرسل إليك رابطًا لتأكيده.', placeholder: 'name@example.org' },
    phone: { label: 'رقم الهاتف', help: 'مع رمز البلد.', placeholder: '+971 50 123 4567' },
    company: { label: 'الشركة' },
    country: { label: 'البلد' },
    webSites: { label: 'المواقع', help: 'حيث تصل إلى الناس: عشرة عناوين على الأكثر.', placeholder: 'https://' },
    partnerType: { label: 'أي نوع من الشركاء أنت؟' },
    language: { label: 'اللغة التي نكتب إليك بها' },
    references: { label: 'المراجع', help: 'أشخاص يعرفون عملك. قد نسألهم عبر البريد الإلكتروني.' },
  },
};

export const partnerTypeNames: Readonly<Record<Language, Readonly<Record<PartnerType, string>>>> = {
  en: {
    affiliate: 'Affiliate',
    influencer: 'Influencer',
    channel: 'Sales channel or reseller',
    agency: 'Agency',
    b2b: 'Business partner (B2B)',
    media: 'Media or publisher',
    app: 'App or software',
    charity: 'Charity',
    ambassador: 'Ambassador',
    other: 'Something else',
  },
  id: {
    affiliate: 'Afiliasi',
    influencer: 'Pemengaruh',
    channel: 'Saluran penjualan',
    agency: 'Agensi',
    b2b: 'Mitra bisnis (B2B)',
    media: 'Media atau penerbit',
    app: 'Aplikasi atau perangkat lunak',
    charity: 'Lembaga amal',
    ambassador: 'Duta merek',
    other: 'Lainnya',
  },
  ar: {
    affiliate: 'مسوّق بالعمولة',
    influencer: 'مؤثر',
    channel: 'قناة بيع أو موزع',
    agency: 'وكالة',
    b2b: 'شريك أعمال',
    media: 'وسيلة إعلام أو ناشر',
    app: 'تطبيق أو برنامج',
    charity: 'جمعية خيرية',
    ambassador: 'سفير للعلامة',
    other: 'غير ذلك',
  },
};

export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  id: 'Bahasa Indonesia',
  ar: 'العربية',
};
