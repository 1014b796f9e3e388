import type { ClauseTexts } from './text-key.js';

/** The sentences of a contract in Indonesian. Nouns have no plural; numbers are written 1.234,56. */
export const indonesianTexts: ClauseTexts = {
  'document.title': 'Perjanjian kemitraan',
  'document.subtitle': '{program}, antara {company} dan {partner}',

  'parties.section': 'Para pihak dan tujuan',
  'parties.heading': 'Para pihak',
  'parties.text': 'Perjanjian ini dibuat antara {company} (“Perusahaan”) dan {partner} (“Mitra”).',
  'parties.acting': '{person}, yang bertindak untuk {organisation}',
  'purpose.heading': 'Isi perjanjian ini',
  'purpose.text':
    'Mitra ikut serta dalam program kemitraan Perusahaan {program}. Perjanjian ini menyatakan apa yang diperoleh Mitra, untuk apa, kapan dibayarkan, dan bagaimana salah satu pihak dapat mengakhirinya.',
  'beginning.heading': 'Mulai berlaku',
  'beginning.on': 'Perjanjian ini mulai berlaku pada {at}.',
  'beginning.countersignature':
    'Perjanjian ini mulai berlaku pada saat Perusahaan menandatanganinya, setelah Mitra menandatanganinya.',
  'amendment.heading': 'Perubahan perjanjian yang berlaku',
  'amendment.on':
    'Ini adalah versi {version} dari perjanjian antara para pihak. Versi ini menggantikan versi sebelumnya pada {at}, atau pada saat Perusahaan menandatanganinya bila itu terjadi kemudian.',
  'amendment.countersignature':
    'Ini adalah versi {version} dari perjanjian antara para pihak. Versi ini menggantikan versi sebelumnya pada saat Perusahaan menandatanganinya, setelah Mitra menandatanganinya.',
  'amendment.before':
    'Hingga saat itu versi {before} tetap berlaku, dan yang terjadi hingga saat itu dihitung menurut versi tersebut. Sidik ketentuannya (terms hash) adalah:',
  'calendar.heading': 'Mata uang dan kalender',
  'calendar.text':
    'Semua jumlah uang dinyatakan dalam {currency}. Hari, bulan, triwulan, dan tahun mengikuti zona waktu {timeZone}. Jangka waktu yang akan berakhir pada tanggal yang tidak ada dalam bulannya berakhir pada hari terakhir bulan itu.',

  'commissions.section': 'Komisi',
  'commissions.order':
    'Aturan di bawah ini dicoba menurut urutannya. Aturan pertama yang kejadian dan semua syaratnya terpenuhi memberikan satu-satunya komisi untuk kejadian itu; jika komisi itu nol, aturan berikutnya tidak dicoba.',
  'commissions.amount':
    'Komisi dihitung dari jumlah uang kejadian, tidak termasuk pajak, ongkos kirim, dan potongan harga. Hasilnya dibulatkan satu kali ke satuan terkecil mata uang, dengan angka tengah dibulatkan ke bilangan genap, lalu dibatasi.',
  'rule.heading': 'Komisi untuk kejadian {event} (aturan {rule})',
  'rule.heading-credit': 'Kredit toko untuk kejadian {event} (aturan {rule})',
  'rule.always': 'Berlaku untuk setiap kejadian {event}.',
  'rule.conditions': 'Berlaku untuk kejadian {event} bila semua hal berikut terpenuhi:',
  'rule.when-new': 'pelanggannya baru: Mitra belum pernah membawa penjualan oleh pelanggan yang sama',
  'rule.when-existing': 'pelanggannya sudah ada: Mitra pernah membawa penjualan oleh pelanggan yang sama',
  'rule.when-amount': 'jumlah uangnya paling sedikit {amount}',
  'rule.when-tier': 'tingkat Mitra pada saat itu adalah {tiers}',
  'rule.when-coupon': 'kejadian itu memakai kupon {coupons}',
  'rule.when-product': 'kejadian itu mencakup produk {products}',
  'rule.when-country': 'negaranya adalah {countries}',
  'rule.when-campaign': 'kejadian itu termasuk dalam kampanye {campaigns}',
  'rule.when-from': 'kejadian itu terjadi pada atau setelah {from}',
  'rule.when-until': 'kejadian itu terjadi sebelum {until}',
  'rule.when-within':
    'kejadian itu terjadi kurang dari {duration} setelah penjualan pertama pelanggan itu melalui Mitra',
  'percent.text': 'Komisinya adalah {rate} dari jumlah uang kejadian.',
  'flat.text': 'Komisinya adalah {amount} untuk setiap kejadian, berapa pun jumlah uangnya.',
  'credit.text':
    'Mitra diberi kredit toko sebesar {amount} untuk setiap kejadian. Kredit toko masuk ke akun kredit Mitra dan tidak pernah dibayarkan sebagai uang.',
  'banded.by-amount':
    'Tarif bergantung pada jumlah berjalan dari jumlah uang semua kejadian yang dikenai pasal ini {over}, termasuk kejadian ini; pengembalian dana dan pembatalan tidak menurunkannya.',
  'banded.by-count':
    'Tarif bergantung pada banyaknya kejadian berjalan yang dikenai pasal ini {over}, termasuk kejadian ini; pengembalian dana dan pembatalan tidak menurunkannya.',
  'banded.slices': 'Setiap bagian dari jumlah uang kejadian dihitung dengan tarif rentang tempat bagian itu berada:',
  'banded.whole':
    'Seluruh jumlah uang kejadian dihitung dengan tarif rentang yang telah dicapai oleh jumlah berjalan; kejadian sebelumnya tetap dengan tarifnya:',
  'banded.ordinal':
    'Seluruh jumlah uang kejadian dihitung dengan tarif rentang yang telah dicapai oleh nomor urut kejadian itu:',
  'banded.band': '{from} sampai kurang dari {next}: {rate}',
  'banded.last-band': '{from} ke atas: {rate}',
  'limits.text':
    'Pasal ini memberikan, dengan urutan pemeriksaan berikut dan sebelum pengembalian dana dan pembatalan ditarik kembali:',
  'limits.event': 'paling banyak {amount} untuk satu kejadian',
  'limits.period': 'paling banyak {amount} dalam satu {period}',
  'limits.lifetime': 'paling banyak {amount} selama seluruh masa aturan ini',

  'bonuses.section': 'Bonus',
  'upfront.heading': 'Pembayaran satu kali pada saat pengaktifan (bonus {bonus})',
  'upfront.text': 'Mitra memperoleh {amount} satu kali, pada saat diaktifkan.',
  'retainer.heading': 'Imbalan berkala (bonus {bonus})',
  'retainer.text':
    'Mitra memperoleh {amount} setiap {every}, dihitung sejak pengaktifannya; yang pertama jatuh tempo {every} setelah pengaktifan. Tidak ada yang jatuh tempo pada saat Mitra sedang ditangguhkan atau perjanjian ini telah berakhir.',
  'milestone.heading': 'Pencapaian (bonus {bonus})',
  'milestone.text':
    'Mitra memperoleh masing-masing jumlah berikut {paid}, bersama kejadian yang membuat {measured} {within} mencapai tahapnya. Pengembalian dana dan pembatalan tidak menarik kembali suatu pencapaian.',
  'milestone.by-count': 'banyaknya kejadian {event}',
  'milestone.by-amount': 'total jumlah uang kejadian {event}',
  'milestone.by-customers': 'banyaknya pelanggan baru yang berbeda di antara kejadian {event}',
  'milestone.step': 'pada {at}: {amount}',
  'participation.heading': 'Partisipasi (bonus {bonus})',
  'participation.text': 'Mitra memperoleh {amount} bila Perusahaan menerima hasil kerja {deliverable}.',
  'customer-value.heading': 'Nilai pelanggan jangka panjang (bonus {bonus})',
  'customer-value.text':
    'Satu kali untuk setiap pelanggan, {after} setelah penjualan pertama pelanggan itu melalui Mitra, Mitra memperoleh {rate} dari penjualan pelanggan itu dalam jangka waktu tersebut, dikurangi pengembalian dana dan pembatalan yang bertanggal sebelum jangka waktu itu berakhir.',

  'tiers.section': 'Tingkat',
  'tiers.heading': 'Jenjang tingkat',
  'tiers.text': 'Mitra mulai pada tingkat pertama dari tingkat berikut:',
  'tiers.step': '{tier}: mulai dari {from}',
  'tier-review.heading': 'Peninjauan',
  'tier-review.text':
    'Pada awal setiap {period}, {measured} melalui Mitra dalam {lookback} sebelumnya, dikurangi pengembalian dana dan pembatalan yang bertanggal sebelum awal itu, menentukan tingkat yang telah dicapai Mitra. Hasilnya berlaku sejak awal itu.',
  'tier-review.by-amount': 'total jumlah uang penjualan',
  'tier-review.by-count': 'banyaknya penjualan',
  'tier-review.by-customers': 'banyaknya pelanggan baru',
  'tier-moves.heading': 'Naik dan turun tingkat',
  'tier-moves.text':
    'Mitra naik tingkat seketika. Mitra turun tingkat hanya pada peninjauan gagal nomor {failures} secara berturut-turut. Peninjauan gagal berturut-turut yang dimaafkan sebelum itu: {grace}.',

  'sales.section': 'Penjualan dan cara mengukurnya',
  'sale.heading': 'Apa yang dihitung sebagai penjualan',
  'sale.text':
    'Penjualan adalah pesanan oleh pelanggan yang dibawa oleh Mitra, yang dicatat oleh Perusahaan sebagai kejadian {event} dengan jumlah uangnya, tidak termasuk pajak, ongkos kirim, dan potongan harga. Pesanan yang terbukti sebagai penipuan, percobaan, atau pesanan yang ditolak ditarik kembali. Bagian {section} menyatakan kejadian lain yang menghasilkan sesuatu.',
  'measuring.heading': 'Cara mengukurnya',
  'measuring.text':
    'Suatu kejadian dicatat satu kali, menurut nomor pengenalnya, dan dihitung pada saat kejadian itu terjadi, menurut versi perjanjian ini yang berlaku pada saat itu. Jumlah uang yang dibagi di antara beberapa mitra dibagi sedemikian rupa sehingga bagian-bagiannya sama dengan keseluruhannya.',
  'attribution.heading': 'Cara menetapkan mitra suatu penjualan',
  'attribution.last-touch':
    'Rujukan berlaku selama {window}. Dalam jangka waktu itu, mitra yang rujukannya datang terakhir mendapat seluruh kejadian (model {model}).',
  'attribution.first-touch':
    'Rujukan berlaku selama {window}. Dalam jangka waktu itu, mitra yang rujukannya datang pertama mendapat seluruh kejadian (model {model}).',
  'attribution.linear':
    'Rujukan berlaku selama {window}. Dalam jangka waktu itu, semua mitra yang memiliki rujukan berbagi kejadian sama rata (model {model}).',
  'attribution.position-based':
    'Rujukan berlaku selama {window}. Dalam jangka waktu itu, para mitra berbagi kejadian menurut posisi rujukannya (model {model}).',
  'attribution.roles':
    'Rujukan berlaku selama {window}. Dalam jangka waktu itu, para mitra berbagi kejadian menurut perannya (model {model}), dengan bagian berikut:',
  'attribution.share': '{role}: {rate}',

  'payment.section': 'Pembayaran dan pengembalian dana',
  'frequency.heading': 'Kekerapan',
  'frequency.weekly': 'Penghasilan dibayarkan setiap minggu.',
  'frequency.monthly': 'Penghasilan dibayarkan setiap bulan.',
  'frequency.quarterly': 'Penghasilan dibayarkan setiap triwulan.',
  'holding.heading': 'Masa tunggu',
  'holding.text': 'Suatu jumlah dapat dibayarkan {holding} setelah kejadian yang menghasilkannya.',
  'minimum.heading': 'Jumlah minimum dan pengalihan',
  'minimum.text':
    'Pembayaran dilakukan bila paling sedikit {minimum} dapat dibayarkan. Jumlah yang lebih kecil dialihkan ke pembayaran berikutnya dan tidak hilang.',
  'method.heading': 'Cara pembayaran',
  'method.text': 'Pembayaran dilakukan dengan {methods}.',
  'refunds.heading': 'Pengembalian dana',
  'refunds.text':
    'Bila dana suatu penjualan dikembalikan sebagian, bagian yang sama dari komisi yang dihitung dari jumlah uangnya ditarik kembali, dengan tarif saat komisi itu diperoleh. Jumlah tetap ditarik kembali hanya bila dana kejadian itu dikembalikan seluruhnya.',
  'voids.heading': 'Kejadian yang batal',
  'voids.text':
    'Bila suatu kejadian terbukti batal (penipuan, percobaan, pesanan yang ditolak), sisa komisinya ditarik kembali seluruhnya.',
  'paid.heading': 'Jumlah yang sudah dibayarkan',
  'paid.text': 'Apa yang ditarik kembali setelah dibayarkan diperhitungkan dengan pembayaran-pembayaran berikutnya.',

  'term.section': 'Jangka waktu dan pengakhiran',
  'term.heading': 'Jangka waktu',
  'term.text': 'Perjanjian ini berlaku selama {length} sejak saat mulai berlaku.',
  'renewal.heading': 'Pembaruan',
  'renewal.auto':
    'Pada akhir jangka waktu, perjanjian ini diperbarui dengan sendirinya selama {length} lagi, kecuali salah satu pihak telah memberi tahu pihak lainnya paling lambat {notice} sebelumnya.',
  'renewal.consent':
    'Pada akhir jangka waktu, perjanjian ini diperbarui selama {length} lagi hanya bila kedua pihak setuju.',
  'renewal.none': 'Perjanjian ini tidak diperbarui pada akhir jangka waktu.',
  'ending.heading': 'Cara mengakhirinya',
  'ending.text':
    'Salah satu pihak dapat mengakhiri perjanjian ini dengan pemberitahuan kepada pihak lainnya, yang disampaikan {notice} sebelumnya. Apa yang diperoleh sebelum perjanjian berakhir tetap dibayarkan menurut bagian {section}.',
  'changes.heading': 'Perubahan',
  'changes.text':
    'Versi ini tidak pernah diubah. Perubahan adalah versi baru, yang disepakati dengan cara yang sama, dan hanya berlaku untuk kejadian yang terjadi sejak versi baru itu mulai berlaku.',

  'obligations.section': 'Kewajiban Mitra',
  'obligation.heading': 'Kewajiban {obligation}',
  'obligation.checkpoint': 'Hal ini diperiksa setiap {checkpoint}.',

  'support.section': 'Pertanyaan dan bantuan',
  'support.heading': 'Kepada siapa bertanya',
  'support.contact': 'Perusahaan menjawab pertanyaan Mitra tentang perjanjian ini dan pembayarannya melalui {contact}.',
  'support.anyone':
    'Perusahaan menjawab pertanyaan Mitra tentang perjanjian ini dan pembayarannya melalui balasan atas pesan mana pun dari Perusahaan.',
  'statements.heading': 'Apa yang dapat diperiksa Mitra',
  'statements.text':
    'Bersama setiap pembayaran, Mitra dikirimi rincian yang memuat setiap jumlah di dalamnya beserta kejadian yang menghasilkannya dan pasal perjanjian ini yang memberikannya.',

  'legal.section': 'Hukum',
  'law.heading': 'Hukum yang berlaku',
  'law.text': 'Perjanjian ini tunduk pada: {law}',
  'exclusivity.heading': 'Eksklusivitas',
  'exclusivity.exclusive': 'Selama perjanjian ini berlaku, Mitra tidak mempromosikan penawaran yang bersaing.',
  'exclusivity.open':
    'Perjanjian ini tidak eksklusif: Mitra boleh mempromosikan penawaran lain, dan Perusahaan boleh bekerja sama dengan mitra lain.',

  'program-clauses.section': 'Ketentuan tambahan program',

  'terms-document.section': 'Dokumen ketentuan',
  'terms-document.heading': 'Dokumen ketentuan',
  'terms-document.text':
    'Ketentuan di atas mencetak sebuah dokumen ketentuan yang terstruktur ({schema}), yang dilampirkan pada berkas ini sebagai terms.json. Dari dokumen itulah setiap komisi dan bonus dihitung. Kata-katanya berasal dari pustaka klausul {library}.',
  'terms-hash.heading': 'Sidik ketentuan',
  'terms-hash.text':
    'Dokumen ketentuan dikenali dengan {digest} dari teks kanoniknya ({canon}), yaitu sidik ketentuan (terms hash):',
  'check.heading': 'Cara memeriksanya',
  'check.text':
    'Sidik ketentuan tercantum di kaki setiap halaman, dalam catatan tanda tangan, dan pada setiap baris komisi. Siapa pun yang memegang dokumen terlampir dapat menghitungnya kembali.',

  'signatures.heading': 'Tanda tangan',
  'signatures.partner': 'Untuk Mitra',
  'signatures.company': 'Untuk Perusahaan',
  'signatures.seal-partner': 'Segel untuk Mitra',
  'signatures.seal-company': 'Segel untuk Perusahaan',
  'signatures.note':
    'Ditandatangani secara elektronik; tindakannya dicatat beserta buktinya, terpisah dari dokumen ini.',
};
